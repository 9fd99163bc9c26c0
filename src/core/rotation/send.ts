import { isToWait, refusedApplication } from '../journal/bad-answer.ts';
import { markDispatched, positionAfter } from '../journal/dispatch.ts';
import type { Dispatch } from '../journal/journal.ts';
import { busyUntilMs } from '../journal/lease.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { StoredClient, TokenResponse } from '../ports.ts';
import type { Grant } from '../records/grant.ts';
import { newVersionId } from '../records/version-id.ts';
import { persist } from '../retry.ts';
import { skewMaxMs } from '../time.ts';
import { limitIsLifted, mayFollow, type Sight, uncertainty } from './gate.ts';
import { ended, notGranted, type Spent, withdraw } from './not-granted.ts';
import type { GrantVersion, Pass } from './pass.ts';
import { heldLatch } from './settle.ts';

const followAfterMs = 1000;

/** What a send needs: the token that is sent, and the client that sends it. */
interface Sending {
  readonly parent: GrantVersion;
  readonly stored: StoredClient;
  readonly sight: Sight;
}

/** Step 4: sends the token, and where its answer is lost and the policy lets it, at once a second time. */
export async function spend(pass: Pass, parent: GrantVersion, sight: Sight): Promise<Spent> {
  const { ports, page } = pass;
  const stored = await ports.client.read();
  if (stored === undefined || isForAnother(stored, parent.grant)) {
    return ended({ kind: 'not-connected', missing: 'client' });
  }
  pass.sentAs = stored.versionId;
  const latch = heldLatch(page.journal, parent.grant, stored.versionId);
  if (latch !== undefined) return ended({ kind: 'latched', latch });
  const refused = refusedApplication(page.journal, stored.versionId);
  if (refused !== undefined && isToWait(refused, pass.request, page.nowMs())) return ended(refused);
  if (isTooLate(pass)) return ended({ kind: 'out-of-time' });
  const sending = { parent, stored, sight };
  const spent = await sendOnce(pass, sending);
  const isUnanswered = spent.kind === 'ended' && spent.outcome.kind === 'uncertain';
  return isUnanswered && (await isToFollow(pass, sight)) ? sendOnce(pass, sending) : spent;
}

/** Whether the application is stored for another provider than the one that gave the grant. */
function isForAnother({ client }: StoredClient, { refreshToken }: Grant): boolean {
  const [its, ours] = [client.clientSecret?.origin, refreshToken.origin];
  return its !== undefined && ours !== undefined && its !== ours;
}

/** Waits one to two seconds, by chance: those who have lost their answers together do not come again together. */
async function isToFollow(pass: Pass, sight: Sight): Promise<boolean> {
  const { clock, random } = pass.ports;
  if (!mayFollow({ ...sight, journal: pass.page.journal, nowMs: pass.page.nowMs() })) return false;
  const waitMs = followAfterMs + 4 * Buffer.from(random.bytes(1)).readUInt8();
  if (clock.monotonicMs() + waitMs > pass.sendByMs) return false;
  await clock.wait(waitMs);
  return true;
}

/** Journals the dispatch, looks at the clock, sends one request, and reads its answer. */
async function sendOnce(pass: Pass, { parent, stored, sight }: Sending): Promise<Spent> {
  const { ports, page } = pass;
  const versionId = newVersionId(ports.random);
  const earlier = page.journal.dispatch;
  const refusal = await dispatch(pass, parent, versionId, limitIsLifted(sight));
  // A write whose answer was lost may have put it on record.
  if (refusal !== 'amended') await withdraw(pass, versionId, null);
  if (refusal === 'lease-lost')
    return ended({ kind: 'busy', untilMs: busyUntilMs(page.journal, page.nowMs()) });
  if (refusal === 'overtaken') return { kind: 'overtaken' };
  const tooLate: Outcome | undefined = isTooLate(pass)
    ? { kind: 'out-of-time' }
    : stillUncertain(pass, sight, earlier);
  if (tooLate !== undefined) {
    await withdraw(pass, versionId, null);
    return ended(tooLate);
  }
  const sentAtMs = page.nowMs();
  const answer = await ports.endpoint.refresh(parent.grant.refreshToken, stored.client);
  if (answer.kind === 'granted') {
    warnOf(pass, answer.tokens);
    const grant = successor(pass, parent.grant, { versionId, sentAtMs, tokens: answer.tokens });
    return { kind: 'minted', minted: { versionId, grant } };
  }
  return notGranted(pass, answer, { versionId, clientVersionId: stored.versionId, sight });
}

function warnOf({ page, warnings }: Pass, { lifetimeAssumed, dateMs }: TokenResponse): void {
  if (lifetimeAssumed) {
    warnings.push("expires_in was missing or odd: the provider's default was taken");
  }
  const skewMs = dateMs === undefined ? 0 : page.nowMs() - dateMs;
  if (Math.abs(skewMs) <= skewMaxMs) return;
  const off = `${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead of' : 'behind'}`;
  warnings.push(`this machine's clock is ${off} the provider's: set it`);
}

function isTooLate(pass: Pass): boolean {
  return pass.ports.clock.monotonicMs() > pass.sendByMs;
}

/** A store that was slow may have used up the grace in which the token was to be sent again. */
function stillUncertain(pass: Pass, sight: Sight, earlier: Dispatch | null): Outcome | undefined {
  const { page } = pass;
  const journal = { ...page.journal, dispatch: earlier };
  return uncertainty({ ...sight, journal, nowMs: page.nowMs() });
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
