import { chmod, chown, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeOwned, readOwned, replaceOwned } from '../../../src/connection/owned-file.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';
import { runHere } from '../in-process.ts';
import { loggedIn, logInto, tokenRequests } from '../logged-in.ts';
import { createSandboxWorkspace, createWorkspace, type Workspace } from '../workspace.ts';

const nobody = 'http://127.0.0.1:9';

/** What a login would do tells which settings it has taken. */
async function plan(
  workspace: Workspace,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  return (await planAt(workspace, { args, env, isTerminal: false })).plan;
}

/** The same for a person at a terminal, with what is said there. */
async function planAt(
  workspace: Workspace,
  {
    args = [] as readonly string[],
    env = {} as Readonly<Record<string, string>>,
    isTerminal = true,
  },
) {
  const line = ['login', '--dry-run', '--json', ...args];
  const ran = await runHere({ env: { ...workspace.env, ...env } }, line, { isTerminal });
  return { plan: JSON.parse(ran.stdout) as Record<string, unknown>, said: ran.stderr };
}

async function remembering(settings: object, existing?: Workspace): Promise<Workspace> {
  const workspace = existing ?? (await createWorkspace(nobody));
  await mkdir(join(workspace.path, 'config/fresco'), { recursive: true });
  const path = join(workspace.path, 'config/fresco/settings.json');
  await writeFile(path, JSON.stringify({ v: 1, ...settings }));
  return workspace;
}

const unset = { FRESCO_STORE: '', FRESCO_PROVIDER_URL: '' };
const remembered = {
  store: 'file:/remembered',
  connection: 'old',
  providerUrl: 'http://127.0.0.1:7',
};

describe('settings', () => {
  it('of the last login are a person’s at a terminal, who is told store and connection', async () => {
    const workspace = await remembering(remembered);
    const { plan: taken, said } = await planAt(workspace, { env: unset });
    expect(taken).toMatchObject({
      store: 'file:/remembered',
      connection: 'default',
      provider: 'http://127.0.0.1:7',
    });
    expect(said).toBe(
      'not named, so as at the last login on this terminal: connection default in file:/remembered, provider http://127.0.0.1:7 (--store names another)\n',
    );
  });

  it('of the last login are never a job’s', async () => {
    const workspace = await remembering(remembered);
    const { plan: taken, said } = await planAt(workspace, { env: unset, isTerminal: false });
    expect(taken).toMatchObject({
      store: 'aws',
      connection: 'default',
      provider: 'https://api-v2.fattureincloud.it',
    });
    expect(said).toBe('');
  });

  it('of the environment beat it, and flags beat both', async () => {
    const workspace = await remembering(remembered);
    const env = {
      ...unset,
      FRESCO_CONNECTION: 'from-env',
      FRESCO_PROVIDER_URL: 'http://127.0.0.1:8',
    };
    expect(await planAt(workspace, { env })).toMatchObject({
      plan: {
        store: 'file:/remembered',
        connection: 'from-env',
        provider: 'http://127.0.0.1:8',
      },
      said: expect.stringContaining('connection from-env in file:/remembered'),
    });
    const args = ['--connection', 'from-flag', '--provider-url', 'http://127.0.0.1:10'];
    expect(await planAt(workspace, { args, env })).toMatchObject({
      plan: { connection: 'from-flag', provider: 'http://127.0.0.1:10' },
    });
  });

  it('of a remembered provider stay with the store that they were used with', async () => {
    const workspace = await remembering(remembered);
    const args = ['--store', 'file:/other'];
    expect(await planAt(workspace, { args, env: unset })).toEqual({
      plan: expect.objectContaining({
        connection: 'default',
        provider: 'https://api-v2.fattureincloud.it',
      }),
      said: '',
    });
  });

  it.each([[['--sandbox']], [['--store', 'sandbox']]])(
    'with %j are the sandbox’s own, whatever is remembered',
    async (args) => {
      const workspace = await remembering({ store: 'aws', providerUrl: 'http://127.0.0.1:7' });
      expect(await planAt(workspace, { args, env: unset })).toMatchObject({
        plan: {
          store: `file:${join(workspace.path, 'data/fresco/sandbox')}`,
          provider: 'http://127.0.0.1:4010',
        },
        said: '',
      });
    },
  );

  it('of a sandbox login are a person’s for other commands, and never those of a real login', async () => {
    const workspace = await createWorkspace(nobody);
    const store = `file:${join(workspace.path, 'data/fresco/sandbox')}`;
    const trying = await remembering({ store, providerUrl: 'http://127.0.0.1:4010' }, workspace);
    expect(await planAt(trying, { env: unset })).toEqual({
      plan: expect.objectContaining({
        store: 'aws',
        provider: 'https://api-v2.fattureincloud.it',
      }),
      said: '',
    });
    const env = { ...trying.env, ...unset };
    expect(await runHere({ env }, ['token'], { isTerminal: true })).toMatchObject({
      stderr: expect.stringContaining(`connection default in ${store}`),
    });
  });

  it.each([
    [
      ['--sandbox', '--store', 'file:/x'],
      {},
      { store: 'file:/x', provider: 'http://127.0.0.1:4010' },
    ],
    [
      ['--sandbox'],
      { FRESCO_STORE: 'file:/x', FRESCO_PROVIDER: '/no/such/file' },
      { store: 'file:/x' },
    ],
  ])('of %j and %j talk to the sandbox only', async (args, env, want) => {
    const workspace = await createWorkspace(nobody);
    expect(await plan(workspace, args, { ...unset, ...env })).toMatchObject(want);
  });

  it('without anything are those of the deployed stack', async () => {
    const workspace = await createWorkspace(nobody);
    expect(await plan(workspace, [], unset)).toMatchObject({
      store: 'aws',
      connection: 'default',
      provider: 'https://api-v2.fattureincloud.it',
      scopes: ['entity.clients:r'],
    });
  });

  it('need no home folder where every path is given, and say so where one is not', async () => {
    const workspace = await createWorkspace(nobody);
    const lookUp = vi.spyOn(os, 'userInfo').mockImplementation(() => {
      throw Object.assign(new Error('no such user'), { code: 'ENOENT' });
    });
    onTestFinished(() => lookUp.mockRestore());
    const env = { ...unset, HOME: '', XDG_CONFIG_HOME: '', XDG_DATA_HOME: '' };
    const store = `file:${workspace.storePath}`;
    expect((await planAt(workspace, { args: ['--store', store], env })).plan).toMatchObject({
      store,
    });
    for (const args of [['--store', 'file:~/store'], ['--sandbox']]) {
      const line = ['login', '--dry-run', ...args];
      const { code, stderr } = await runHere({ env: { ...workspace.env, ...env } }, line);
      expect(code).toBe(64);
      expect(stderr).toMatch(/this user has none here: set HOME, or give the whole path$/m);
    }
  });

  it.each([
    [['--store', 'disk'], {}, "--store must be 'aws' or 'file:<path>', got 'disk'"],
    [[], { FRESCO_STORE: 'disk' }, "FRESCO_STORE must be 'aws' or 'file:<path>', got 'disk'"],
    [['--connection', '../up'], {}, "--connection must be letters, digits and dashes, got '../up'"],
    [['--provider', '/no/such/file'], {}, "got '/no/such/file' (ENOENT)"],
    [['--scopes', 'issued_documents:a'], {}, "there is no scope 'issued_documents:a'"],
    [['--refresh-token', '--paste'], {}, 'cannot be used with'],
    [['--sandbox', '--provider', 'x.json'], {}, 'cannot be used with'],
    [['--sandbox', '--store', 'aws'], {}, 'is stored on this machine alone'],
    [['--sandbox'], { FRESCO_STORE: 'aws' }, 'is stored on this machine alone'],
    [['--sandbox', '--provider-url', 'https://api.example'], {}, 'the sandbox is on this machine'],
    [
      ['--sandbox'],
      { FRESCO_PROVIDER_URL: 'https://api.example' },
      'the sandbox is on this machine',
    ],
  ])('%j and %j that are wrong are named', async (args, env, sentence) => {
    const workspace = await createWorkspace(nobody);
    const { code, stderr } = await workspace.run(['login', '--dry-run', ...args], { env });
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining(sentence) });
  });

  it('that are damaged are named with their file', async () => {
    const workspace = await createWorkspace(nobody);
    await mkdir(join(workspace.path, 'config/fresco'), { recursive: true });
    const path = join(workspace.path, 'config/fresco/settings.json');
    await writeFile(path, '{"v":1,');
    const { env } = workspace;
    expect(await runHere({ env }, ['token'], { isTerminal: true })).toMatchObject({
      code: 64,
      stderr: expect.stringContaining(`${path} are damaged`),
    });
    expect(await runHere({ env }, ['token'])).toMatchObject({
      stderr: expect.stringContaining('there is no store'),
    });
  });

  it.each<readonly [string, (path: string) => Promise<void>]>([
    ['a file that others can write', (path: string) => chmod(path, 0o646)],
    ['a folder that others can write', (path: string) => chmod(dirname(path), 0o777)],
    ...(process.geteuid?.() === 0
      ? ([
          ['a file of another user', (path: string) => chown(path, 65_534, 65_534)],
          ['a folder of another user', (path: string) => chown(dirname(path), 65_534, 65_534)],
        ] as const)
      : []),
  ])('in %s are not obeyed', async (_, open) => {
    const workspace = await remembering(remembered);
    await open(join(workspace.path, 'config/fresco/settings.json'));
    const env = { ...workspace.env, ...unset };
    expect(await runHere({ env }, ['login', '--dry-run'], { isTerminal: true })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/open to other users|belongs to another user/),
    });
  });

  it('are written to no file that somebody has put in their way', async () => {
    const path = join(await temporaryFolder(), 'settings.json');
    const victim = `${path}-victim`;
    await writeFile(victim, 'mine');
    for (const name of [path, `${path}.${process.pid}`]) await symlink(victim, name);
    await replaceOwned(path, 'settings');
    expect(await readFile(victim, 'utf8')).toBe('mine');
    expect(await readOwned(path, '644')).toBe('settings');
    await expect(makeOwned(`${path}.${process.pid}`, 'x')).rejects.toMatchObject({
      code: 'EEXIST',
    });
  });

  it('name another OAuth server by a file', async () => {
    const workspace = await createWorkspace(nobody);
    const path = join(workspace.path, 'provider.json');
    await writeFile(path, '{"tokenEndpoint":"https://login.example.com/token"}');
    const other = await plan(workspace, ['--provider', path, '--scopes', 'offline_access'], unset);
    expect(other).toMatchObject({
      provider: 'https://login.example.com',
      scopes: ['offline_access'],
    });
    await chmod(path, 0o666);
    expect(await workspace.run(['login', '--dry-run', '--provider', path])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`run chmod 644 ${path}`),
    });
    await chmod(path, 0o644);
    await writeFile(path, '{"tokenEndpoint":"http://login.example.com/token","colour":1}');
    const { code, stderr } = await workspace.run(['login', '--dry-run', '--provider', path]);
    expect(code).toBe(64);
    expect(stderr).toContain(`${path}: tokenEndpoint must be an https URL`);
    expect(stderr).toContain('colour is not a setting of a provider');
  });

  it('without a region say what a newcomer can do', async () => {
    const workspace = await createWorkspace(nobody);
    const { code, stderr } = await workspace.run(['token'], { env: unset });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'fresco: the store is in AWS and no region is set: set AWS_REGION, or name a file store with --store file:<path>\n',
    });
  });
});

describe('a connection that nobody names', () => {
  it.each([
    [['token']],
    [['exec', '--', 'true']],
    [['serve', '--secret-file', '/nowhere']],
    [['rotate']],
    [['rotate', '--if-due']],
    [['rotate', '--compromised']],
    [['recover']],
    [['probe', '--yes']],
    [['sync']],
    [['pause']],
    [['logout', '--yes']],
    [['webhooks', 'list']],
    [['local']],
  ])('is not guessed where there are several: %j', async (args) => {
    const workspace = await loggedIn();
    await logInto(workspace, 'second');
    const sent = await tokenRequests(workspace);
    expect(await runHere(workspace, args)).toEqual({
      code: 64,
      stdout: '',
      stderr:
        'fresco: this store has more than one connection (default, second) and none is named: name one with --connection or FRESCO_CONNECTION\n',
    });
    expect(await tokenRequests(workspace)).toBe(sent);
  });

  it('is default: the only one there is, under another name, is named and not taken', async () => {
    const workspace = await createSandboxWorkspace();
    await logInto(workspace, 'second');
    expect(await runHere(workspace, ['token'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('this store has no connection default, it has second'),
    });
    const named = { env: { ...workspace.env, FRESCO_CONNECTION: 'second' } };
    expect(await runHere(named, ['token'])).toMatchObject({ code: 0 });
    expect(await runHere(workspace, ['status'])).toMatchObject({
      stdout: expect.stringMatching(/^connection {6}default, in /),
    });
    expect(await runHere(workspace, ['doctor'])).toMatchObject({
      stdout: expect.stringMatching(/^. config {8}default in file:/),
    });
    expect(await runHere(workspace, ['history'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'nothing has happened yet: fresco login\n',
    });
  });

  it('is said with what was refreshed', async () => {
    const workspace = await loggedIn();
    const { stdout } = await runHere(workspace, ['rotate']);
    expect(stdout).toMatch(/^refreshed: generation 2.* \(default, in file store \/\S+\)\n$/);
    expect(JSON.parse((await runHere(workspace, ['rotate', '--json'])).stdout)).toMatchObject({
      connection: 'default',
      store: `file store ${workspace.storePath}`,
    });
  });
});

it('commands in messages name the connection and the store that they are for', async () => {
  const workspace = await loggedIn();
  await logInto(workspace, 'second');
  await workspace.sandbox.request('POST', '/_sandbox/revoke');
  const { FRESCO_STORE: store, ...env } = workspace.env;
  const run = (...args: readonly string[]) =>
    runHere({ env }, [...args, '--store', store ?? '', '--connection', 'second']);
  const named = `fresco login --connection second --store ${store}`;
  await run('rotate');
  expect((await run('rotate')).stderr).toContain(`: ${named}\n`);
  expect((await run('status')).stdout).toContain(`: ${named}\n`);
  const { stdout } = await run('doctor', '--json');
  expect(JSON.stringify(JSON.parse(stdout))).toContain(`"next":"${named}`);
  const usual = ['rotate', '--connection', 'default'];
  await runHere(workspace, usual);
  expect((await runHere(workspace, usual)).stderr).toContain(': fresco login\n');
});
