import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { loggedIn, tokenRequests, withExpiredToken } from '../logged-in.ts';
import { hasTerminal, keys, seat } from '../pseudo-terminal.ts';
import { createSandboxWorkspace, type Workspace } from '../workspace.ts';

/** Logged in, with a provider that takes its time to answer. */
async function withSlowProvider(delayMs: number) {
  const workspace = await loggedIn();
  await slowDown(workspace, delayMs);
  return workspace;
}

const slowDown = ({ sandbox }: Awaited<ReturnType<typeof loggedIn>>, delayMs: number) =>
  sandbox.request('POST', '/_sandbox/faults', [
    { on: 'POST /oauth/token', kind: 'delay', delayMs },
  ]);

/** Resolves once a refresh is on record as sent. */
const sent = ({ storePath }: Workspace) =>
  vi.waitFor(
    () => {
      const path = join(storePath, 'connections/default/journal.json');
      expect(JSON.parse(readFileSync(path, 'utf8')).journal.dispatch).not.toBeNull();
    },
    { timeout: 10_000, interval: 5 },
  );

const statusOf = async (workspace: Workspace) =>
  JSON.parse((await workspace.run(['status', '--json'])).stdout);

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends a command that waits for a person with %i', async (signal, code) => {
    const workspace = await createSandboxWorkspace();
    const login = workspace.start(['login', '--paste', '--scopes', 'entity.clients:r'], {
      FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
      FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
      FATTUREINCLOUD_REDIRECT_URI: 'http://localhost:8787/callback',
    });
    await login.says(/then paste/);
    login.process.kill(signal);
    expect(await login.ended).toMatchObject({ code });
  });

  it('during a refresh waits until the answer is kept, and then ends the command', async () => {
    const workspace = await withSlowProvider(700);
    const running = workspace.start(['rotate']);
    await sent(workspace);
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stdout, stderr }).toEqual({
      code: 130,
      stdout: expect.stringMatching(/^refreshed: generation 2/),
      stderr: expect.stringMatching(
        /^SIGINT: waiting for the answer of a token request.*\nended by SIGINT after the request was over: fresco status shows what is stored\n$/,
      ),
    });
    expect(await statusOf(workspace)).toMatchObject({ generation: 2, uncertainSince: null });
  });

  it('that comes a second time ends it at once, and what is left open is said', async () => {
    const workspace = await withSlowProvider(60_000);
    const running = workspace.start(['rotate']);
    await sent(workspace);
    running.process.kill('SIGINT');
    await running.says(/waiting for the answer/);
    running.process.kill('SIGTERM');
    expect(await running.ended).toMatchObject({
      code: 143,
      stdout: '',
      stderr: expect.stringContaining('ended at once: the answer to a token request may be lost'),
    });
    expect(await statusOf(workspace)).toMatchObject({ uncertainSince: expect.any(String) });
  });

  it('during the refresh of exec keeps the token and runs nothing', async () => {
    const workspace = await loggedIn();
    await withExpiredToken(workspace);
    await slowDown(workspace, 700);
    const running = workspace.start(['exec', '--', 'echo', 'ran']);
    await sent(workspace);
    running.process.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 143, stdout: '' });
    expect(await statusOf(workspace)).toMatchObject({ generation: 3, uncertainSince: null });
  });

  it('during the exchange of a code waits until the grant is stored', async () => {
    const workspace = await loggedIn();
    await slowDown(workspace, 700);
    const before = await tokenRequests(workspace);
    const login = workspace.start(['login', '--sandbox', '--yes']);
    await vi.waitFor(async () => expect(await tokenRequests(workspace)).toBe(before + 1), {
      timeout: 10_000,
      interval: 10,
    });
    login.process.kill('SIGINT');
    expect(await login.ended).toMatchObject({ code: 130 });
    expect(await statusOf(workspace)).toMatchObject({ generation: 2, latch: null });
  });
});

describe.skipIf(!hasTerminal)('Ctrl-C at a terminal', () => {
  it('during a refresh ends it like the signal that it is', async () => {
    const workspace = await withSlowProvider(2500);
    const seated = seat(workspace, ['rotate']);
    await seated.shows(/refreshing \./);
    seated.types(keys.interrupt);
    await seated.shows(/waiting for the answer of a token request/);
    const { code, screen } = await seated.ended;
    expect({ code, screen }).toMatchObject({
      code: 130,
      screen: expect.stringContaining('refreshed: generation 2'),
    });
  });

  it('at a question ends the command with 130 too', async () => {
    const workspace = await loggedIn();
    const seated = seat(workspace, ['logout']);
    await seated.shows(/\?/);
    seated.types(keys.interrupt);
    expect(await seated.ended).toMatchObject({ code: 130 });
  });
});
