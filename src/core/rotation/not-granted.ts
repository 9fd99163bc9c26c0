import { type Observation, observed, withBadAnswer } from '../journal/bad-answer.ts';
import { markUnspent, retryAfterMaxMs, sendsFrom } from '../journal/dispatch.ts';
import type { Doubt } from '../journal/journal.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { TokenAnswer } from '../ports.ts';
import { retryWhileUnavailable } from '../retry.ts';
import { answered, type GateInput, uncertainty } from './gate.ts';
import type { GrantVersion, Pass } from './pass.ts';

/** What became of the wish to spend a refresh token. */
export type Spent =
  /** A new pair is in hand, and nowhere else yet. */
  | { readonly kind: 'minted'; readonly minted: GrantVersion }
  /** Not sent, or refused: something newer may have been kept by another. */
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'refused'; readonly doubt?: Doubt }
  | { readonly kind: 'ended'; readonly outcome: Outcome };

/** A send of which an answer has come. */
export interface Sent {
  readonly versionId: string;
  readonly clientVersionId: string;
  readonly input: GateInput;
}

/** A spend that ends its pass. */
export function ended(outcome: Outcome): Spent {
  return { kind: 'ended', outcome };
}

/** Takes a send off the record: its token is unspent. */
export async function withdraw(
  pass: Pass,
  versionId: string,
  retryAtMs: number | null,
): Promise<void> {
  await retryWhileUnavailable(pass.ports.clock, pass.endMs, () =>
    pass.session.amend((journal) => markUnspent(journal, versionId, retryAtMs)),
  );
}

/** What an answer without tokens means (step 4). */
export async function notGranted(
  pass: Pass,
  answer: Exclude<TokenAnswer, { kind: 'granted' }>,
  sent: Sent,
): Promise<Spent> {
  const nowMs = pass.session.nowMs();
  switch (answer.kind) {
    case 'uncertain':
      return unanswered(pass, answer, sent);
    case 'never-sent':
      await withdraw(pass, sent.versionId, null);
      return ended({ kind: 'unavailable', detail: answer.cause, retryAtMs: null });
    case 'throttled': {
      const untilMs = nowMs + Math.min(answer.retryAfterMs, retryAfterMaxMs);
      await withdraw(pass, sent.versionId, untilMs);
      return ended({ kind: 'waiting', untilMs });
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
      await withdraw(pass, sent.versionId, null);
      return { kind: 'refused', ...doubtOf(sent, answer.said) };
    case 'refused':
      return refusedInDoubt(pass, sent, answer.said);
  }
}

/** An application that was accepted before is not likely to be what is refused now. */
async function refusedInDoubt(pass: Pass, sent: Sent, said: string): Promise<Spent> {
  const { clientVersionId } = sent;
  if (pass.session.journal.acceptedClient !== clientVersionId) {
    const kind = 'application-refused';
    return badlyAnswered(pass, sent, { kind, clientVersionId, said, inDoubt: true });
  }
  await withdraw(pass, sent.versionId, null);
  return { kind: 'refused', ...doubtOf(sent, said) };
}

function doubtOf({ clientVersionId }: Sent, said: string | undefined): { doubt?: Doubt } {
  return said === undefined ? {} : { doubt: { clientVersionId, said } };
}

async function unanswered(
  pass: Pass,
  { status, contentType = 'no type' }: Extract<TokenAnswer, { kind: 'uncertain' }>,
  { versionId, input }: Sent,
): Promise<Spent> {
  const { session, ports } = pass;
  const of = { owner: ports.owner, versionId };
  const nowMs = session.nowMs();
  if (status !== undefined) {
    const seen = { kind: 'unusable', status, contentType } as const;
    await retryWhileUnavailable(ports.clock, pass.endMs, () =>
      session.amend((journal) => withBadAnswer(journal, of, seen, nowMs)),
    );
  }
  const { journal } = session;
  const open = uncertainty({ ...input, journal, nowMs });
  const sentAtMs = sendsFrom(journal, input.current).map((send) => send.sentAtMs);
  const sinceMs = Math.min(nowMs, ...sentAtMs);
  return ended(open ?? { kind: 'uncertain', sinceMs, replayAtMs: nowMs, ...answered(journal) });
}

/** The token is unspent: the send is taken off the record, and the answer noted, in one write. */
async function badlyAnswered(
  pass: Pass,
  { versionId }: Sent,
  seen: Exclude<Observation, { kind: 'unusable' }>,
): Promise<Spent> {
  const { session, ports } = pass;
  const of = { owner: ports.owner, versionId };
  const nowMs = session.nowMs();
  const earlier = session.journal.badAnswer;
  await retryWhileUnavailable(ports.clock, pass.endMs, () =>
    session.amend((journal) =>
      markUnspent(withBadAnswer(journal, of, seen, nowMs), versionId, null),
    ),
  );
  return ended(observed(earlier, seen, nowMs));
}
