import { expect, it, onTestFinished } from 'vitest';
import { sendOnce } from '../../../src/fatture-in-cloud/http/exchange.ts';
import { startLoopback } from '../../doubles/http/loopback.ts';
import { watchTimers } from '../watched-timers.ts';

it.each(['answered', 'unanswered'] as const)(
  'an exchange that is %s leaves no timer behind',
  async (kind) => {
    const server = await startLoopback(async (_, response) => {
      if (kind === 'answered') response.end('{}');
      else response.destroy();
    });
    onTestFinished(() => server.stop());
    const request = {
      method: 'GET',
      url: server.endpoint,
      write: () => ({ headers: {} }),
    } as const;
    const timers = watchTimers(15_432);
    const outcome = await sendOnce(request, { requestMs: 15_432, bodyBytesMax: 100 });
    expect(outcome.kind).toBe(kind);
    expect([timers.set(), timers.left()]).toEqual([1, 0]);
  },
);
