// Goal: each guard of the protocol by name, how it is weakened, and the promise that breaks without it.
// Method: data; the history that needs each guard is in `witnesses.json`, found by chance and shrunk.
import type { Weakening } from './weakened.ts';

/** A guard, and what its absence does. */
export interface Guard extends Weakening {
  readonly name: string;
  /** The violation, as promise and words. */
  readonly breaks: string;
}

/** Those that random histories need. */
export const guards: readonly Guard[] = [
  {
    name: 'due when published is behind',
    file: 'rotation/gate.ts',
    from: "if (isBehind(input)) return 'behind';",
    to: '',
    breaks: 'G6 what is published is not what is current',
  },
  {
    name: "the store's clock for terms",
    file: 'journal/journal-session.ts',
    from: 'this.#aheadMs === undefined ? clock.nowMs()',
    to: 'true ? clock.nowMs()',
    breaks: 'G6 an attempt is still open',
  },
  {
    name: 'takeover only after the term',
    file: 'journal/lease.ts',
    from: 'lease.expiresAtMs > term.nowMs && ',
    to: 'false && ',
    breaks: 'G2 a token was presented while another has it under way',
  },
  {
    name: 'nothing newer known at dispatch',
    file: 'journal/dispatch.ts',
    from: "if (journal.known !== null && isNewer(journal.known, parent)) return 'overtaken';",
    to: '',
    breaks: 'G3 a counter of the journal went back',
  },
  {
    name: 'the dispatch before the send',
    file: 'rotation/send.ts',
    from: 'const refusal = await dispatch(pass, input, versionId);',
    to: "const refusal: string = 'amended';",
    breaks: 'G4 a token was sent without a journalled dispatch',
  },
  {
    name: 'earlier sends stay on record',
    file: 'journal/dispatch.ts',
    from: 'const earlier = sendsFrom(journal, parent);',
    to: 'const earlier: OpenSend[] = [];',
    breaks: 'G4 a send without an answer was forgotten',
  },
  {
    name: 'promotion from the version compared',
    file: 'replace-current.ts',
    from: 'const moved = await secret.promote(mine.versionId, current.versionId);',
    to: 'const moved = await secret.promote(mine.versionId, (await secret.current())?.versionId ?? current.versionId);',
    breaks: 'G3 an older grant was made current',
  },
  {
    name: 'nothing newer is overwritten',
    file: 'rotation/promote.ts',
    from: "return order < 0 ? { keep: 'overtaken' } : { replaceBy: value };",
    to: 'return { replaceBy: value };',
    breaks: 'G3 an older grant was made current',
  },
  {
    name: 'publishing nothing older',
    file: 'rotation/promote.ts',
    from: 'if (published !== undefined && !isNewer(made, published)) return { keep: published };',
    to: '',
    breaks: 'G3 an older access token was published',
  },
  {
    name: 'the companies are those that are published now',
    file: 'rotation/promote.ts',
    from: 'companiesToServe(made, published ?? pass.published)',
    to: 'companiesToServe(made, pass.published)',
    breaks: 'G3 a company that a person had taken out came back',
  },
  {
    name: 'the seal',
    file: 'rotation/keep.ts',
    from: 'await sealing.attempt();',
    to: '',
    breaks: 'G1 a process gave up the token in its hands',
  },
  {
    name: 'no use of a token before it is kept',
    file: 'rotation/rotate.ts',
    from: 'const unkept = await keep(pass, sent);',
    to: 'if (sent.grant.accessToken) await pass.ports.canary.check(sent.grant.accessToken); const unkept = await keep(pass, sent);',
    breaks: 'G1 a token was used before it was kept',
  },
  {
    name: 'the put',
    file: 'rotation/keep.ts',
    from: 'await storing.attempt();',
    to: '',
    breaks: "G5 a connection that is well is reported as 'kept'",
  },
  {
    name: 'keeping again until the deadline',
    file: 'rotation/keep.ts',
    from: 'if (enough || clock.monotonicMs() + waitMs >= pass.endMs) break;',
    to: 'break;',
    breaks: 'G1 a process gave up the token in its hands',
  },
  {
    name: 'the other home is tried where one refuses',
    file: 'rotation/keep.ts',
    from: 'const refusal = await orRefusal(store);',
    to: 'const refusal: unknown = await store();',
    breaks: 'G1 a process gave up the token in its hands',
  },
  {
    name: 'settled only past the parent',
    file: 'rotation/settle.ts',
    from: 'dispatch: movedPast ? null : dispatch,',
    to: 'dispatch: null,',
    breaks: 'G4 a send without an answer was forgotten',
  },
  {
    name: 'settled at all',
    file: 'rotation/settle.ts',
    from: 'dispatch: movedPast ? null : dispatch,',
    to: 'dispatch,',
    breaks: 'G6 an attempt is still open',
  },
  {
    name: 'seals go at last',
    file: 'rotation/settle.ts',
    from: 'seals: journal.seals.filter((seal) => isNewer(seal, position)),',
    to: '',
    breaks: 'G6 a seal is left',
  },
  {
    name: 'a latch in doubt is bound to the application',
    file: 'rotation/latch.ts',
    from: 'return latch.doubt === undefined || isSameClient ? latch : undefined;',
    to: 'return latch;',
    breaks: 'G6 the application is right again, and the latch stays',
  },
  {
    name: 'a refused application is a wait',
    file: 'journal/bad-answer.ts',
    from: 'return agoMs >= 0 && agoMs < askAgainAfterMs;',
    to: 'return true;',
    breaks: 'G6 the access token has aged',
  },
  {
    name: 'a refused application is asked for once an hour',
    file: 'journal/bad-answer.ts',
    from: 'return agoMs >= 0 && agoMs < askAgainAfterMs;',
    to: 'return false;',
    breaks: 'limits a refused application was used again within the hour',
  },
  {
    name: 'a newer token ends what was answered',
    file: 'rotation/settle.ts',
    from: "badAnswer: advanced && meaningOf(outcome).class === 'done' ? null : journal.badAnswer,",
    to: '',
    breaks: "G6 'application-refused' is still on record",
  },
  {
    name: 'the last chance latches',
    file: 'rotation/latch.ts',
    from: 'if (held !== undefined || again || refused.lastChance) {',
    to: 'if (held !== undefined || again) {',
    breaks: 'G5 a refusal near the end of the access token did not latch',
  },
  {
    name: 'an uncertain send is found uncertain',
    file: 'journal/dispatch.ts',
    from: 'return dispatch !== null && compare(dispatch.parent, parent) === 0 ? dispatch.sends : [];',
    to: 'return [];',
    breaks: 'G4 a send without an answer was forgotten',
  },
  {
    name: 'single-use waits',
    file: 'journal/replay-policy.ts',
    from: `    case 'single-use':
    case 'unknown':
      return false;
  }`,
    to: `    case 'single-use':
    case 'unknown':
      return true;
  }`,
    breaks: 'G2 a token was presented again that may be spent',
  },
  {
    name: 'replay after the end',
    file: 'journal/replay-policy.ts',
    from: 'if (nowMs >= endMs) return nowMs;',
    to: 'if (nowMs >= endMs) return nowMs + 1;',
    breaks: 'G6 an attempt is still open',
  },
  {
    name: 'seals are looked for',
    file: 'rotation/recover.ts',
    from: 'const sealed = newestSeal(pass, current.grant);',
    to: 'const sealed = undefined as Seal | undefined;',
    breaks: 'G6 revoked in truth, and no check says so',
  },
  {
    name: 'native: AWSPENDING goes at the finish',
    file: 'rotation/native.ts',
    from: `    if (same) await ports.grant.promote(versionId, version.versionId);
  }
  await ports.grant.dropPending(versionId);`,
    to: `    if (same) await ports.grant.promote(versionId, version.versionId);
  }`,
    breaks: 'G6 AWSPENDING stayed behind',
  },
  {
    name: 'native: only the copied version gives way',
    file: 'rotation/native.ts',
    from: 'const same = compare(decodeGrant(version.value), pending.grant) === 0;',
    to: 'const same = true;',
    breaks: 'G3 an older grant was made current',
  },
  {
    name: 'login: renumbered',
    file: 'operations/login.ts',
    from: 'if (place === undefined || isNewer(mine, place)) return',
    to: 'return',
    breaks: 'G3 two grants have one position',
  },
  {
    name: 'the call is noted',
    file: 'rotation/report-pass.ts',
    from: 'if (alerts && isOut) await noteAlert(pass, sinceMs);',
    to: '',
    breaks: 'G5 a call of a person was not noted',
  },
  {
    name: 'a call that was noted is not made again',
    file: 'rotation/report-pass.ts',
    from: 'pass.session.journal.called?.forMs !== sinceMs',
    to: 'true',
    breaks: 'G5 a person was called again by who knew of a call',
  },
  {
    name: 'catches up before it spends',
    file: 'rotation/catch-up.ts',
    from: '  await publish(pass, current);',
    to: '',
    breaks: 'G6 what is published is not what is current',
  },
  {
    name: 'an old refresh token stays where none came',
    file: 'rotation/send.ts',
    from: 'refreshToken: tokens.refreshToken ?? parent.refreshToken,',
    to: 'refreshToken: parent.refreshToken,',
    breaks: 'G1 a grant was stored with the refresh token of another',
  },
  {
    name: 'the journal is written on condition',
    file: 'journal/journal-session.ts',
    from: 'await this.#store.write(next, this.#revision)',
    to: 'await this.#store.write(next, (await this.#store.read()).revision)',
    breaks: 'G3 a counter of the journal went back',
  },
];
