// Goal: an exit code is a promise. Method: the table of docs/cli.md is walked: each command is run in each
// state of a connection, and ends with the code that stands there.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/local/clock.ts';
import { referencePath } from '../docs/cli-reference.ts';
import { beginHere, runHere } from './in-process.ts';
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
  probe: ['probe', '--refresh-token', '--yes', '--up-to', '1s'],
  choose: ['choose', '--testing', 'no', '--one-time', 'yes', '--many-accounts', 'no'],
  serve: ['serve', '--port', '0', '--secret-file'],
  sandbox: ['sandbox', '--port', '0'],
  local: ['local', '--port', '0'],
};

/** The longest that a command may wait where a provider is down. */
const patienceMs = 4 * 60_000;

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

const throwAway = async ({ sandbox }: Workspace) =>
  (await sandbox.grant('entity.clients:r')).refresh_token ?? '';

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
    let waitedMs = 0;
    for (const [state, prepare] of Object.entries(states)) {
      const workspace = await prepare();
      const more = command === 'serve' ? [join(workspace.path, 'secret')] : [];
      const input = command === 'probe' ? await throwAway(workspace) : '';
      const waits = vi.spyOn(systemClock, 'wait').mockImplementation(async (ms) => {
        waitedMs += ms;
      });
      const begun = beginHere(workspace, [...args, ...more]);
      begun.input(input);
      const hangUp = () => process.emit('SIGHUP', 'SIGHUP');
      void begun.says(/Ctrl-C ends it/).then(hangUp, () => undefined);
      ended[state] = (await begun.ended).code ?? -1;
      waits.mockRestore();
    }
    expect(ended).toEqual(promised()[command]);
    expect(waitedMs).toBeLessThanOrEqual(patienceMs);
    const unknown = [...args.slice(0, 1), '--no-such-option'];
    expect(await runHere({}, unknown)).toMatchObject({ code: 64 });
  });
});
