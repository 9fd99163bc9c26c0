import { expect, it } from 'vitest';
import { countedCalls } from '../../bench/speed/counted-calls.ts';

it('the functions call AWS no more often than this, and print no more, for a check, a refresh and a notification', async () => {
  const { check, refresh, webhook, tokenReads, logBytes } = await countedCalls();
  const none = { secrets: 0, tableReads: 0, tableWrites: 0, events: 0, queue: 0 };
  expect(check).toEqual({ ...none, secrets: 2, tableReads: 1 });
  expect(refresh).toEqual({ ...none, secrets: 11, tableReads: 1, tableWrites: 5, events: 1 });
  // Sent, received and deleted; claimed, told and confirmed. Whether the quota rests is asked once for ten.
  expect(webhook).toEqual({ ...none, tableReads: 0.1, tableWrites: 3, events: 1, queue: 3 });
  // By a process, not by a notification.
  expect(tokenReads).toBe(1);
  // Each kilobyte of a million webhooks is a gigabyte.
  expect(logBytes.check).toBeLessThanOrEqual(1500);
  expect(logBytes.webhook).toBeLessThanOrEqual(1500);
}, 60_000);
