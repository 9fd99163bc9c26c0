import { describe, expect, it } from 'vitest';
import { approveInSandbox } from '../../../src/cli/login/sandbox-consent.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';
import { startSandbox } from '../../sandbox/sandbox-server.ts';
import { client, openStage } from './local-stage.ts';

const hourSeconds = 3_600;
const patience = { timeout: 180_000 };
const outage = { on: 'POST /oauth/token', kind: 'status', status: 503, retryAfter: 600 };

describe('the system on one machine', () => {
  it('makes a store only where it is told to', async () => {
    const path = `${await temporaryFolder()}/none`;
    await expect(openStage({ path, create: false })).rejects.toThrow(StoreRefused);
  });

  it('has nothing published before somebody has logged in', async () => {
    const { system } = await openStage();
    expect(await system.published()).toBeUndefined();
    expect(await system.tryToken()).toBe('unknown');
    expect(await system.rotate({ trigger: 'schedule' })).toMatchObject({
      kind: 'not-connected',
      missing: 'grant',
    });
  });

  it('publishes generation 1 with the consent of a person', async () => {
    const { system, connect } = await openStage();
    await connect();
    expect(await system.published()).toMatchObject({
      generation: 1,
      companies: [{ id: 108061 }],
    });
    expect(await system.tryToken()).toBe('accepted');
  });

  it.each([
    ['a redirect of another login', () => 'code=c/1&state=other', /does not belong to this login/],
    [
      'a denial',
      (state: string) => `error=access_denied&state=${state}`,
      /refused on the consent page/,
    ],
  ])('says why a login brought no grant: %s', async (_, query, why) => {
    const { system } = await openStage();
    const login = await system.login(client, async (authorizeUrl) => {
      const state = new URL(authorizeUrl).searchParams.get('state') ?? '';
      return `http://localhost:8787/callback?${query(state)}`;
    });
    expect(login).toEqual({ kind: 'failed', why: expect.stringMatching(why) });
    expect(await system.stored.grant.current()).toBeUndefined();
  });

  it.each([
    [{ kind: 'status', status: 400, error: 'invalid_grant' }, /does not accept the code/],
    [{ kind: 'status', status: 401, error: 'invalid_client' }, /refuses the application/],
    [{ kind: 'status', status: 429, retryAfter: 60 }, /rate-limited by the provider.*429/],
    [{ kind: 'html', status: 403 }, /answered the code with 403 \(text\/html/],
    [{ kind: 'reset-after' }, /no usable answer/],
  ])('says why a code was not exchanged: %j', async (fault, why) => {
    const { system, setFaults } = await openStage();
    await setFaults({ on: 'POST /oauth/token', ...fault });
    const login = await system.login(client, approveInSandbox);
    expect(login).toEqual({ kind: 'failed', why: expect.stringMatching(why) });
  });

  it('reports each pass, and makes an event of what is news', async () => {
    const { system, connect, advance, reports, events } = await openStage();
    await connect();
    await system.rotate({ trigger: 'schedule' });
    advance(12 * hourSeconds);
    await system.rotate({ trigger: 'schedule' });
    expect(reports.map(({ outcome }) => outcome.kind)).toEqual(['fresh', 'refreshed']);
    expect(events.map(({ detailType }) => detailType)).toEqual(['Token Refreshed']);
  });

  it('refreshes for a consumer whose token has expired', async () => {
    const { system, connect, advance, reports } = await openStage();
    await connect();
    advance(25 * hourSeconds);
    const obtained = await system.tokens.obtain();
    expect(obtained).toMatchObject({ kind: 'token', token: { generation: 2 } });
    expect(reports.map(({ trigger }) => trigger)).toEqual(['consumer']);
  });

  it('serves the token that it has while the provider is down, and heals', async () => {
    const { system, connect, advance, setFaults } = await openStage();
    await connect();
    await setFaults(outage);
    advance(12 * hourSeconds);
    expect((await system.rotate({ trigger: 'schedule' })).kind).toBe('waiting');
    expect(await system.tryToken()).toBe('accepted');
    await setFaults();
    advance(hourSeconds);
    expect((await system.rotate({ trigger: 'schedule' })).kind).toBe('refreshed');
  });

  it(
    'looks by its schedule at once, and again when an hour has passed on its clock',
    patience,
    async () => {
      const { system, connect, advance, reports } = await openStage();
      await connect();
      const schedule = system.schedule();
      await expect.poll(() => reports.length, patience).toBe(1);
      advance(12 * hourSeconds);
      await expect.poll(() => reports.length, patience).toBe(2);
      await schedule.stop();
      expect(reports.map(({ outcome }) => outcome.kind)).toEqual(['fresh', 'refreshed']);
    },
  );

  it('registers no sink where it has none, and says why the provider refuses one', async () => {
    const types = ['it.fattureincloud.webhooks.entities.clients.update'];
    const without = await openStage();
    expect(without.system.webhooks).toBeUndefined();
    expect(await without.system.subscribe(108061, types)).toMatchObject({ kind: 'refused' });
    const sandbox = await startSandbox();
    const { system } = await openStage({ sink: { url: 'http://127.0.0.1:1/x' } }, sandbox);
    expect(await system.subscribe(108061, types)).toEqual({
      kind: 'refused',
      why: expect.stringMatching(/^the provider made no subscription: /),
    });
  });
});
