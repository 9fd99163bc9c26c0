import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { controlSandbox } from '../../sandbox/sandbox-control.ts';
import type { SandboxServer } from '../../sandbox/sandbox-server.ts';
import { startDeployed } from '../deployed.ts';
import { loggedIn } from '../logged-in.ts';
import { hasTerminal, keys, seat } from '../pseudo-terminal.ts';
import { createSandboxWorkspace, createWorkspace, type Workspace } from '../workspace.ts';

type Sandboxed = Workspace & { readonly sandbox: SandboxServer };

/** A token as the provider's web application would give it. */
async function makeToken({ sandbox }: Sandboxed, scope = 'entity.clients:r'): Promise<string> {
  const { json } = await sandbox.request('POST', '/_sandbox/grants', { scope, manual: true });
  return json.access_token;
}

const logIn = (workspace: Workspace, input: string, args: readonly string[] = []) =>
  workspace.run(['login', '--manual', '--json', ...args], { input });

describe('login with a manual token', () => {
  it('checks it, and serves it to every consumer without an end', async () => {
    const workspace = await createSandboxWorkspace();
    const token = await makeToken(workspace);
    const { code, stdout, stderr } = await logIn(workspace, `${token}\n`);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^the connection default with \S+ will be stored in .+\n$/),
    });
    expect(JSON.parse(stdout)).toMatchObject({
      generation: 1,
      expiresAt: null,
      companies: [{ id: 108061, name: 'Studio Esempio' }],
    });
    expect(await workspace.run(['token', '--min-validity', '30d'])).toMatchObject({
      code: 0,
      stdout: `${token}\n`,
    });
    const show = 'process.stdout.write(process.env.FATTUREINCLOUD_ACCESS_TOKEN)';
    const child = await workspace.run(['exec', '--', process.execPath, '-e', show]);
    expect(child).toMatchObject({ code: 0, stdout: token });
    const secretFile = join(workspace.path, 'serve-secret');
    const serving = workspace.start(['serve', '--port', '0', '--secret-file', secretFile]);
    const url = await serving.says(/(http:\S+\/token)\n/);
    const shown = (await readFile(secretFile, 'utf8')).trim();
    const served = await fetch(url, { headers: { authorization: `Bearer ${shown}` } });
    expect(await served.json()).toMatchObject({ access_token: token });
    serving.process.kill('SIGTERM');
    const status = JSON.parse((await workspace.run(['status', '--json'])).stdout);
    expect(status).toMatchObject({ method: 'manual', hoursLeft: null, problem: null });
    expect(await workspace.run(['rotate', '--if-due'])).toMatchObject({ code: 0 });
    const repair = await workspace.run(['recover', '--dry-run', '--json']);
    expect(JSON.parse(repair.stdout)).toMatchObject({ would: 'nothing' });
    const { json } = await workspace.sandbox.request('GET', '/_sandbox/state');
    expect(json.counters.tokenRequests).toBe(0);
  });

  it.each([
    ['a refresh token', 'r/0001invented', 64, 'this is a refresh token'],
    ['nothing', '', 64, 'no manual token came in'],
    ['one that the provider rejects', 'a/0001invented', 2, 'the provider rejects this token'],
  ])('refuses %s before anything is stored', async (_, input, code, sentence) => {
    const workspace = await createSandboxWorkspace();
    const ended = await logIn(workspace, input);
    expect(ended).toMatchObject({ code, stderr: expect.stringContaining(sentence) });
    expect(ended.stdout + ended.stderr).not.toContain('0001invented');
    expect(await workspace.run(['token'])).toMatchObject({ code: 2 });
  });

  it('names the permission that it lacks, at login and at a check', async () => {
    const workspace = await createSandboxWorkspace();
    const lacking = await makeToken(workspace, 'entity.suppliers:r');
    const wish = ['--scopes', 'entity.clients:r'];
    expect(await logIn(workspace, lacking, wish)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('lacks entity.clients:r in company 108061'),
    });
    expect(await logIn(workspace, await makeToken(workspace), wish)).toMatchObject({ code: 0 });
    await workspace.sandbox.request('POST', '/_sandbox/revoke');
    expect(await workspace.run(['rotate', '--if-due'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no longer accepts the manual token'),
    });
    expect(await workspace.run(['status'])).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('fresco rotate'),
    });
  });

  it('takes the place of a grant, whose refresh token is not spent any more', async () => {
    const workspace = await loggedIn();
    const { code, stderr } = await logIn(workspace, await makeToken(workspace));
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('revoke it') });
    expect(await workspace.run(['rotate', '--if-due'])).toMatchObject({ code: 0 });
    expect(await workspace.run(['status'])).toMatchObject({ code: 0 });
    expect(await workspace.run(['rotate', '--dry-run', '--json'])).toMatchObject({
      stdout: expect.stringContaining('"would":"replace"'),
    });
    const { json } = await workspace.sandbox.request('GET', '/_sandbox/state');
    expect(json.counters.tokenRequests).toBe(0);
  });
});

describe('a manual token with the store in AWS', () => {
  it('is checked by the rotator, which nothing but a person can help', async () => {
    const { stack, env, stop } = await startDeployed();
    onTestFinished(() => stop());
    const wish = { scope: 'entity.clients:r', manual: true };
    const { access_token: token = '' } = await controlSandbox(stack.providerUrl, 'grants', wish);
    const workspace = await createWorkspace(stack.providerUrl);
    const run = (args: readonly string[], input = '') => workspace.run(args, { input, env });
    expect(await run(['login', '--manual', '--scopes', 'entity.clients:r'], token)).toMatchObject({
      code: 0,
    });
    expect(await run(['token'])).toMatchObject({ code: 0, stdout: `${token}\n` });
    expect(await run(['rotate', '--if-due'])).toMatchObject({ code: 0 });
    await controlSandbox(stack.providerUrl, 'revoke');
    expect(await run(['rotate', '--if-due'])).toMatchObject({ code: 0 });
    const { journal } = await stack.journal.read();
    const dayOld = { ...journal, canary: null };
    await stack.journal.write(dayOld, (await stack.journal.read()).revision);
    expect(await run(['rotate', '--if-due', '--json'])).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('"outcome":"token-rejected"'),
    });
  });
});

describe('rotate with a manual token', () => {
  it('takes the new one from standard input, and says what to revoke', async () => {
    const workspace = await createSandboxWorkspace();
    const old = await makeToken(workspace);
    await logIn(workspace, old);
    expect(await workspace.run(['rotate'], { input: old })).toMatchObject({ code: 64 });
    await workspace.sandbox.request('POST', '/_sandbox/faults', [
      { on: 'GET /user/companies', kind: 'status', status: 502, times: 1 },
    ]);
    const fresh = await makeToken(workspace);
    expect(await workspace.run(['rotate'], { input: fresh })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not reach 108061 Studio Esempio'),
    });
    expect(await workspace.run(['token'])).toMatchObject({ stdout: `${old}\n` });
    const { code, stdout } = await workspace.run(['rotate', '--json'], { input: fresh });
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      outcome: 'replaced',
      generation: 2,
      previous: 'alive',
      next: expect.stringContaining('Applicazioni collegate'),
    });
    expect(await workspace.run(['token'])).toMatchObject({ stdout: `${fresh}\n` });
  });
});

describe.skipIf(!hasTerminal)('at a terminal', () => {
  it('a manual token is asked for, served, and replaced by hand without a gap', async () => {
    const workspace = await createSandboxWorkspace();
    const old = await makeToken(workspace);
    const login = seat(workspace, ['login', '--manual']);
    await login.shows(/Collega una nuova applicazione/);
    await login.shows(/Manual token/);
    login.types(`${old}${keys.enter}`);
    await login.shows(/connected/);
    const { code, screen } = await login.ended;
    expect({ code, shown: screen.includes(old) }).toEqual({ code: 0, shown: false });

    const rotate = seat(workspace, ['rotate']);
    await rotate.shows(/1 of 4/);
    await rotate.shows(/Manual token/);
    const fresh = await makeToken(workspace);
    rotate.types(`${fresh}${keys.enter}`);
    await rotate.shows(/3 of 4.*generation 2/);
    expect(await workspace.run(['token'])).toMatchObject({ stdout: `${fresh}\n` });
    await rotate.shows(/Is the old token revoked\?/);
    rotate.types('y');
    await rotate.shows(/still accepts the old token/);
    await rotate.shows(/Is the old token revoked\?/);
    await workspace.sandbox.request('POST', '/_sandbox/revoke');
    rotate.types('y');
    expect(await rotate.ended).toMatchObject({
      code: 0,
      screen: expect.stringContaining('the old token is no longer accepted'),
    });
  });
});
