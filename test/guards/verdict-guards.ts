import type { Guard } from './specification.ts';

/** When a token may be sent again, who is dead, and who calls a person. */
export const verdictGuards: readonly Guard[] = [
  {
    name: 'no pass without time',
    file: 'rotate.ts',
    from: "if (clock.monotonicMs() > pass.sendByMs) return shut({ kind: 'out-of-time' });",
    to: '',
    breaks: 'nothing is sent > where too little time is left for request and stores',
  },
  {
    name: "the clock against the store's",
    file: 'rotate.ts',
    from: 'Math.abs(skewMs) > skewMaxMs',
    to: 'false',
    breaks: 'nothing is sent > where the clock is off by more than thirty seconds',
  },
  {
    name: 'single-use waits',
    file: 'replay-policy.ts',
    from: "    case 'single-use':\n    case 'unknown':\n      return false;\n  }",
    to: "    case 'single-use':\n    case 'unknown':\n      return true;\n  }",
    breaks:
      'a token that may be single-use waits until two hours before the end of the access token: $kind',
  },
  {
    name: 'grace ends',
    file: 'replay-policy.ts',
    from: 'nowMs <= firstSentAtMs + policy.seconds * 1000 - requestMs',
    to: 'true',
    breaks: 'with a grace of 30 s and a request of 15 s at most, $name',
  },
  {
    name: "the grace ends a request's longest time earlier",
    file: 'replay-policy.ts',
    from: ' - requestMs;',
    to: ';',
    breaks: 'with a grace of 30 s and a request of 15 s at most, $name',
  },
  {
    name: 'one replay near the end',
    file: 'replay-policy.ts',
    from: 'if (attempt.replayed && attempt.lastSentAtMs >= chanceMs) return endMs;',
    to: '',
    breaks: 'once replayed in the last two hours, it waits until the end',
  },
  {
    name: 'a replay waits for the server',
    file: 'replay-policy.ts',
    from: 'attempt.lastSentAtMs + settleMs',
    to: 'attempt.lastSentAtMs',
    breaks:
      'a first send within the last two hours leaves one more, ten minutes later: the server may be late',
  },
  {
    name: 'replay after the end',
    file: 'replay-policy.ts',
    from: 'if (nowMs >= endMs) return nowMs;',
    to: 'if (nowMs >= endMs) return nowMs + 1;',
    breaks: 'after the end of the access token every check may send',
  },
  {
    name: 'an application that was replaced is not told of',
    file: 'standing-latch.ts',
    from: "if (latch?.kind !== 'misconfigured') return latch;",
    to: 'if (latch !== undefined) return latch;',
    breaks:
      'an answer > is no longer told of a latch for an application since replaced, though nothing is due',
  },
  {
    name: "the canary's verdict holds a minute",
    file: 'canary.ts',
    from: 'nowMs - canary.atMs < verdictHoldsMs',
    to: 'false',
    breaks:
      'a consumer who complains > of a dead token gets another, and the verdict holds for a minute',
  },
  {
    name: 'the call is claimed once',
    file: 'rotate.ts',
    from: "return journal.called.by === owner.id ? journal : 'called';",
    to: 'return { ...journal, called };',
    breaks: 'nothing is sent > while it is latched, and every check says so',
  },
  {
    name: 'the call is claimed in the journal',
    file: 'rotate.ts',
    from: 'if (journal.called?.forMs !== forMs) return { ...journal, called };',
    to: 'return journal;',
    breaks: 'nothing is sent > while it is latched, and every check says so',
  },
  {
    name: 'a call that cannot be claimed is made',
    file: 'rotate.ts',
    from: '    // Called now and perhaps again at the next check: better twice than late.\n    return true;',
    to: '    return false;',
    breaks: 'a person > is called even where the call cannot be noted: better twice than late',
  },
  {
    name: 'a newer token is not reported by an older complaint',
    file: 'rotate.ts',
    from: 'if (pass.published && isReplaced(pass, pass.published)) {',
    to: 'if (false) {',
    breaks:
      'a consumer who complains > of an older token is answered at once, with neither canary nor spend',
  },
  {
    name: 'a complaint is not heard of an older token that shows',
    file: 'canary.ts',
    from: 'if (published === undefined || isNewer(request.rejected, published)) ',
    to: 'if (published === undefined) ',
    breaks: 'a consumer who complains > of a dead token is heard though the first read shows %s',
  },
];
