// Goal: each guard of the protocol by name, how it is weakened, and the promise that breaks without it.
// Method: data; the history that needs each guard is in `witnesses.jsonl`, found by chance and shrunk.
import { type Guard, guard } from '../../guards/weakened.ts';

/** Those that random histories need. */
export const guards: readonly Guard[] = [
  guard('due when published is behind', 'G6 what is published is not what is current'),
  guard("the store's clock for terms", 'G6 an attempt is still open', {
    to: 'const nowMs = true ? clock.nowMs() : this.#aheadMs + clock.monotonicMs();',
  }),
  guard('takeover only after the term', 'G2 a token was presented while another has it under way', {
    to: "if (lease !== null && false && !owner.isDead(lease.owner)) return 'held';",
  }),
  guard('nothing newer known at dispatch', 'G3 a counter of the journal went back'),
  guard('the dispatch before the send', 'G4 a token was sent without a journalled dispatch', {
    to: "const refusal: string = 'amended';",
  }),
  guard('earlier sends stay on record', 'G4 a send without an answer was forgotten', {
    to: 'const earlier: OpenSend[] = [];',
  }),
  guard('promotion from the version compared', 'G3 an older grant was made current', {
    to: 'const moved = await secret.promote(mine.versionId, (await secret.current())?.versionId ?? current.versionId);',
  }),
  guard('nothing newer is overwritten', 'G3 an older grant was made current', {
    to: 'return { replaceBy: value };',
  }),
  guard('publishing nothing older', 'G3 an older access token was published'),
  guard(
    'the companies are those that are published now',
    'G3 a company that a person had taken out came back',
    { to: 'token = { ...made, companies: companiesToServe(made, pass.published) };' },
  ),
  guard('the seal', 'G1 a process gave up the token in its hands'),
  guard('no use of a token before it is kept', 'G1 a token was used before it was kept', {
    to: 'if (sent.grant.accessToken) await pass.ports.canary.check(sent.grant.accessToken); const unkept = await keep(pass, sent);',
  }),
  guard('the put', "G5 a connection that is well is reported as 'kept'"),
  guard('keeping again until the deadline', 'G1 a process gave up the token in its hands', {
    to: 'break;',
  }),
  guard(
    'the other home is tried where one refuses',
    'G1 a process gave up the token in its hands',
    { to: 'const refusal: unknown = await store();' },
  ),
  guard('settled only past the parent', 'G4 a send without an answer was forgotten', {
    to: 'dispatch: null,',
  }),
  guard('settled at all', 'G6 an attempt is still open', {
    at: 'settled only past the parent',
    to: 'dispatch,',
  }),
  guard('seals go at last', 'G6 a seal is left'),
  guard(
    'a latch in doubt is bound to the application',
    'G6 the application is right again, and the latch stays',
    { to: 'return latch;' },
  ),
  guard('a refused application is a wait', 'G6 the access token has aged', { to: 'return true;' }),
  guard(
    'a refused application is asked for once an hour',
    'limits a refused application was used again within the hour',
    { at: 'a refused application is a wait', to: 'return false;' },
  ),
  guard('a newer token ends what was answered', "G6 'application-refused' is still on record"),
  guard('the last chance latches', 'G5 a refusal near the end of the access token did not latch', {
    to: 'if (held !== undefined || again) {',
  }),
  guard('an uncertain send is found uncertain', 'G4 a send without an answer was forgotten', {
    to: 'return [];',
  }),
  guard('single-use waits', 'G2 a token was presented again that may be spent', {
    to: 'return true;',
  }),
  guard('replay after the end', 'G6 an attempt is still open', {
    to: 'if (nowMs >= endMs) return nowMs + 1;',
  }),
  guard('seals are looked for', 'G6 revoked in truth, and no check says so', {
    to: 'const sealed = undefined as Seal | undefined;',
  }),
  guard('native: AWSPENDING goes at the finish', 'G6 AWSPENDING stayed behind'),
  guard('native: only the copied version gives way', 'G3 an older grant was made current', {
    to: 'const same = true;',
  }),
  guard('login: renumbered', 'G3 two grants have one position', {
    to: 'return { replaceBy: encodeGrant(mine) };',
  }),
  guard(
    'login: its generation above the refresh that came in between',
    'G3 two access tokens were published with one generation',
    {
      at: 'login: renumbered',
      to: 'if (!isNewer(mine, place)) mine = newGrant(pass, consent, sealKey, current);',
    },
  ),
  guard('manual token: renumbered', 'G3 two access tokens were published with one generation'),
  guard('the call is noted', 'G5 a call of a person was not noted'),
  guard(
    'a call that was noted is not made again',
    'G5 a person was called again by who knew of a call',
    { to: 'const alerts = sinceMs !== undefined && true;' },
  ),
  guard('catches up before it spends', 'G6 what is published is not what is current'),
  guard(
    'an old refresh token stays where none came',
    'G1 a grant was stored with the refresh token of another',
    { to: 'refreshToken: parent.refreshToken,' },
  ),
  guard('the journal is written on condition', 'G3 a counter of the journal went back', {
    to: "if ((await this.#store.write(next, (await this.#store.read()).revision)) === 'written') {",
  }),
  guard('consent: not over a newer login', 'G3 a late consent went over a newer login'),
  guard('consent: the browser first', 'G3 a callback of another browser changed something'),
  guard('consent: ten minutes', 'G2 a start of a consent was used after its end'),
  guard('consent: used once', 'G2 a start of a consent was used twice', {
    to: 'await store.takeStart(stateHash);',
  }),
  guard('consent: the same account', 'G3 a grant of another account was made current', {
    to: 'return reached.filter(isIn(before));',
  }),
];
