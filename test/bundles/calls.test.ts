import { expect, it } from 'vitest';
import { countedCalls } from '../../bench/speed/counted-calls.ts';
import { prices } from '../../src/cli/cost/month.ts';
import { node24Path } from '../doubles/lambda/node24.ts';

it('the functions call AWS no more often than this, and print no more, for a check, a refresh and a notification', async () => {
  const { check, refresh, alone, webhook, tokenReads, logBytes } = await countedCalls();
  // What `fresco cost` reckons with.
  const { check: calls, refresh: spent, alone: one } = prices.counted;
  expect({ check, refresh, alone }).toEqual({ check: calls, refresh: spent, alone: one });
  // An older Node than Lambda's has the SDK print a warning of it.
  for (const it of node24Path() ? (['check', 'refresh', 'webhook'] as const) : []) {
    expect(logBytes[it]).toBeLessThanOrEqual(prices.counted.logBytes[it] * 1.1);
  }
  const none = { secrets: 0, tableReads: 0, tableWrites: 0, events: 0, queue: 0 };
  expect(check).toEqual({ ...none, secrets: 2, tableReads: 1 });
  expect(refresh).toEqual({ ...none, secrets: 11, tableReads: 1, tableWrites: 5, events: 1 });
  // Whether the quota rests; claimed, then noted and confirmed at once; sent, received and deleted.
  expect(alone).toEqual({ ...none, tableReads: 1, tableWrites: 2, events: 1, queue: 3 });
  // Claimed and sent each for itself, all else together; reads that take longer than others may part them.
  const { tableWrites, events, ...fixed } = webhook;
  expect(fixed).toEqual({ secrets: 0, tableReads: 0.1, queue: 1.2 });
  expect(tableWrites + events).toBeLessThanOrEqual(1.8);
  // By a process, not by a notification.
  expect(tokenReads).toBe(1);
  // Each kilobyte of a million webhooks is a gigabyte.
  expect(logBytes.check).toBeLessThanOrEqual(1500);
  expect(logBytes.webhook).toBeLessThanOrEqual(1500);
}, 60_000);
