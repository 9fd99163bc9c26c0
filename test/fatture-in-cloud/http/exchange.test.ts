import { expect, it, onTestFinished, vi } from 'vitest';
import { sendOnce } from '../../../src/fatture-in-cloud/http/exchange.ts';
import { startLoopback } from '../../doubles/http/loopback.ts';

it.each(['answered', 'unanswered'] as const)(
  'an exchange that is %s leaves no timer behind',
  async (kind) => {
    const server = await startLoopback(async (_, response) => {
      if (kind === 'answered') response.end('{}');
      else response.destroy();
    });
    onTestFinished(() => server.stop());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const request = {
      method: 'GET',
      url: server.endpoint,
      write: () => ({ headers: {} }),
    } as const;
    const outcome = await sendOnce(request, { requestMs: 15_000, bodyBytesMax: 100 });
    expect(outcome.kind).toBe(kind);
    expect(vi.getTimerCount()).toBe(0);
  },
);
