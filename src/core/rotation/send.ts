import { isToWait, refusedApplication } from '../journal/bad-answer.ts';
import { type DispatchRefusal, markDispatched, positionAfter } from '../journal/dispatch.ts';
import type { Dispatch } from '../journal/journal.ts';
import { busyUntilMs } from '../journal/lease.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { StoredClient, TokenResponse } from '../ports.ts';
import { isNewer } from '../position.ts';
import type { Grant } from '../records/grant.ts';
import { newVersionId } from '../records/version-id.ts';
import { unlessRefused } from '../store-refusal.ts';
import { skewMaxMs } from '../time.ts';
import { limitIsWaived, mayFollow, uncertainty } from './catch-up.ts';
import type { GateInput } from './gate.ts';
import { heldLatch } from './latch.ts';
import { notGranted, withdraw } from './not-granted.ts';
import { type Ending, endingAt, type GrantVersion, type Pass } from './pass.ts';

const followAfterMs = 1000;

/** A new pair that is nowhere else yet; how the pass ends without one; or something newer may have been kept. */
type Sent = GrantVersion | Ending | 'look again';

/** Step 4: sends the token, and where its answer is lost and the policy lets it, at once a second time. */
export async function send(pass: Pass, input: GateInput): Promise<Sent> {
  const sent = await sendIfPossible(pass, input);
  const isEnd = sent !== 'look again' && 'outcome' in sent;
  if (!isEnd || !(await isReplaced(pass, input.current))) return sent;
  pass.spent = true;
  return 'look again';
}

/** Whether a login came meanwhile: an answer to the token of the old grant says nothing of the new one. */
async function isReplaced({ session }: Pass, current: Grant): Promise<boolean> {
  await unlessRefused(() => session.read());
  const { known } = session.journal;
  return known !== null && isNewer(known, current);
}

async function sendIfPossible(pass: Pass, input: GateInput): Promise<Sent> {
  const { ports, session } = pass;
  const { current } = input;
  const stored = await ports.client.read();
  if (stored === undefined || isForAnother(stored, current)) {
    return endingAt(current, { kind: 'not-connected', missing: 'client' });
  }
  pass.sentAs = stored.versionId;
  const latch = heldLatch(session.journal, current, stored.versionId);
  if (latch !== undefined) return endingAt(current, { kind: 'latched', latch });
  const refused = refusedApplication(session.journal, stored.versionId);
  if (refused !== undefined && isToWait(refused, pass.request, session.nowMs())) {
    return endingAt(current, refused);
  }
  if (isTooLate(pass)) return endingAt(current, { kind: 'out-of-time' });
  const sent = await sendOnce(pass, stored, input);
  const isUnanswered =
    sent !== 'look again' && 'outcome' in sent && sent.outcome.kind === 'uncertain';
  return isUnanswered && (await isToFollow(pass, input)) ? sendOnce(pass, stored, input) : sent;
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
async function sendOnce(pass: Pass, stored: StoredClient, input: GateInput): Promise<Sent> {
  const { ports, session } = pass;
  const { current } = input;
  const versionId = newVersionId(ports.random);
  const earlier = session.journal.dispatch;
  const refusal = await dispatch(pass, input, versionId); // guard: the dispatch before the send
  // A write whose answer was lost may have put it on record.
  if (refusal !== 'amended') await withdraw(pass, versionId, null);
  if (refusal === 'lease-lost') {
    return endingAt(current, {
      kind: 'busy',
      untilMs: busyUntilMs(session.journal, session.nowMs()),
    });
  }
  if (refusal === 'overtaken') return 'look again';
  const tooLate = isTooLate(pass)
    ? ({ kind: 'out-of-time' } as const)
    : stillUncertain(pass, input, earlier);
  if (tooLate !== undefined) {
    await withdraw(pass, versionId, null);
    return endingAt(current, tooLate);
  }
  const sentAtMs = session.nowMs();
  const answer = await ports.endpoint.refresh(current.refreshToken, stored.client);
  if (answer.kind !== 'granted') {
    return notGranted(pass, answer, { versionId, clientVersionId: stored.versionId, input });
  }
  pass.spent = true;
  warnOf(pass, answer.tokens);
  return { versionId, grant: successor(pass, current, answer.tokens, sentAtMs) };
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
  { ports, session, sendByMs }: Pass,
  input: GateInput,
  versionId: string,
): Promise<'amended' | DispatchRefusal> {
  const { owner } = ports;
  const parent = input.current;
  const lifted = limitIsWaived(input);
  const nowMs = session.nowMs();
  return session.amend(
    (journal) => markDispatched(journal, { owner, parent, versionId, nowMs, lifted }),
    sendByMs,
  );
}

function successor(pass: Pass, parent: Grant, tokens: TokenResponse, sentAtMs: number): Grant {
  return {
    ...parent,
    ...positionAfter(parent, { attempt: pass.session.journal.lastAttempt }),
    refreshToken: tokens.refreshToken ?? parent.refreshToken, // guard: an old refresh token stays where none came
    accessToken: tokens.accessToken,
    issuedAtMs: sentAtMs,
    expiresAtMs: sentAtMs + tokens.expiresInSeconds * 1000,
  };
}
