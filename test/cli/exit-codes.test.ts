// Goal: an exit code is a promise. Method: the table of docs/cli.md is walked: each command is run in each
// state of a connection, and ends with the code that stands there.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referencePath } from '../docs/cli-reference.ts';
import { runHere } from './in-process.ts';
import { loggedIn, logInto } from './logged-in.ts';
import { createSandboxWorkspace } from './workspace.ts';

type Workspace = Awaited<ReturnType<typeof loggedIn>>;

const commands: Readonly<Record<string, readonly string[]>> = {
  login: ['login', '--sandbox', '--yes'],
  token: ['token'],
  exec: ['exec', '--company', '108061', '--', 'true'],
  rotate: ['rotate'],
  'rotate --if-due': ['rotate', '--if-due'],
  status: ['status'],
  history: ['history'],
  doctor: ['doctor'],
  recover: ['recover', '--yes'],
  pause: ['pause'],
  resume: ['resume'],
  logout: ['logout', '--yes'],
  'webhooks list': ['webhooks', 'list', '--company', '108061'],
  sync: ['sync', '--resource', 'clients'],
};

const faults = ({ sandbox }: Workspace, ...list: readonly object[]) =>
  sandbox.request('POST', '/_sandbox/faults', list);
const down = (on: string) => ({ on, kind: 'status', status: 503 });

/** Each state by the heading of its column. */
const states: Readonly<Record<string, () => Promise<Workspace>>> = {
  'all is well': () => loggedIn(),
  'the provider is down': async () => {
    const workspace = await loggedIn();
    await faults(workspace, ...['GET /user/*', 'GET /c/*', 'POST /oauth/token'].map(down));
    return workspace;
  },
  'nobody has logged in': async () => {
    const workspace = await createSandboxWorkspace();
    await logInto(workspace, 'other');
    const env = { ...workspace.env, FRESCO_CONNECTION: 'default' };
    return { ...workspace, env };
  },
  'the refresh token is revoked': async () => {
    const workspace = await loggedIn();
    await workspace.sandbox.request('POST', '/_sandbox/revoke');
    await runHere(workspace, ['rotate']);
    await runHere(workspace, ['rotate']);
    return workspace;
  },
  'it is paused': async () => {
    const workspace = await loggedIn();
    await runHere(workspace, ['pause']);
    return workspace;
  },
  'the grant is damaged': async () => {
    const workspace = await loggedIn();
    const path = join(workspace.storePath, 'connections/default/grant.json');
    writeFileSync(path, '{"v":1', { mode: 0o600 });
    return workspace;
  },
  'several, none named': async () => {
    const workspace = await loggedIn();
    await logInto(workspace, 'second');
    return workspace;
  },
};

/** The cells of the table, by command and state. */
function promised(): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const [, ...lines] = readFileSync(referencePath, 'utf8').split(/^\| command /m);
  const rows = `| command ${lines.join('')}`
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| --'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  const [[, ...headings] = [], ...body] = rows;
  return Object.fromEntries(
    body.map(([command = '', ...cells]) => [
      command,
      Object.fromEntries(headings.map((heading, at) => [heading, Number(cells[at])])),
    ]),
  );
}

describe('the table of exit codes', () => {
  it('has every command and every state', () => {
    const table = promised();
    expect(Object.keys(table)).toEqual(Object.keys(commands));
    for (const row of Object.values(table)) expect(Object.keys(row)).toEqual(Object.keys(states));
  });

  it.each(Object.entries(commands))('is kept by %s', async (command, args) => {
    const ended: Record<string, number> = {};
    const row = promised()[command] ?? {};
    for (const [state, prepare] of Object.entries(states)) {
      // A sync waits for the provider for longer than a test may.
      if (Number.isNaN(row[state])) continue;
      const workspace = await prepare();
      ended[state] = (await runHere(workspace, args)).code ?? -1;
    }
    const walked = Object.entries(row).filter(([, code]) => !Number.isNaN(code));
    expect(ended).toEqual(Object.fromEntries(walked));
    const unknown = [...args.slice(0, 1), '--no-such-option'];
    expect(await runHere({}, unknown)).toMatchObject({ code: 64 });
  });
});
