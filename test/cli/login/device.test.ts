import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { controlSandbox } from '../../sandbox/sandbox-control.ts';
import { startDeployed } from '../deployed.ts';
import type { Begun } from '../in-process.ts';
import { createSandboxWorkspace, createWorkspace, type Workspace } from '../workspace.ts';

const settings = { deviceIntervalSeconds: 1 };
const companies = [
  { id: 108061, name: 'Studio Esempio', type: 'accountant' },
  { id: 108062, name: 'Ditta Esempio', type: 'company' },
] as const;

const application = {
  FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
  // An application without a secret has none, whatever lies about.
  FATTUREINCLOUD_CLIENT_SECRET: 'another-secret-invented',
};
const command = ['login', '--device', '--json'];

const startLogin = (workspace: Workspace, args: readonly string[] = [], more = {}): Begun =>
  workspace.begin([...command, ...args], { ...application, ...more });

/** Decides as a person would on the provider's page, for every company. */
async function decide(login: Begun, decision: 'approve' | 'deny'): Promise<void> {
  const shown = JSON.parse(await login.says(/^(\{.*\})$/m));
  const form = new URLSearchParams({ user_code: shown.userCode, decision });
  for (const { id } of companies) form.append('company', String(id));
  await fetch(shown.verificationUri, { method: 'POST', body: form });
}

describe('login by device code', () => {
  it('stores an application without a secret, which its refreshes do without', async () => {
    const workspace = await createSandboxWorkspace({ settings, companies });
    const login = startLogin(workspace, ['--company', '108062']);
    await decide(login, 'approve');
    const { code, stdout } = await login.ended;
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      generation: 1,
      companies: [{ id: 108062, name: 'Ditta Esempio' }],
    });
    const stored = await readFile(join(workspace.storePath, 'connections/default/client.json'));
    expect(stored.toString()).not.toMatch(/clientSecret|invented/);
    expect(await workspace.run(['rotate', '--json'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"outcome":"refreshed"'),
    });
    const status = JSON.parse((await workspace.run(['status', '--json'])).stdout);
    expect(status).toMatchObject({ method: 'oauth', companies: [{ id: 108062 }], problem: null });
  });

  it('refused by the person, ends in one sentence and stores nothing', async () => {
    const workspace = await createSandboxWorkspace({ settings });
    const login = startLogin(workspace);
    await decide(login, 'deny');
    expect(await login.ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the access was refused'),
    });
    expect(await workspace.run(['token'])).toMatchObject({ code: 2 });
  });

  it('interrupted while it waits, stores nothing', async () => {
    const workspace = await createSandboxWorkspace({ settings });
    const login = workspace.start(command, application);
    await login.says(/userCode/);
    login.process.kill('SIGINT');
    expect(await login.ended).toMatchObject({ stdout: '' });
    expect(await workspace.run(['token'])).toMatchObject({ code: 2 });
  });

  it('refused to the application, says which other ways there are', async () => {
    const workspace = await createSandboxWorkspace({ settings });
    const login = startLogin(workspace, [], { FATTUREINCLOUD_CLIENT_ID: 'unknown-invented' });
    expect(await login.ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(invalid_client)'),
    });
  });

  it('with the store in AWS, is refreshed by the rotator without a secret', async () => {
    const { stack, env, stop } = await startDeployed();
    onTestFinished(() => stop());
    await controlSandbox(stack.providerUrl, 'state', settings);
    const workspace = await createWorkspace(stack.providerUrl);
    const login = startLogin(workspace, [], env);
    await decide(login, 'approve');
    expect(await login.ended).toMatchObject({ code: 0 });
    const { stdout } = await workspace.run(['rotate', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'refreshed', generation: 2 });
  });
});
