import { describe, expect, it } from 'vitest';
import { awaitConsent } from '../../../src/connection/login/device.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { DevicePoll } from '../../../src/fatture-in-cloud/oauth/device-flow.ts';

const authorization = {
  deviceCode: new Secret('d/0001invented'),
  userCode: 'ABCD-EFGH',
  verificationUri: 'https://provider.example/connetti',
  isProvidersPage: true,
  intervalSeconds: 5,
  expiresInSeconds: 60,
};
const granted: DevicePoll = {
  kind: 'granted',
  tokens: {
    accessToken: new Secret('a/0001invented'),
    refreshToken: new Secret('r/0001invented'),
    expiresInSeconds: 86_400,
    lifetimeAssumed: false,
  },
};

/** A login whose polls are answered from a list, the last answer for ever; times in seconds. */
async function waited(...polls: readonly DevicePoll[]) {
  let nowMs = 1_000_000;
  const waits: number[] = [];
  const asked: string[] = [];
  const clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    wait: async (ms: number) => {
      waits.push(ms / 1000);
      nowMs += ms;
    },
  };
  const poll = async (deviceCode: Secret) => {
    asked.push(deviceCode.reveal());
    return polls[Math.min(asked.length, polls.length) - 1] ?? granted;
  };
  const start = async () => ({ kind: 'started', authorization }) as const;
  const client = { clientId: 'invented' };
  const end = await awaitConsent({ start, poll }, client, authorization, clock);
  return { end, waits, asked };
}

describe('waiting for consent with a device code', () => {
  it('polls at the interval until it is granted, and dates the tokens from that request', async () => {
    const { end, waits, asked } = await waited({ kind: 'pending' }, { kind: 'pending' }, granted);
    expect(end).toMatchObject({ kind: 'granted', requestedAtMs: 1_015_000 });
    expect(waits).toEqual([5, 5, 5]);
    expect(new Set(asked)).toEqual(new Set(['d/0001invented']));
  });

  it('waits five seconds more from each slow_down on (RFC 8628 §3.5)', async () => {
    const slow = { kind: 'slow-down' } as const;
    expect((await waited(slow, { kind: 'pending' }, slow, granted)).waits).toEqual([5, 10, 10, 15]);
  });

  it('waits as long as it is told to, and twice as long where no answer comes', async () => {
    const throttled = { kind: 'throttled', status: 429, retryAfterMs: 9_000 } as const;
    const lost = { kind: 'uncertain', cause: 'reset' } as const;
    const unreached = { kind: 'never-sent', cause: 'ECONNREFUSED' } as const;
    expect((await waited(throttled, granted)).waits).toEqual([5, 9]);
    expect((await waited(lost, unreached, granted)).waits).toEqual([5, 10, 20]);
  });

  it.each(['denied', 'expired'] as const)('ends where the provider says %s', async (kind) => {
    expect((await waited({ kind: 'pending' }, { kind })).end).toEqual({ kind });
  });

  it('waits on behind a page of a firewall, and names it if nothing else came', async () => {
    const page = { kind: 'unexpected', status: 403, contentType: 'text/html' } as const;
    expect(await waited(page, granted)).toMatchObject({ end: { kind: 'granted' }, waits: [5, 10] });
    expect((await waited(page)).end).toEqual({ kind: 'refused', answer: page });
  });

  it('ends by itself when the code has expired', async () => {
    const { end, waits } = await waited({ kind: 'pending' });
    expect(end).toEqual({ kind: 'expired' });
    expect(waits.reduce((sum, wait) => sum + wait)).toBeLessThan(60);
  });

  it.each([
    { kind: 'invalid-grant' },
    { kind: 'invalid-client', error: 'invalid_client' },
    { kind: 'refused', said: '401 in JSON' },
  ] as const)('ends where another poll would be in vain: $kind', async (answer) => {
    expect((await waited({ kind: 'pending' }, answer)).end).toEqual({ kind: 'refused', answer });
  });
});
