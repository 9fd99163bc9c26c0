import { describe, expect, it, onTestFinished } from 'vitest';
import { approveInSandbox } from '../../src/cli/login/sandbox-consent.ts';
import { inProcess } from '../doubles/lambda/lambda-invoke.ts';
import { controlSandbox } from '../sandbox/sandbox-control.ts';
import { startDeployed } from './deployed.ts';
import { hasTerminal, keys, seat } from './pseudo-terminal.ts';
import { createWorkspace, freePort } from './workspace.ts';

/** The built command on a machine whose store is a deployed stack; everything of AWS is on loopback. */
async function deployed(pages: { readonly connectUrl?: string } = {}) {
  const whole = await startDeployed(pages);
  onTestFinished(() => whole.stop());
  const workspace = await createWorkspace(whole.stack.providerUrl);
  const run = (args: readonly string[], input = '', more = {}) =>
    workspace.run(args, { input, env: { ...whole.env, ...more } });
  return { ...whole, workspace, run };
}

describe('with the store in AWS', () => {
  it('rotate has the rotator do it, through the door of operators', async () => {
    const { stack, lambda, run, tokenRequests } = await deployed();
    await stack.logIn();
    const { code, stdout } = await run(['rotate', '--json']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      outcome: 'refreshed',
      generation: 2,
    });
    expect(await tokenRequests()).toBe(1);
    expect(await run(['rotate', '--if-due', '-v'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^generation 2 is fresh, nothing was due \(default, in /),
    });
    expect(await tokenRequests()).toBe(1);
    const called = lambda.calls.all.map(({ ids }) => Object.values(ids).join(' '));
    expect(called).toHaveLength(2);
    expect(called.every((ids) => ids.includes('operator'))).toBe(true);
  });

  it('no command spends the refresh token itself', async () => {
    const { stack, lambda, run, tokenRequests } = await deployed();
    await stack.logIn();
    const asked: unknown[] = [];
    const outcome = { kind: 'busy', untilMs: Date.parse('2026-11-24T02:00:00Z') };
    lambda.route(
      'rotator:operator',
      inProcess(async (event) => {
        asked.push(event);
        return { outcome, warnings: ['invented'] };
      }),
    );
    expect(await run(['rotate'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'warning: invented\nfresco: another run holds the lease until 2026-11-24T02:00:00Z\n',
    });
    expect(asked).toEqual([{ connection: 'default', onlyIfDue: false }]);
    expect(await tokenRequests()).toBe(0);
  });

  it('token reads the secret, and asks the rotator where that would not last', async () => {
    const { stack, run, tokenRequests } = await deployed();
    await stack.logIn(23.99 * 3_600_000);
    const { code, stdout } = await run(['token', '--json']);
    expect({ code, generation: JSON.parse(stdout).generation }).toEqual({ code: 0, generation: 2 });
    const again = await run(['token', '--json']);
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(stdout));
    expect(await tokenRequests()).toBe(1);
  });

  it('a refresh token got elsewhere is adopted, and proven by the rotator', async () => {
    const { stack, run } = await deployed();
    const grant = await controlSandbox(stack.providerUrl, 'grants', { direct: true });
    const { refresh_token = '' } = grant;
    const application = {
      FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
      FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
    };
    const login = await run(['login', '--refresh-token', '--json'], refresh_token, application);
    expect({ code: login.code, stderr: login.stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^the connection default with \S+ will be stored in .+\n$/),
    });
    expect(JSON.parse(login.stdout)).toMatchObject({
      generation: 2,
      store: 'Secrets Manager, fresco/default in 000000000000/eu-south-1/test',
    });
    const status = await run(['status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      generation: 2,
      schedule: 'EventBridge Scheduler, hourly',
      problem: null,
    });
  });

  it('recover settles by hand, under the lease, what the rotator was not answered', async () => {
    const { stack, run, tokenRequests } = await deployed();
    await stack.logIn();
    const reset = { on: 'POST /oauth/token', kind: 'reset-before', times: 1 };
    await controlSandbox(stack.providerUrl, 'faults', [reset]);
    expect((await run(['rotate'])).code).toBe(1);
    const before = await tokenRequests();
    const recovered = await run(['recover', '--yes', '--json']);
    expect({ code: recovered.code, ...JSON.parse(recovered.stdout) }).toMatchObject({
      code: 0,
      steps: [{ step: 'finish' }, { step: 'send-again' }],
      outcome: 'refreshed',
      generation: 2,
    });
    expect(await tokenRequests()).toBe(before + 1);
    const { journal } = await stack.journal.read();
    expect(journal).toMatchObject({ dispatch: null, lease: null, seals: [] });
    expect(await run(['pause'])).toMatchObject({ code: 0 });
    expect(await run(['rotate'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('fresco resume'),
    });
    expect(await run(['resume'])).toMatchObject({ code: 0 });
  });

  it.skipIf(!hasTerminal)(
    'rotate --compromised logs in anew, and sees the old token dead',
    async () => {
      const { stack, workspace, env, run, tokenRequests } = await deployed();
      await stack.logIn();
      const old = (await run(['token'])).stdout.trim();
      const redirect = `http://localhost:${await freePort()}/callback`;
      const walk = seat(workspace, ['rotate', '--compromised', '--scopes', 'entity.clients:r'], {
        ...env,
        FATTUREINCLOUD_REDIRECT_URI: redirect,
      });
      await walk.shows(/Is the connection revoked\?/);
      await controlSandbox(stack.providerUrl, 'revoke');
      walk.types('y');
      await walk.shows(/Has the client secret leaked too\?/);
      walk.types(`n${keys.enter}`);
      await fetch(await approveInSandbox(await walk.shows(/(http:\S+authorize\S+)/)));
      const { code, screen } = await walk.ended;
      expect({ code, screen }).toEqual({
        code: 0,
        screen: expect.stringContaining('works; the old token is no longer accepted'),
      });
      const fresh = (await run(['token'])).stdout.trim();
      expect(fresh).not.toBe(old);
      const before = await tokenRequests();
      expect(await run(['rotate', '--if-due'])).toMatchObject({ code: 0 });
      expect(await tokenRequests()).toBe(before);
    },
  );

  it('where no stack is, or not this connection, says so in one sentence', async () => {
    const { ssm, run } = await deployed();
    expect(await run(['status', '--connection', 'other'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("has no connection 'other', it has default"),
    });
    ssm.parameters.clear();
    expect(await run(['status'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'no stack is deployed in this account and region (the parameter /fresco/stack is missing)',
      ),
    });
    expect(await run(['status'], '', { AWS_REGION: '' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no region is set'),
    });
  });
});

describe('a consent by link, with the store in AWS', () => {
  const connectUrl = 'http://127.0.0.1:4000/connect';
  const application = {
    FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
    FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
  };
  const browser = 'cookie-of-a-browser';

  /** Somebody without rights clicks: what the page in front of the door does. */
  async function click({ stack }: Awaited<ReturnType<typeof deployed>>, address: string) {
    const url = new URL(address);
    const ticket = url.searchParams.get('ticket') ?? undefined;
    const ask = async (request: object) => {
      const { payload } = await stack.through('consent', {
        connection: 'default',
        browser,
        ...request,
      });
      return payload as { readonly kind: string; readonly authorizeUrl?: string };
    };
    const begun = await ask({ step: 'begin', ticket });
    if (begun.authorizeUrl === undefined) return begun;
    const back = new URL(await approveInSandbox(begun.authorizeUrl));
    return ask({ step: 'finish', ...Object.fromEntries(back.searchParams) });
  }

  it('login --link prints an address that connects once, for what it says', async () => {
    const at = await deployed({ connectUrl });
    const link = ['login', '--link', '--expires', '3d', '--scopes', 'settings:r'];
    const { code, stdout, stderr } = await at.run([...link, '--json'], '', application);
    expect([code, stderr]).toEqual([0, '']);
    const { url, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({
      connection: 'default',
      expiresAt: expect.stringMatching(/Z$/),
      anyCompany: false,
    });
    expect(url).toMatch(/^http:\/\/127.0.0.1:4000\/connect\/default\?ticket=[\w-]{43}$/);
    expect(await click(at, url)).toMatchObject({ kind: 'connected', generation: 1 });
    expect(await click(at, url)).toEqual({ kind: 'closed' });
    const grant = JSON.parse((await at.stack.grant.current())?.value.reveal() ?? '');
    expect(grant.scopes).toEqual(['settings:r']);
    const again = await at.run(link, '', application);
    expect(again.stdout.trim()).toMatch(/\?ticket=[\w-]{43}$/);
    expect(again.stderr).toContain(`the application needs the redirect ${connectUrl}/callback`);
  });

  it('status says where, once a person is needed, and the page heals it', async () => {
    const at = await deployed({ connectUrl });
    await at.stack.logIn();
    const url = `${connectUrl}/default`;
    expect(JSON.parse((await at.run(['status', '--json'])).stdout).reconnectUrl).toBeNull();
    const headers = { 'sandbox-control': '1' };
    await fetch(`${at.stack.providerUrl}/_sandbox/revoke`, { method: 'POST', headers });
    for (const code of [1, 2]) expect(await at.run(['rotate'])).toMatchObject({ code });
    const status = await at.run(['status', '--json']);
    expect([status.code, JSON.parse(status.stdout).reconnectUrl]).toEqual([2, url]);
    expect((await at.run(['status'])).stdout).toContain(`or by link      ${url}\n`);
    expect(at.stack.bus.events.at(-1)?.detail).toMatchObject({ reconnectUrl: url });
    expect(await click(at, url)).toMatchObject({ kind: 'connected', generation: 2 });
    const healed = await at.run(['status', '--json']);
    expect([healed.code, JSON.parse(healed.stdout).reconnectUrl]).toEqual([0, null]);
  });

  it('login opens the page and waits until the consent shows', async () => {
    const at = await deployed({ connectUrl });
    const env = { ...at.env, ...application };
    const login = at.workspace.begin(['login', '--json', '--no-browser'], env);
    const address = await login.says(/http:\S+ticket=[\w-]{43}/);
    expect(await click(at, address)).toMatchObject({ kind: 'connected' });
    const { code, stdout } = await login.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ generation: 1, companies: [{ id: 108061 }] });
  });

  it.each([
    { args: ['--link'], pages: {}, why: 'has no pages for consent' },
    { args: ['--link', '--expires', '31d'], pages: { connectUrl }, why: '30d at most' },
    { args: ['--any-company'], pages: { connectUrl }, why: 'goes with --link' },
    { args: ['--expires', '1h'], pages: { connectUrl }, why: 'goes with --link' },
  ])('login $args is refused where it $why', async ({ args, pages, why }) => {
    const { run } = await deployed(pages);
    const { code, stderr } = await run(['login', ...args], '', application);
    expect([code, stderr]).toEqual([64, expect.stringContaining(why)]);
  });

  it('login --link --dry-run stores and prints no ticket', async () => {
    const { run, stack } = await deployed({ connectUrl });
    const { code, stdout } = await run(['login', '--link', '--dry-run'], '', application);
    expect([code, stdout]).toEqual([0, expect.stringContaining('nothing was done')]);
    expect(stack.table.calls.all).toEqual([]);
  });
});
