import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from './workspace.ts';

const nobody = 'http://127.0.0.1:9';

/** What a login would do tells which settings it has taken. */
async function plan(
  workspace: Workspace,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  const { stdout } = await workspace.run(['login', '--dry-run', '--json', ...args], { env });
  return JSON.parse(stdout);
}

async function remembering(settings: object): Promise<Workspace> {
  const workspace = await createWorkspace(nobody);
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
  it('come from what is remembered where nobody says otherwise', async () => {
    const workspace = await remembering(remembered);
    expect(await plan(workspace, [], unset)).toMatchObject({
      store: 'file:/remembered',
      connection: 'old',
      provider: 'http://127.0.0.1:7',
    });
  });

  it('of the environment beat it, and flags beat both', async () => {
    const workspace = await remembering(remembered);
    const env = {
      ...unset,
      FRESCO_CONNECTION: 'from-env',
      FRESCO_PROVIDER_URL: 'http://127.0.0.1:8',
    };
    expect(await plan(workspace, [], env)).toMatchObject({
      store: 'file:/remembered',
      connection: 'from-env',
      provider: 'http://127.0.0.1:8',
    });
    const flags = ['--connection', 'from-flag', '--provider-url', 'http://127.0.0.1:10'];
    expect(await plan(workspace, flags, env)).toMatchObject({
      connection: 'from-flag',
      provider: 'http://127.0.0.1:10',
    });
  });

  it('of a remembered provider stay with the store that they were used with', async () => {
    const workspace = await remembering(remembered);
    expect(await plan(workspace, ['--store', 'file:/other'], unset)).toMatchObject({
      connection: 'default',
      provider: 'https://api-v2.fattureincloud.it',
    });
  });

  it('of a sandbox login never lead to a store that is remembered', async () => {
    const workspace = await remembering({ store: 'aws', connection: 'default' });
    expect(await plan(workspace, ['--sandbox'], unset)).toMatchObject({
      store: `file:${join(workspace.path, 'data/fresco/sandbox')}`,
      provider: 'http://127.0.0.1:4010',
    });
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

  it.each([
    [['--store', 'disk'], {}, "--store must be 'aws' or 'file:<path>', got 'disk'"],
    [[], { FRESCO_STORE: 'disk' }, "FRESCO_STORE must be 'aws' or 'file:<path>', got 'disk'"],
    [['--connection', '../up'], {}, "--connection must be letters, digits and dashes, got '../up'"],
    [['--provider', '/no/such/file'], {}, "got '/no/such/file' (ENOENT)"],
    [['--scopes', 'issued_documents:a'], {}, "no scope is called 'issued_documents:a'"],
    [['--refresh-token', '--paste'], {}, 'cannot be used with'],
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
    const { code, stderr } = await workspace.run(['token']);
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: expect.stringContaining(`${path} are damaged`),
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
