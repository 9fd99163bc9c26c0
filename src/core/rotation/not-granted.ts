import { type Observation, observed, withBadAnswer } from '../journal/bad-answer.ts';
import { markUnspent, retryAfterMaxMs, sendsFrom } from '../journal/dispatch.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { TokenAnswer } from '../ports.ts';
import { positionOf } from '../position.ts';
import { answered, uncertainty } from './catch-up.ts';
import type { GateInput } from './gate.ts';
import { type Ending, endingAt, type Pass } from './pass.ts';

/** A send of which an answer has come. */
export interface AnsweredSend {
  readonly versionId: string;
  readonly clientVersionId: string;
  readonly input: GateInput;
}

/** Takes a send off the record: its token is unspent. */
export async function withdraw(
  pass: Pass,
  versionId: string,
  retryAtMs: number | null,
): Promise<void> {
  await pass.session.amend((journal) => markUnspent(journal, versionId, retryAtMs), pass.endMs);
}

/** What an answer without tokens means (step 4). */
export async function notGranted(
  pass: Pass,
  answer: Exclude<TokenAnswer, { kind: 'granted' }>,
  sent: AnsweredSend,
): Promise<Ending | 'look again'> {
  const nowMs = pass.session.nowMs();
  const end = (outcome: Outcome) => endingAt(sent.input.current, outcome);
  switch (answer.kind) {
    case 'uncertain':
      return unanswered(pass, answer, sent);
    case 'never-sent':
      await withdraw(pass, sent.versionId, null);
      return end({ kind: 'unavailable', detail: answer.cause, retryAtMs: null });
    case 'throttled': {
      const untilMs = nowMs + Math.min(answer.retryAfterMs, retryAfterMaxMs);
      await withdraw(pass, sent.versionId, untilMs); // guard: Retry-After is journalled
      return end({ kind: 'waiting', untilMs });
    }
    case 'unexpected':
      return badlyAnswered(pass, sent, answer);
    case 'invalid-client':
      return badlyAnswered(pass, sent, {
        kind: 'application-refused',
        clientVersionId: sent.clientVersionId,
        said: answer.error,
        inDoubt: answer.inWords === true,
      });
    case 'invalid-grant':
      return refusedToken(pass, sent, answer.said);
    case 'refused':
      return refusedInDoubt(pass, sent, answer.said);
  }
}

/** An application that was accepted before is not likely to be what is refused now. */
async function refusedInDoubt(
  pass: Pass,
  sent: AnsweredSend,
  said: string,
): Promise<Ending | 'look again'> {
  const { clientVersionId } = sent;
  if (pass.session.journal.acceptedClient !== clientVersionId) {
    const kind = 'application-refused';
    return badlyAnswered(pass, sent, { kind, clientVersionId, said, inDoubt: true });
  }
  return refusedToken(pass, sent, said);
}

/** Something newer may have been kept by another, so what is stored is looked at once more. */
async function refusedToken(
  pass: Pass,
  { versionId, clientVersionId, input }: AnsweredSend,
  said: string | undefined,
): Promise<'look again'> {
  await withdraw(pass, versionId, null);
  const doubt = said === undefined ? undefined : { clientVersionId, said };
  pass.refused = { position: positionOf(input.current), doubt };
  return 'look again'; // guard: looks again after a refusal
}

async function unanswered(
  pass: Pass,
  { status, contentType = 'no type' }: Extract<TokenAnswer, { kind: 'uncertain' }>,
  { versionId, input }: AnsweredSend,
): Promise<Ending | 'look again'> {
  const { session, ports } = pass;
  const of = { owner: ports.owner, versionId };
  const nowMs = session.nowMs();
  if (status !== undefined) {
    const seen = { kind: 'unusable', status, contentType } as const;
    await session.amend((journal) => withBadAnswer(journal, of, seen, nowMs), pass.endMs);
  }
  const { journal } = session;
  const open = uncertainty({ ...input, journal, nowMs });
  const sentAtMs = sendsFrom(journal, input.current).map((send) => send.sentAtMs);
  const sinceMs = Math.min(nowMs, ...sentAtMs);
  return endingAt(
    input.current,
    open ?? { kind: 'uncertain', sinceMs, replayAtMs: nowMs, ...answered(journal) },
  );
}

/** The token is unspent: the send is taken off the record, and the answer noted, in one write. */
async function badlyAnswered(
  pass: Pass,
  { versionId, input }: AnsweredSend,
  seen: Exclude<Observation, { kind: 'unusable' }>,
): Promise<Ending | 'look again'> {
  const { session, ports } = pass;
  const of = { owner: ports.owner, versionId };
  const nowMs = session.nowMs();
  const earlier = session.journal.badAnswer;
  await session.amend(
    (journal) => markUnspent(withBadAnswer(journal, of, seen, nowMs), versionId, null),
    pass.endMs,
  );
  return endingAt(input.current, observed(earlier, seen, nowMs));
}
