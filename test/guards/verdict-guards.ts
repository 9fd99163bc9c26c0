import type { Guard } from './specification.ts';

/** When a token may be sent again, who is dead, and who calls a person. */
export const verdictGuards: readonly Guard[] = [
  {
    name: 'no pass without time',
    file: 'rotation/gate.ts',
    from: 'clock.monotonicMs() > pass.sendByMs',
    to: 'false',
    breaks: 'nothing is sent > where too little time is left for request and stores',
  },
  {
    name: "the clock against the store's",
    file: 'rotation/gate.ts',
    from: 'Math.abs(skewMs) > skewMaxMs',
    to: 'false',
    breaks: 'nothing is sent > where the clock is off by more than thirty seconds',
  },
  {
    name: 'single-use waits',
    file: 'journal/replay-policy.ts',
    from: "    case 'single-use':\n    case 'unknown':\n      return false;\n  }",
    to: "    case 'single-use':\n    case 'unknown':\n      return true;\n  }",
    breaks:
      'a token that may be single-use waits until two hours before the end of the access token: $kind',
  },
  {
    name: 'grace ends',
    file: 'journal/replay-policy.ts',
    from: 'nowMs <= firstSentAtMs + policy.seconds * 1000 - requestMs',
    to: 'true',
    breaks: 'with a grace of 30 s and a request of 15 s at most, $name',
  },
  {
    name: "the grace ends a request's longest time earlier",
    file: 'journal/replay-policy.ts',
    from: ' - requestMs;',
    to: ';',
    breaks: 'with a grace of 30 s and a request of 15 s at most, $name',
  },
  {
    name: 'one replay near the end',
    file: 'journal/replay-policy.ts',
    from: 'if (attempt.replayed && attempt.lastSentAtMs >= chanceMs) return endMs;',
    to: '',
    breaks: 'once replayed in the last two hours, it waits until the end',
  },
  {
    name: 'a replay waits for the server',
    file: 'journal/replay-policy.ts',
    from: 'attempt.lastSentAtMs + settleMs',
    to: 'attempt.lastSentAtMs',
    breaks:
      'a first send within the last two hours leaves one more, ten minutes later: the server may be late',
  },
  {
    name: 'replay after the end',
    file: 'journal/replay-policy.ts',
    from: 'if (nowMs >= endMs) return nowMs;',
    to: 'if (nowMs >= endMs) return nowMs + 1;',
    breaks: 'after the end of the access token every check may send',
  },
  {
    name: "the canary's verdict holds a minute",
    file: 'rotation/canary.ts',
    from: 'Math.abs(nowMs - canary.atMs) < verdictHoldsMs',
    to: 'false',
    breaks:
      'a consumer who complains > of a dead token gets another, and the verdict holds for a minute',
  },
  {
    name: 'an application that was stored again is not told of',
    file: 'rotation/latch.ts',
    from: 'if (latch?.doubt === undefined) return latch;',
    to: 'if (latch !== undefined) return latch;',
    breaks:
      'an answer > that is no longer told of a latch in doubt, though nothing is due, once the application was stored again',
  },
  {
    name: 'a latch in doubt is bound to the application',
    file: 'rotation/latch.ts',
    from: 'return latch.doubt === undefined || isSameClient ? latch : undefined;',
    to: 'return latch;',
    breaks:
      'an answer > that does not say what it refuses means the token where the application was accepted before',
  },
  {
    name: 'a latch in doubt waits for the application to be read',
    file: 'rotation/catch-up.ts',
    from: 'latch !== undefined && latch.doubt === undefined',
    to: 'latch !== undefined',
    breaks:
      'an answer > that does not say what it refuses means the token where the application was accepted before',
  },
  {
    name: 'what was accepted before',
    file: 'rotation/not-granted.ts',
    from: 'if (pass.session.journal.acceptedClient !== clientVersionId) {',
    to: 'if (false) {',
    breaks:
      'an answer > that does not say what it refuses means the application where it was never accepted',
  },
  {
    name: 'a refused application is a wait',
    file: 'journal/bad-answer.ts',
    from: 'return agoMs >= 0 && agoMs < askAgainAfterMs;',
    to: 'return true;',
    breaks:
      'an answer > that refuses the application once is a wait: the next check asks again, and nobody is called',
  },
  {
    name: 'a refused application is asked for once an hour',
    file: 'journal/bad-answer.ts',
    from: 'return agoMs >= 0 && agoMs < askAgainAfterMs;',
    to: 'return false;',
    breaks: 'an answer > that refuses the application is asked for again by %s',
  },
  {
    name: 'a refusal noted by a clock that was ahead does not wait',
    file: 'journal/bad-answer.ts',
    from: 'agoMs >= 0 && ',
    to: '',
    breaks: 'an answer > that refuses the application by a clock that was ahead is asked for again',
  },
  {
    name: 'a person asks at once',
    file: 'journal/bad-answer.ts',
    from: 'if (isByPerson(request)) return false;',
    to: '',
    breaks: 'an answer > that refuses the application is asked for again by %s',
  },
  {
    name: 'a refusal is of this version of the application',
    file: 'journal/bad-answer.ts',
    from: 'return badAnswer.clientVersionId === clientVersionId ? badAnswer : undefined;',
    to: 'return badAnswer;',
    breaks:
      'an answer > that refuses the application is asked for again at once where its credentials were stored',
  },
  {
    name: 'one refusal of the application calls nobody',
    file: 'journal/bad-answer.ts',
    from: 'if (earlier === undefined) return false;',
    to: '',
    breaks:
      'an answer > that refuses the application once is a wait: the next check asks again, and nobody is called',
  },
  {
    name: 'thirty minutes between two refusals',
    file: 'journal/bad-answer.ts',
    from: 'earlier.needsPerson || nowMs - earlier.sinceMs >= callAfterMs',
    to: 'true',
    breaks:
      'an answer > that refuses the application calls a person at the second time thirty minutes after the first',
  },
  {
    name: 'a refusal is heard again though nothing is due',
    file: 'rotation/gate.ts',
    from: "if (isUnanswered(input)) return 'unanswered';",
    to: '',
    breaks:
      'an answer > that refuses the application makes the next check ask, though nothing else is due',
  },
  {
    name: 'a refused token is heard again though nothing is due',
    file: 'rotation/gate.ts',
    from: 'if (refusal !== null && compare(refusal.position, current) === 0) return true;',
    to: '',
    breaks:
      'an answer > that refuses a token once is heard again at the next check, though nothing is due',
  },
  {
    name: 'an application that was stored again is tried though nothing is due',
    file: 'rotation/gate.ts',
    from: 'return latch?.doubt !== undefined && compare(latch.position, current) === 0;',
    to: 'return false;',
    breaks:
      'an answer > that is no longer told of a latch in doubt, though nothing is due, once the application was stored again',
  },
  {
    name: 'an answer is noted by the holder of the lease alone',
    file: 'journal/bad-answer.ts',
    from: 'if (!holdsLease(journal, owner)) return journal;',
    to: '',
    breaks: 'an answer > that refuses the application is noted by the holder of the lease alone',
  },
  {
    name: 'an answer is noted while its send is on record',
    file: 'journal/bad-answer.ts',
    from: 'if (!isOnRecord(journal, versionId)) return journal;',
    to: '',
    breaks:
      'an answer > (%j) to the token of a grant that a login has replaced says nothing of the new one',
  },
  {
    name: 'a newer token ends what was answered',
    file: 'rotation/settle.ts',
    from: "badAnswer: advanced && meaningOf(outcome).class === 'done' ? null : journal.badAnswer,",
    to: '',
    breaks: 'an answer > that is none of a token endpoint leaves nothing open',
  },
  {
    name: 'the call is noted',
    file: 'rotation/report-pass.ts',
    from: 'if (alerts && isOut) await noteAlert(pass, sinceMs);',
    to: '',
    breaks: 'a person > is called once for what stands',
  },
  {
    name: 'a call that was noted is not made again',
    file: 'rotation/report-pass.ts',
    from: 'pass.session.journal.called?.forMs !== sinceMs',
    to: 'true',
    breaks: 'a person > is called once for what stands',
  },
  {
    name: 'only a call that got out is noted',
    file: 'rotation/report-pass.ts',
    from: 'if (alerts && isOut) ',
    to: 'if (alerts) ',
    breaks: 'a person > is called again where the call did not get out',
  },
  {
    name: 'a newer token is not reported by an older rejected',
    file: 'rotation/gate.ts',
    from: 'if (published && isReplaced(pass, published)) ',
    to: 'if (false) ',
    breaks:
      'a consumer who complains > of an older token is answered at once, with neither canary nor spend',
  },
  {
    name: 'a complaint is not heard of an older token that shows',
    file: 'rotation/canary.ts',
    from: 'if (published === undefined || isNewer(request.rejected, published)) ',
    to: 'if (published === undefined) ',
    breaks: 'a consumer who complains > of a dead token is heard though the first read shows %s',
  },
];
