import { isToWait, refusedApplication } from '../journal/bad-answer.ts';
import { markDispatched, positionAfter } from '../journal/dispatch.ts';
import type { Dispatch } from '../journal/journal.ts';
import { busyUntilMs } from '../journal/lease.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { StoredClient, TokenResponse } from '../ports.ts';
import type { Grant } from '../records/grant.ts';
import { newVersionId } from '../records/version-id.ts';
import { retryWhileUnavailable } from '../retry.ts';
import { skewMaxMs } from '../time.ts';
import { type GateInput, limitIsWaived, mayFollow, uncertainty } from './gate.ts';
import { ended, notGranted, type Spent, withdraw } from './not-granted.ts';
import type { GrantVersion, Pass } from './pass.ts';
import { heldLatch } from './settle.ts';

const followAfterMs = 1000;

/** What a send needs: the token that is sent, and the client that sends it. */
interface Sending {
  readonly parent: GrantVersion;
  readonly stored: StoredClient;
  readonly input: GateInput;
}

/** Step 4: sends the token, and where its answer is lost and the policy lets it, at once a second time. */
export async function send(pass: Pass, parent: GrantVersion, input: GateInput): Promise<Spent> {
  const { ports, session } = pass;
  const stored = await ports.client.read();
  if (stored === undefined || isForAnother(stored, parent.grant)) {
    return ended({ kind: 'not-connected', missing: 'client' });
  }
  pass.sentAs = stored.versionId;
  const latch = heldLatch(session.journal, parent.grant, stored.versionId);
  if (latch !== undefined) return ended({ kind: 'latched', latch });
  const refused = refusedApplication(session.journal, stored.versionId);
  if (refused !== undefined && isToWait(refused, pass.request, session.nowMs()))
    return ended(refused);
  if (isTooLate(pass)) return ended({ kind: 'out-of-time' });
  const sending = { parent, stored, input };
  const spent = await sendOnce(pass, sending);
  const isUnanswered = spent.kind === 'ended' && spent.outcome.kind === 'uncertain';
  return isUnanswered && (await isToFollow(pass, input)) ? sendOnce(pass, sending) : spent;
}

/** Whether the application is stored for another provider than the one that gave the grant. */
function isForAnother({ client }: StoredClient, { refreshToken }: Grant): boolean {
  const [its, ours] = [client.clientSecret?.origin, refreshToken.origin];
  return its !== undefined && ours !== undefined && its !== ours;
}

/** Waits one to two seconds, by chance: those who have lost their answers together do not come again together. */
async function isToFollow(pass: Pass, input: GateInput): Promise<boolean> {
  const { clock, random } = pass.ports;
  if (!mayFollow({ ...input, journal: pass.session.journal, nowMs: pass.session.nowMs() }))
    return false;
  const waitMs = followAfterMs + 4 * Buffer.from(random.bytes(1)).readUInt8();
  if (clock.monotonicMs() + waitMs > pass.sendByMs) return false;
  await clock.wait(waitMs);
  return true;
}

/** Journals the dispatch, looks at the clock, sends one request, and reads its answer. */
async function sendOnce(pass: Pass, { parent, stored, input }: Sending): Promise<Spent> {
  const { ports, session } = pass;
  const versionId = newVersionId(ports.random);
  const earlier = session.journal.dispatch;
  const refusal = await dispatch(pass, parent, versionId, limitIsWaived(input));
  // A write whose answer was lost may have put it on record.
  if (refusal !== 'amended') await withdraw(pass, versionId, null);
  if (refusal === 'lease-lost')
    return ended({ kind: 'busy', untilMs: busyUntilMs(session.journal, session.nowMs()) });
  if (refusal === 'overtaken') return { kind: 'overtaken' };
  const tooLate: Outcome | undefined = isTooLate(pass)
    ? { kind: 'out-of-time' }
    : stillUncertain(pass, input, earlier);
  if (tooLate !== undefined) {
    await withdraw(pass, versionId, null);
    return ended(tooLate);
  }
  const sentAtMs = session.nowMs();
  const answer = await ports.endpoint.refresh(parent.grant.refreshToken, stored.client);
  if (answer.kind === 'granted') {
    warnOf(pass, answer.tokens);
    const grant = successor(pass, parent.grant, { versionId, sentAtMs, tokens: answer.tokens });
    return { kind: 'minted', minted: { versionId, grant } };
  }
  return notGranted(pass, answer, { versionId, clientVersionId: stored.versionId, input });
}

function warnOf({ session, warnings }: Pass, { lifetimeAssumed, dateMs }: TokenResponse): void {
  if (lifetimeAssumed) {
    warnings.push("expires_in was missing or odd: the provider's default was taken");
  }
  const skewMs = dateMs === undefined ? 0 : session.nowMs() - dateMs;
  if (Math.abs(skewMs) <= skewMaxMs) return;
  const off = `${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead of' : 'behind'}`;
  warnings.push(`this machine's clock is ${off} the provider's: set it`);
}

function isTooLate(pass: Pass): boolean {
  return pass.ports.clock.monotonicMs() > pass.sendByMs;
}

/** A store that was slow may have used up the grace in which the token was to be sent again. */
function stillUncertain(
  pass: Pass,
  input: GateInput,
  earlier: Dispatch | null,
): Outcome | undefined {
  const { session } = pass;
  const journal = { ...session.journal, dispatch: earlier };
  return uncertainty({ ...input, journal, nowMs: session.nowMs() });
}

async function dispatch(
  pass: Pass,
  parent: GrantVersion,
  versionId: string,
  lifted: boolean,
): Promise<'amended' | 'lease-lost' | 'overtaken'> {
  const { owner, clock } = pass.ports;
  const nowMs = pass.session.nowMs();
  return retryWhileUnavailable(clock, pass.sendByMs, () =>
    pass.session.amend((journal) =>
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
    ...positionAfter(parent, { attempt: pass.session.journal.lastAttempt }),
    refreshToken: tokens.refreshToken ?? parent.refreshToken,
    accessToken: tokens.accessToken,
    issuedAtMs: sentAtMs,
    expiresAtMs: sentAtMs + tokens.expiresInSeconds * 1000,
  };
}
