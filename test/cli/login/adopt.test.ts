import { describe, expect, it } from 'vitest';
import { createSandboxWorkspace, type Workspace } from '../workspace.ts';

const application = {
  FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
  FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
};

const adopt = (workspace: Workspace, input: string, env = application) =>
  workspace.run(['login', '--refresh-token', '--json'], { input, env });

describe('login with a refresh token got elsewhere', () => {
  it('stores it and proves it by one refresh', async () => {
    const workspace = await createSandboxWorkspace();
    const { refresh_token } = await workspace.sandbox.grant('entity.clients:r');
    const { code, stdout, stderr } = await adopt(workspace, `${refresh_token}\n`);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      connection: 'default',
      generation: 2,
      companies: [{ id: 108061, name: 'Studio Esempio' }],
    });
    const { json } = await workspace.sandbox.request('GET', '/_sandbox/state');
    expect(json.counters.tokenRequests).toBe(1);
    const { stdout: token } = await workspace.run(['token']);
    const used = await workspace.sandbox.get('/user/info', token.trim());
    expect(used.status).toBe(200);
  });

  it.each([
    ['an access token', 'a/0001invented', 'this is an access token'],
    ['an authorization code', 'c/0001invented', 'this is an authorization code'],
    ['a device code', 'd/0001invented', 'this is a device code'],
    [
      'the whole answer',
      '{"refresh_token":"r/0001invented"}',
      'give the value of refresh_token alone',
    ],
    ['two lines', 'r/0001invented\nr/0002invented', 'blanks or line breaks'],
    ['nothing', '', 'no refresh token came in'],
  ])('refuses %s before anything is stored', async (_, input, sentence) => {
    const workspace = await createSandboxWorkspace();
    const { code, stdout, stderr } = await adopt(workspace, input);
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining(sentence) });
    expect(stdout + stderr).not.toContain('invented');
    expect(await workspace.run(['token'])).toMatchObject({ code: 2 });
  });

  it.each([
    ['as an argument', ['login', '--refresh-token', 'r/0001invented']],
    ['as the value of the option', ['login', '--refresh-token=r/0001invented']],
    ['as a command', ['r/0001invented']],
  ])('does not take it %s, and does not show it', async (_, args) => {
    const workspace = await createSandboxWorkspace();
    const { code, stdout, stderr } = await workspace.run(args, { env: application });
    expect(code).toBe(64);
    expect(stderr).toMatch(/^fresco: /);
    expect(stdout + stderr).not.toContain('invented');
  });

  it('brings back what it has replaced where the provider refuses it', async () => {
    const workspace = await createSandboxWorkspace({
      settings: { rotationMode: 'single-use-family' },
    });
    await workspace.run(['login', '--sandbox']);
    const before = await workspace.run(['token']);
    const { code, stderr } = await adopt(workspace, 'r/0001invented');
    expect(code).toBe(2);
    expect(stderr).toContain('the provider does not accept this refresh token');
    expect(stderr).toContain('the grant from before is back');
    expect(await workspace.run(['token'])).toEqual(before);
    expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
  });

  it('brings back a manual token, and not the grant under it', async () => {
    const workspace = await createSandboxWorkspace();
    await workspace.run(['login', '--sandbox']);
    const { json } = await workspace.sandbox.request('POST', '/_sandbox/grants', {
      scope: 'entity.clients:r',
      manual: true,
    });
    const put = ['login', '--manual', '--json'];
    expect(await workspace.run(put, { input: `${json.access_token}\n` })).toMatchObject({
      code: 0,
    });
    const { code, stderr } = await adopt(workspace, 'r/0001invented');
    expect(code).toBe(2);
    expect(stderr).toContain('the manual token from before is back');
    const { stdout: token } = await workspace.run(['token']);
    expect(token).toBe(`${json.access_token}\n`);
    expect(await workspace.run(['rotate', '--if-due'])).toMatchObject({ code: 0 });
  });

  it('brings back grant and application where the new application is refused', async () => {
    const workspace = await createSandboxWorkspace();
    await workspace.run(['login', '--sandbox']);
    const { refresh_token } = await workspace.sandbox.grant('entity.clients:r');
    const wrong = { ...application, FATTUREINCLOUD_CLIENT_SECRET: 'wrong-secret-invented' };
    const { code, stderr } = await adopt(workspace, refresh_token, wrong);
    expect(code).toBe(2);
    expect(stderr).toContain('the provider refuses the application (invalid_client)');
    expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
  });

  it('keeps the token where the provider cannot be reached, and says how to go on', async () => {
    const workspace = await createSandboxWorkspace();
    const { refresh_token } = await workspace.sandbox.grant('entity.clients:r');
    await workspace.sandbox.request('POST', '/_sandbox/faults', [
      { on: 'POST /oauth/token', kind: 'status', status: 503, retryAfter: 1, times: 1 },
    ]);
    const { code, stderr } = await adopt(workspace, refresh_token);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('the refresh token is stored but not tested yet'),
    });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
  });

  it('can be followed by another client secret alone', async () => {
    const workspace = await createSandboxWorkspace();
    const { refresh_token } = await workspace.sandbox.grant('entity.clients:r');
    const wrong = { ...application, FATTUREINCLOUD_CLIENT_SECRET: 'wrong-secret-invented' };
    expect(await adopt(workspace, refresh_token, wrong)).toMatchObject({ code: 2 });
    // Nobody is served yet, whatever the next check brings.
    expect(await workspace.run(['status'])).toMatchObject({ code: 2 });
    const stored = await workspace.run(['login', '--application-only'], { env: application });
    expect(stored).toMatchObject({ code: 0 });
    expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
    expect(await workspace.run(['status'])).toMatchObject({ code: 0 });
  });
});
