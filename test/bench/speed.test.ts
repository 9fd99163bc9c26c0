// Goal: a row of the bench is not found broken on the day on which it is measured.
// Method: the process of each row that has one, over its least input; how long it took is no matter here.
import { expect, it } from 'vitest';
import { apart } from '../../bench/speed/apart.ts';
import type { Rotations } from '../../bench/speed/rotation.ts';
import type { SyncLoad } from '../../bench/speed/sync-load-process.ts';
import type { WebhookRates } from '../../bench/speed/webhook-rate.ts';

const tryMs = 1;

it('a rotation is measured as a refresh by the calls that it consists of', async () => {
  const runs = [{ latencyMs: tryMs, rounds: 1 }];
  const { calls, seen } = await apart<Rotations>('rotation-process.ts', runs);
  expect(calls).toBe(20);
  expect(seen).toMatchObject([{ latencyMs: tryMs }]);
});

it('webhooks are measured as handled, by Fresco and by a handler that refreshes for each', async () => {
  const rates = await apart<WebhookRates>('webhook-rate-process.ts', [tryMs, 2, 1, 1]);
  expect(Object.keys(rates)).toEqual(['fresco', 'refreshing']);
});

it('a first sync is measured by its requests', async () => {
  const load = await apart<SyncLoad>('sync-load-process.ts', 1_000, ['--expose-gc']);
  expect(load.entities).toBeGreaterThanOrEqual(1_000);
  expect(load.requests).toBeGreaterThanOrEqual(load.needed);
});
