// Goal: an answer that was lost costs nothing where the provider takes the token again; elsewhere it is left alone.
// Method: whole passes over a connection in memory whose provider answers from a list.
import { describe, expect, it } from 'vitest';
import type { ReplayPolicy } from '../../../src/core/journal/replay-policy.ts';
import { sendAgain } from '../../../src/core/operations/recover-by-hand.ts';
import type { TokenAnswer } from '../../../src/core/ports.ts';
import type { RotationRequest } from '../../../src/core/rotation/pass.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { granted, grantOf, hour, memoryConnection, startMs } from '../memory-connection.ts';

const lost: TokenAnswer = { kind: 'uncertain', cause: 'reset' };
const reusable: ReplayPolicy = { kind: 'reusable' };
const grace: ReplayPolicy = { kind: 'grace', seconds: 60 };

/** A connection that is due, at a provider with such a policy. */
function due(policy: ReplayPolicy, ...answers: Parameters<typeof memoryConnection>[0] & object) {
  const world = memoryConnection(answers);
  world.store(grantOf(13 * hour));
  const ports = () => {
    const made = world.ports();
    return { ...made, settings: { ...made.settings, policy } };
  };
  const pass = (request: Partial<RotationRequest> = {}) =>
    rotate(ports(), { trigger: 'schedule', ...request });
  return { world, ports, pass };
}

describe('a token whose answer is lost', () => {
  it.each([[reusable], [grace]])('(%j) is sent again in the same pass', async (policy) => {
    const { world, pass } = due(policy, lost, granted(2));
    expect(await pass()).toMatchObject({ kind: 'refreshed' });
    expect(world.presented).toEqual(['r/0001invented', 'r/0001invented']);
    expect(world.currentGrant()).toMatchObject({ generation: 2, attempt: 2 });
    expect(world.publishedToken()).toMatchObject({ generation: 2, attempt: 2 });
    expect(world.journal.journal).toMatchObject({ dispatch: null, seals: [], lease: null });
  });

  it.each([
    [0, 1000],
    [255, 2020],
  ])('is sent again one to two seconds later, by chance (%d: %d ms)', async (chance, waitMs) => {
    const { world, ports } = due(reusable, lost, granted(2));
    const made = ports();
    const bytes = (count: number) =>
      count === 1 ? Uint8Array.of(chance) : made.random.bytes(count);
    await rotate({ ...made, random: { bytes } }, { trigger: 'schedule' });
    expect(world.journal.journal.sentAtMs).toEqual([startMs, startMs + waitMs]);
  });

  it('is not sent again once it is answered, though the provider would take it', async () => {
    const { world, pass } = due(reusable, granted(2));
    expect(await pass()).toMatchObject({ kind: 'refreshed' });
    expect(world.presented).toHaveLength(1);
    expect(world.time.nowMs).toBe(startMs);
  });

  it('is not sent again where the provider says no, though an earlier send is open', async () => {
    const unexpected = { kind: 'unexpected', status: 502, contentType: 'text/html' } as const;
    const { world, pass } = due(reusable, lost, lost, unexpected);
    await pass();
    expect(await pass()).toMatchObject({ kind: 'unexpected' });
    expect(world.presented).toHaveLength(3);
  });

  it('is sent again once: lost a second time it stays uncertain, both sends on record', async () => {
    const { world, pass } = due(reusable, lost, lost);
    expect(await pass()).toMatchObject({ kind: 'uncertain', sinceMs: startMs });
    expect(world.presented).toHaveLength(2);
    expect(world.journal.journal.dispatch?.sends.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it.each<ReplayPolicy>([{ kind: 'unknown' }, { kind: 'single-use' }])(
    '(%j) is not sent again, and nobody waits',
    async (policy) => {
      const { world, pass } = due(policy, lost);
      expect(await pass()).toMatchObject({ kind: 'uncertain' });
      expect(world.presented).toHaveLength(1);
      expect(world.time.nowMs).toBe(startMs);
    },
  );

  it.each([
    ['is over when the answer is given up', 46_000],
    ['ends while one waits', 44_500],
  ])('is not sent again where the grace %s', async (_, takesMs) => {
    const { world, pass } = due(grace, () => {
      world.passTime(takesMs);
      return lost;
    });
    expect(await pass()).toMatchObject({ kind: 'uncertain' });
    expect(world.presented).toHaveLength(1);
  });

  it('is not sent again where a slow store has used up the grace', async () => {
    const { world, pass } = due(grace, lost);
    let writes = 0;
    world.journal.before = (call) => {
      // Lease and first dispatch, then the dispatch of what is sent again.
      if (call === 'write' && ++writes === 3) world.passTime(44_000);
    };
    expect(await pass()).toMatchObject({ kind: 'uncertain', sinceMs: startMs });
    expect(world.presented).toHaveLength(1);
    expect(world.journal.journal.dispatch?.sends).toMatchObject([{ attempt: 1 }]);
  });

  it('is not sent again where what it brings might not be kept in time', async () => {
    const { world, pass } = due(reusable, lost);
    // A request and the keeping take 25 seconds, and the wait more than half a second.
    expect(await pass({ remainingMs: () => 25_500 })).toMatchObject({ kind: 'uncertain' });
    expect(world.presented).toHaveLength(1);
  });

  it('is not sent again by who has lost the lease', async () => {
    const lease = { owner: 'another', fence: 9, expiresAtMs: startMs + hour };
    const { world, pass } = due(reusable, () => {
      world.journal.set({ fence: 9, lease });
      return lost;
    });
    expect(await pass()).toMatchObject({ kind: 'busy', untilMs: startMs + hour });
    expect(world.presented).toHaveLength(1);
    expect(world.journal.journal.dispatch?.sends).toMatchObject([{ attempt: 1 }]);
  });

  it('is not sent again beyond the sends of a day', async () => {
    const { world, pass } = due(reusable, lost);
    const sentAtMs = Array.from({ length: 39 }, (_, n) => startMs - 20 * hour + n);
    world.journal.set({ sentAtMs });
    expect(await pass()).toMatchObject({ kind: 'uncertain' });
    expect(world.presented).toHaveLength(1);
  });

  it('is sent again for a consumer too: that is one attempt on demand', async () => {
    const { world, pass } = due(reusable, lost, granted(2));
    expect(await pass({ trigger: 'consumer' })).toMatchObject({ kind: 'refreshed' });
    expect(world.presented).toHaveLength(2);
  });

  it('by a person who takes the risk is sent once', async () => {
    const { world, ports, pass } = due({ kind: 'unknown' }, lost, lost);
    await pass();
    expect(await sendAgain(ports())).toMatchObject({ kind: 'uncertain' });
    expect(world.presented).toHaveLength(2);
  });
});

describe('the second answer', () => {
  it.each<[TokenAnswer, object]>([
    [{ kind: 'never-sent', cause: 'ECONNREFUSED' }, { kind: 'unavailable' }],
    [{ kind: 'throttled', status: 429, retryAfterMs: 60_000 }, { kind: 'waiting' }],
    [{ kind: 'unexpected', status: 502, contentType: 'text/html' }, { kind: 'unexpected' }],
    [{ kind: 'invalid-grant' }, { kind: 'refused' }],
  ])('(%j) leaves the first send on record', async (answer, outcome) => {
    const { world, pass } = due(reusable, lost, answer);
    expect(await pass()).toMatchObject(outcome);
    expect(world.journal.journal.dispatch?.sends).toMatchObject([{ attempt: 1 }]);
    expect(world.currentGrant().generation).toBe(1);
  });
});
