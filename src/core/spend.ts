import { markDispatched, markUnspent, positionAfter } from './dispatch.ts';
import { limitIsLifted, retryAfterMaxMs, type Sight, uncertainty } from './gate.ts';
import type { Grant } from './grant.ts';
import { busyUntilMs } from './lease.ts';
import type { Outcome } from './outcome.ts';
import type { GrantVersion, Pass } from './pass.ts';
import { persist } from './persistence.ts';
import type { TokenAnswer, TokenResponse } from './ports.ts';
import { heldLatch } from './settlement.ts';
import { newVersionId } from './version-id.ts';

/** What became of the wish to spend a refresh token. */
export type Spent =
  /** A new pair is in hand, and nowhere else yet. */
  | { readonly kind: 'minted'; readonly minted: GrantVersion }
  /** Not sent, or refused: something newer may have been kept by another. */
  | { readonly kind: 'overtaken' | 'refused' }
  | { readonly kind: 'ended'; readonly outcome: Outcome };

/** Step 4: journals the dispatch, looks at the clock, sends one request, and reads its answer. */
export async function spend(pass: Pass, parent: GrantVersion, sight: Sight): Promise<Spent> {
  const { ports, page } = pass;
  const stored = await ports.client.read();
  if (stored === undefined) return ended({ kind: 'not-connected', missing: 'client' });
  const latch = heldLatch(page.journal, parent.grant, stored.versionId);
  if (latch !== undefined) return ended({ kind: 'latched', latch });
  if (isTooLate(pass)) return ended({ kind: 'out-of-time' });

  const versionId = newVersionId(ports.random);
  const refusal = await dispatch(pass, parent, versionId, limitIsLifted(sight));
  // A write whose answer was lost may have put it on record.
  if (refusal !== 'amended') await withdraw(pass, versionId, null);
  if (refusal === 'lease-lost')
    return ended({ kind: 'busy', untilMs: busyUntilMs(page.journal, page.nowMs()) });
  if (refusal === 'overtaken') return { kind: 'overtaken' };
  if (isTooLate(pass)) {
    await withdraw(pass, versionId, null);
    return ended({ kind: 'out-of-time' });
  }
  const sentAtMs = page.nowMs();
  const answer = await ports.endpoint.refresh(parent.grant.refreshToken, stored.client);
  if (answer.kind === 'granted') {
    if (answer.tokens.lifetimeAssumed) {
      pass.warnings.push("expires_in was missing or odd: the provider's default was taken");
    }
    const grant = successor(pass, parent.grant, { versionId, sentAtMs, tokens: answer.tokens });
    return { kind: 'minted', minted: { versionId, grant } };
  }
  return notGranted(pass, answer, { versionId, clientVersionId: stored.versionId, sight });
}

function ended(outcome: Outcome): Spent {
  return { kind: 'ended', outcome };
}

function isTooLate(pass: Pass): boolean {
  return pass.ports.clock.monotonicMs() > pass.sendByMs;
}

async function dispatch(
  pass: Pass,
  parent: GrantVersion,
  versionId: string,
  lifted: boolean,
): Promise<'amended' | 'lease-lost' | 'overtaken'> {
  const { owner, clock } = pass.ports;
  const nowMs = pass.page.nowMs();
  return persist(clock, pass.sendByMs, () =>
    pass.page.amend((journal) =>
      markDispatched(journal, { owner, parent: parent.grant, versionId, nowMs, lifted }),
    ),
  );
}

async function withdraw(pass: Pass, versionId: string, retryAtMs: number | null): Promise<void> {
  await persist(pass.ports.clock, pass.endMs, () =>
    pass.page.amend((journal) => markUnspent(journal, versionId, retryAtMs)),
  );
}

function successor(
  pass: Pass,
  parent: Grant,
  answer: {
    readonly versionId: string;
    readonly sentAtMs: number;
    readonly tokens: TokenResponse;
  },
): Grant {
  const { tokens, sentAtMs } = answer;
  return {
    ...parent,
    ...positionAfter(parent, { attempt: pass.page.journal.lastAttempt }),
    refreshToken: tokens.refreshToken ?? parent.refreshToken,
    accessToken: tokens.accessToken,
    issuedAtMs: sentAtMs,
    expiresAtMs: sentAtMs + tokens.expiresInSeconds * 1000,
  };
}

async function notGranted(
  pass: Pass,
  answer: Exclude<TokenAnswer, { kind: 'granted' }>,
  sent: { readonly versionId: string; readonly clientVersionId: string; readonly sight: Sight },
): Promise<Spent> {
  const nowMs = pass.page.nowMs();
  switch (answer.kind) {
    case 'uncertain': {
      const journal = pass.page.journal;
      const open = uncertainty({ ...sent.sight, journal, nowMs });
      return ended(open ?? { kind: 'uncertain', sinceMs: nowMs, replayAtMs: nowMs });
    }
    case 'never-sent':
      await withdraw(pass, sent.versionId, null);
      return ended({ kind: 'unavailable', detail: answer.cause, retryAtMs: null });
    case 'throttled': {
      const untilMs = nowMs + Math.min(answer.retryAfterMs, retryAfterMaxMs);
      await withdraw(pass, sent.versionId, untilMs);
      return ended({ kind: 'waiting', untilMs });
    }
    case 'unexpected':
      await withdraw(pass, sent.versionId, null);
      return ended(answer);
    case 'invalid-grant':
      await withdraw(pass, sent.versionId, null);
      return { kind: 'refused' };
    case 'invalid-client':
      await withdraw(pass, sent.versionId, null);
      return latchClient(pass, sent.clientVersionId, answer.error);
  }
}

async function latchClient(pass: Pass, clientVersionId: string, error: string): Promise<Spent> {
  const sinceMs = pass.page.nowMs();
  const latch = { kind: 'misconfigured', clientVersionId, error, sinceMs } as const;
  await persist(pass.ports.clock, pass.endMs, () =>
    pass.page.amend((journal) => ({ ...journal, latch })),
  );
  return ended({ kind: 'latched', latch });
}
