import { type AccessToken, decodeAccessToken } from './access-token.ts';
import { classOf, type Outcome } from './outcome.ts';
import { describeOutcome } from './outcome-text.ts';
import { backoffMs, isPassing } from './persistence.ts';
import { type Clock, StoreRefused, type VersionedSecret } from './ports.ts';
import { isNewer, type Position, positionOf } from './position.ts';

/** What asking for a token comes to. */
export type Obtained =
  | { readonly kind: 'token'; readonly token: AccessToken }
  /** More validity was asked for than the provider gives; the newest token lasts until `expiresAtMs`. */
  | { readonly kind: 'too-long'; readonly expiresAtMs: number }
  /** No token now; asking again later may help. */
  | { readonly kind: 'unavailable'; readonly detail: string }
  /** No token until a person has acted. */
  | { readonly kind: 'person-needed'; readonly detail: string };

/** Hands out access tokens that last: one for each connection and process. */
export interface TokenSource {
  /** A token good for at least `minValidityMs` (default 5 minutes). */
  obtain(options?: { readonly minValidityMs?: number }): Promise<Obtained>;
  /** A token to use instead of one that the API answered with 401; the same one if it is good after all. */
  rejected(token: AccessToken): Promise<Obtained>;
}

/** What a consumer asks of the rotator; it never answers with a token. */
export interface RefreshWish {
  readonly minValidityMs?: number;
  readonly rejected?: Position;
}

/** The rotator's answer: what is published now, that another pass is at work, or why nothing better can be. */
export type RefreshAnswer =
  | { readonly kind: 'published'; readonly position: Position; readonly expiresAtMs: number | null }
  | { readonly kind: 'busy' }
  | { readonly kind: 'unavailable'; readonly detail: string }
  | { readonly kind: 'person-needed'; readonly detail: string };

/** What the end of a pass means to the consumer who asked for it. */
export function answerOf(outcome: Outcome): RefreshAnswer {
  if ('token' in outcome) {
    const { token } = outcome;
    return { kind: 'published', position: positionOf(token), expiresAtMs: token.expiresAtMs };
  }
  if (outcome.kind === 'busy') return { kind: 'busy' };
  return {
    kind: classOf(outcome) === 'person' ? 'person-needed' : 'unavailable',
    detail: describeOutcome(outcome),
  };
}

/** Asks the one rotator of a connection for a refresh; never rejects. */
export interface Rotator {
  ask(wish: RefreshWish): Promise<RefreshAnswer>;
}

/** What a token source reads and asks; without a rotator, what is published is all there is. */
export interface TokenSourcePorts {
  readonly clock: Clock;
  readonly accessToken: Pick<VersionedSecret, 'current'>;
  readonly rotator?: Rotator;
  /** The rotator that a published token names, for those who know no other. */
  readonly rotatorOf?: (published: AccessToken) => Rotator | undefined;
}

const defaultValidityMs = 5 * 60_000;
const readsMax = 8;
const patienceMs = 60_000;

/** A token source over the published secret: memory first, then the secret, then the rotator, once for all. */
export function createTokenSource(ports: TokenSourcePorts): TokenSource {
  const { clock } = ports;
  let remembered: AccessToken | undefined;
  const asked = new Map<string, Promise<Obtained>>();

  /** One caller asks, the others wait for it. */
  function once(key: string, ask: () => Promise<Obtained>): Promise<Obtained> {
    const running = asked.get(key);
    if (running !== undefined) return running;
    const started = ask().finally(() => asked.delete(key));
    asked.set(key, started);
    return started;
  }

  async function refresh(wish: RefreshWish): Promise<Obtained> {
    try {
      const token = await readPublished(ports);
      remembered = token ?? remembered;
      if (token !== undefined && suits(token, wish, clock.nowMs())) return { kind: 'token', token };
      const obtained = await askRotator(ports, wish, token);
      if (obtained.kind === 'token') remembered = obtained.token;
      return obtained;
    } catch (error) {
      if (!(error instanceof StoreRefused)) throw error;
      return { kind: isPassing(error) ? 'unavailable' : 'person-needed', detail: error.message };
    }
  }

  return {
    async obtain({ minValidityMs = defaultValidityMs } = {}) {
      const wish = { minValidityMs };
      if (remembered !== undefined && suits(remembered, wish, clock.nowMs())) {
        return { kind: 'token', token: remembered };
      }
      return once(`validity ${minValidityMs}`, () => refresh(wish));
    },

    async rejected(token) {
      if (remembered !== undefined && isNewer(remembered, token)) {
        const wish = { minValidityMs: 0 };
        if (suits(remembered, wish, clock.nowMs())) return { kind: 'token', token: remembered };
      }
      const { grant, generation, attempt } = token;
      return once(`rejected ${grant}.${generation}.${attempt}`, () =>
        refresh({ rejected: positionOf(token) }),
      );
    },
  };
}

function suits(token: AccessToken, wish: RefreshWish, nowMs: number): boolean {
  const newEnough = wish.rejected === undefined || isNewer(token, wish.rejected);
  return newEnough && lasts(token.expiresAtMs, wish, nowMs);
}

function lasts(expiresAtMs: number | null, wish: RefreshWish, nowMs: number): boolean {
  return expiresAtMs === null || expiresAtMs - nowMs >= Math.max(wish.minValidityMs ?? 0, 1);
}

async function readPublished(ports: TokenSourcePorts): Promise<AccessToken | undefined> {
  const version = await ports.accessToken.current();
  return version && decodeAccessToken(version.value);
}

async function askRotator(
  ports: TokenSourcePorts,
  wish: RefreshWish,
  published: AccessToken | undefined,
): Promise<Obtained> {
  const { clock } = ports;
  const rotator = ports.rotator ?? (published && ports.rotatorOf?.(published));
  if (rotator === undefined) return notServed(wish, published, clock.nowMs());
  const untilMs = clock.monotonicMs() + patienceMs;
  for (let tries = 0; ; tries += 1) {
    const answer = await rotator.ask(wish);
    if (answer.kind === 'published') return collect(ports, wish, answer.position);
    const waitMs = backoffMs(tries);
    const goesOn = answer.kind === 'busy' && clock.monotonicMs() + waitMs < untilMs;
    if (goesOn) await clock.wait(waitMs);
    // Whatever the rotator could not do, another pass may have published meanwhile.
    const token = await readPublished(ports);
    if (token !== undefined && suits(token, wish, clock.nowMs())) return { kind: 'token', token };
    if (answer.kind !== 'busy') return answer;
    if (!goesOn)
      return { kind: 'unavailable', detail: 'another refresh is under way and has not ended' };
  }
}

/** Reads until what the rotator has published shows: a read of the secret may be behind. */
async function collect(
  ports: TokenSourcePorts,
  wish: RefreshWish,
  position: Position,
): Promise<Obtained> {
  const token = await readAtLeast(ports, position);
  if (token === undefined) {
    return {
      kind: 'unavailable',
      detail: 'the refreshed token has not appeared in its secret yet',
    };
  }
  const nowMs = ports.clock.nowMs();
  // The rotator has had its say on a rejected token: what it stands by is the answer.
  return lasts(token.expiresAtMs, wish, nowMs)
    ? { kind: 'token', token }
    : notServed(wish, token, nowMs);
}

async function readAtLeast(
  ports: TokenSourcePorts,
  position: Position,
): Promise<AccessToken | undefined> {
  for (let reads = 0; reads < readsMax; reads += 1) {
    const token = await readPublished(ports);
    if (token !== undefined && !isNewer(position, token)) return token;
    await ports.clock.wait(backoffMs(reads));
  }
  return undefined;
}

function notServed(wish: RefreshWish, newest: AccessToken | undefined, nowMs: number): Obtained {
  if (newest === undefined) {
    return { kind: 'person-needed', detail: 'no access token is stored: run fresco login' };
  }
  const { expiresAtMs } = newest;
  if (wish.rejected === undefined && expiresAtMs !== null && expiresAtMs > nowMs) {
    return { kind: 'too-long', expiresAtMs };
  }
  return {
    kind: 'unavailable',
    detail: 'the newest access token is not good, and nobody can refresh it',
  };
}
