import type { Guard } from './specification.ts';

/** What makes a pass due, and what keeps a due token from being sent. */
export const gateGuards: readonly Guard[] = [
  {
    name: 'due when an attempt is open',
    file: 'rotation/gate.ts',
    from: "if (journal.dispatch !== null) return 'unsettled';",
    to: '',
    breaks: 'a pass is due > when an attempt is not settled, whoever asks',
  },
  {
    name: 'due when a seal is left',
    file: 'rotation/gate.ts',
    from: "if (journal.seals.length > 0) return 'sealed';",
    to: '',
    breaks: 'a pass is due > when a seal exists',
  },
  {
    name: 'due when published is behind',
    file: 'rotation/gate.ts',
    from: "if (isBehind(input)) return 'behind';",
    to: '',
    breaks: 'a pass is due > when what is published is behind the grant, or missing',
  },
  {
    name: 'due when half its life is over',
    file: 'rotation/gate.ts',
    from: "if (nowMs >= issuedAtMs + Math.min(lifeMs / 2, settings.rotateEveryMs)) return 'aged';",
    to: '',
    breaks: 'a pass is due > by age: %s',
  },
  {
    name: 'due when rejected',
    file: 'rotation/gate.ts',
    from: "if (input.publishedRejected) return 'rejected';",
    to: '',
    breaks: 'a pass is due > when the published token has been rejected',
  },
  {
    name: 'Retry-After is heeded',
    file: 'rotation/catch-up.ts',
    from: "if (untilMs !== undefined) return { kind: 'waiting', untilMs };",
    to: '',
    breaks: 'a due token is not sent > $name the moment that the provider asked for: $want',
  },
  {
    name: 'a wait too long is not believed',
    file: 'journal/dispatch.ts',
    from: ' && waitMs <= retryAfterMaxMs',
    to: '',
    breaks:
      'a due token is not sent > but a wait that no pass would have journalled is not believed: some clock was ahead',
  },
  {
    name: 'the quota of a day',
    file: 'rotation/catch-up.ts',
    from: "return oldest === undefined ? undefined : { kind: 'limited', untilMs: oldest + dayMs };",
    to: 'return undefined;',
    breaks: 'a due token is not sent > $count sends in a day leave the $trigger $want',
  },
  {
    name: 'on demand once in 45 minutes',
    file: 'rotation/catch-up.ts',
    from: "return nowMs < untilMs ? { kind: 'limited', untilMs } : undefined;",
    to: 'return undefined;',
    breaks: 'on demand a token is sent > $name since the last send: $want',
  },
  {
    name: 'the limit lifted once',
    file: 'rotation/catch-up.ts',
    from: 'publishedRejected && !lifted &&',
    to: 'publishedRejected &&',
    breaks: 'on demand a token is sent > sooner if the published token died, but once only',
  },
  {
    name: 'not lifted by a token that never worked',
    file: 'rotation/catch-up.ts',
    from: "return canary.verdict !== 'rejected' || !canary.fromFirst;",
    to: 'return true;',
    breaks:
      'on demand a token is sent > not sooner if the token failed its very first canary, whether or not that was noted',
  },
  {
    name: 'not lifted by a token that no canary spoke of before',
    file: 'rotation/catch-up.ts',
    from: 'if (canary === null || compare(canary.position, current) !== 0) return false;',
    to: 'if (canary === null) return true;',
    breaks:
      'on demand a token is sent > not sooner if the token failed its very first canary, whether or not that was noted',
  },
  {
    name: 'due as often as is asked for',
    file: 'rotation/gate.ts',
    from: 'Math.min(lifeMs / 2, settings.rotateEveryMs)',
    to: 'lifeMs / 2',
    breaks: 'a pass is due > by age where rotation is asked for more often than half a life',
  },
  {
    name: 'an operator is always heard',
    file: 'rotation/gate.ts',
    from: 'return request.onlyIfDue !== true;',
    to: 'return false;',
    breaks: 'a pass is due > or not: %s',
  },
  {
    name: 'what is dated ahead is due',
    file: 'rotation/gate.ts',
    from: "if (isDatedAhead(current, nowMs)) return 'aged';",
    to: '',
    breaks: 'a pass is due > when a clock that was ahead has dated it: by $name → $reason',
  },
  {
    name: 'what was adopted is due at once',
    file: 'rotation/gate.ts',
    from: "if (current.accessToken === null) return 'aged';",
    to: '',
    breaks:
      'a pass is due > at once where a refresh token was adopted, whatever clock has dated it',
  },
  {
    name: 'a pause is heeded',
    file: 'rotation/catch-up.ts',
    from: "if (journal.pausedAtMs !== null) return { kind: 'paused', sinceMs: journal.pausedAtMs };",
    to: '',
    breaks: 'a due token is not sent > while rotation is paused',
  },
  {
    name: 'a latch is heeded',
    file: 'rotation/catch-up.ts',
    from: "if (latch !== undefined && latch.doubt === undefined) return { kind: 'latched', latch };",
    to: '',
    breaks: 'a due token is not sent > while a latch holds for it',
  },
  {
    name: 'a rollback is due',
    file: 'rotation/gate.ts',
    from: "if (known !== undefined && isNewer(known, input.current)) return 'ahead';",
    to: '',
    breaks:
      'recovery > tells a rollback by what is published, though the journal knows nothing and nothing is due',
  },
  {
    name: 'native: what was just refreshed is not again',
    file: 'rotation/gate.ts',
    from: 'return nowMs >= current.issuedAtMs + nativeEveryMs;',
    to: 'return true;',
    breaks:
      'a pass is due > but not natively within ten minutes of a refresh: Secrets Manager repeats its steps',
  },
];
