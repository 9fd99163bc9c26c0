// Goal: a job of three hours that asked for a token of three hours sees no 401, whatever the schedule does.
// Method: the real core over a file store and the sandbox, all on one clock that the test moves.
import { describe, expect, it } from 'vitest';
import { filePorts, openFileConnection } from '../../src/connection/file.ts';
import { storeApplication } from '../../src/connection/login/application.ts';
import { openProvider } from '../../src/connection/provider.ts';
import { answerOf } from '../../src/core/consumers/rotator.ts';
import { createTokenSource } from '../../src/core/consumers/token-source.ts';
import type { Clock } from '../../src/core/ports.ts';
import { rotate } from '../../src/core/rotation/rotate.ts';
import { Secret } from '../../src/core/secret.ts';
import { tokenErrorOf } from '../../src/library/token-error.ts';
import { tokenFetch } from '../../src/library/token-fetch.ts';
import { systemRandom } from '../../src/local/clock.ts';
import { openFileStore } from '../../src/local/file-store/file-store.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';
import { redirectUri, startSandbox } from '../sandbox/sandbox-server.ts';
import { Prng } from '../simulation/histories/prng.ts';

const minuteMs = 60_000;

async function world() {
  let nowMs = Date.now();
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    wait: async (ms) => {
      nowMs += Math.ceil(ms);
    },
  };
  const sandbox = await startSandbox({ clock });
  const path = `${await temporaryFolder()}/store`;
  const provider = await openProvider(
    { providerUrl: sandbox.url, providerFile: undefined },
    { env: {} },
  );
  const connection = await openFileConnection({ path, name: 'default', provider, create: true });
  const application = { clientId: 'sandbox-client', clientSecret: new Secret('sandbox-secret') };
  await storeApplication(connection.client, { ...application, redirectUri }, systemRandom);
  const tokens = await sandbox.grant();
  await connection.login({
    accessToken: new Secret(tokens.access_token),
    refreshToken: new Secret(tokens.refresh_token),
    requestedAtMs: nowMs,
    expiresInSeconds: tokens.expires_in,
    companies: [],
  });
  const store = await openFileStore(path, { clock });
  const reporter = { report: async () => undefined };
  const pass = (request: Parameters<typeof rotate>[1]) =>
    rotate({ ...filePorts(store, { name: 'default', provider, reporter }), clock }, request);
  const source = createTokenSource({
    clock,
    accessToken: store.connection('default').accessToken,
    rotator: { ask: async (wish) => answerOf(await pass({ trigger: 'consumer', ...wish })) },
  });
  return { clock, sandbox, source, pass };
}

async function job(hours: number, world_: Awaited<ReturnType<typeof world>>, chance: Prng) {
  const { clock, sandbox, source, pass } = world_;
  const wish = { minValidityMs: hours * 60 * minuteMs };
  const first = await source.obtain(wish);
  if (first.kind !== 'token') throw tokenErrorOf(first);
  let current = first.token;
  let refusals = 0;
  const send = tokenFetch({
    clock,
    baseUrl: sandbox.url,
    waitMaxMs: 0,
    fetch: async (...request) => {
      const response = await fetch(...request);
      if (response.status === 401) refusals += 1;
      return response;
    },
    // A job that took its token at the beginning and keeps it until it is refused.
    token: async () => current.accessToken,
    rejected: async () => {
      const other = await source.rejected(current);
      if (other.kind !== 'token') throw tokenErrorOf(other);
      current = other.token;
      return current.accessToken;
    },
  });
  let rotations = 0;
  for (let minute = 0; minute < hours * 60; minute += 1) {
    await clock.wait(minuteMs);
    if (minute % 60 === 30 || chance.isChance(0.03)) {
      const outcome = await pass({ trigger: chance.isChance(0.3) ? 'operator' : 'schedule' });
      if (outcome.kind === 'refreshed') rotations += 1;
    }
    if (minute % 5 === 0) expect((await send('/user/info')).status).toBe(200);
  }
  return { refusals, rotations };
}

describe('a job of three hours', () => {
  it.each([1, 2, 3])('sees no 401 where old tokens stay good (seed %i)', async (seed) => {
    const chance = new Prng(seed);
    const started = await world();
    await started.clock.wait(chance.below(24 * 60) * minuteMs);
    expect((await job(3, started, chance)).refusals).toBe(0);
  });

  it.each([4, 5, 6])(
    'absorbs one for each rotation where a refresh ends the old token (seed %i)',
    async (seed) => {
      const chance = new Prng(seed);
      const started = await world();
      await started.sandbox.request('POST', '/_sandbox/state', { refreshKillsAccessToken: true });
      await started.clock.wait(chance.below(24 * 60) * minuteMs);
      const { refusals, rotations } = await job(3, started, chance);
      expect(rotations).toBeGreaterThan(0);
      expect(refusals).toBeLessThanOrEqual(rotations);
    },
  );
});
