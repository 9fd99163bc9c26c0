import { type Clock, StoreRefused, type VersionedSecret } from '../ports.ts';
import { isNewer, type Position, positionOf } from '../position.ts';
import type { AccessToken } from '../records/access-token.ts';
import { backoffMs } from '../retry.ts';
import { orRefusal } from '../store-refusal.ts';
import { longestWishMs } from '../time.ts';
import { answerOfRefusal, type RefreshWish, type Rotator } from './rotator.ts';
import { lasts, TokenMemory } from './token-memory.ts';

/** A token, or why there is none. */
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
const waitMaxMs = 60_000;

/** Callers who wait together: one asks for them all, with the longest of their wishes. */
interface Round {
  readonly wishesMs: number[];
  /** The longest wish when the secret was read or the rotator was asked last. */
  askedMs: number;
  ended: Promise<Obtained>;
}

/** A token source over the published secret: memory first, then the secret, then the rotator, once for all. */
export function createTokenSource(ports: TokenSourcePorts): TokenSource {
  const { clock } = ports;
  const memory = new TokenMemory(ports.accessToken, clock);
  let round: Round | undefined;
  const complaints = new Map<string, Promise<Obtained>>();

  async function obtain({ minValidityMs = defaultValidityMs } = {}): Promise<Obtained> {
    for (;;) {
      const known = memory.good({ minValidityMs });
      if (known !== undefined) return { kind: 'token', token: known };
      // guard: token source: one asker
      round ??= startRound(ports, memory, () => {
        round = undefined;
      });
      const joined = round;
      joined.wishesMs.push(minValidityMs);
      const obtained = await joined.ended;
      if (isForAnother(obtained, joined, minValidityMs)) continue;
      const token = memory.good({ minValidityMs });
      return token === undefined ? obtained : { kind: 'token', token };
    }
  }

  /** Whether what was asked for was less, or more, than this wish. */
  function isForAnother(obtained: Obtained, { askedMs }: Round, minValidityMs: number): boolean {
    if (obtained.kind === 'token') return !memory.suits(obtained.token, { minValidityMs });
    const isLess = obtained.kind === 'too-long' && minValidityMs < askedMs;
    return isLess && isGivable(memory.newest, minValidityMs);
  }

  async function replace(rejected: AccessToken): Promise<Obtained> {
    const token = await memory.read();
    // The complaint is of what is gone already: whether its successor has ended, too, is another matter.
    if (token !== undefined && isNewer(token, rejected) && !memory.suits(token, {})) {
      return obtain();
    }
    const wish = { rejected: positionOf(rejected) };
    return askUnlessSuited(ports, memory, token, () => wish);
  }

  return {
    obtain,

    async rejected(token) {
      const known = memory.good({ rejected: token });
      if (known !== undefined) return { kind: 'token', token: known };
      const key = `${token.grant}.${token.generation}.${token.attempt}`;
      const running = complaints.get(key);
      if (running !== undefined) return running;
      const started = orRefused(() => replace(token)).finally(() => complaints.delete(key));
      complaints.set(key, started);
      return started;
    },
  };
}

function startRound(ports: TokenSourcePorts, memory: TokenMemory, onEnd: () => void): Round {
  const started: Round = {
    wishesMs: [],
    askedMs: 0,
    ended: orRefused(async () => {
      const token = await memory.read();
      return askUnlessSuited(ports, memory, token, () => {
        started.askedMs = Math.max(...started.wishesMs);
        return { minValidityMs: started.askedMs };
      });
    }).finally(onEnd),
  };
  return started;
}

async function orRefused(ask: () => Promise<Obtained>): Promise<Obtained> {
  const obtained = await orRefusal(ask);
  return obtained instanceof StoreRefused ? answerOfRefusal(obtained) : obtained;
}

async function askUnlessSuited(
  ports: TokenSourcePorts,
  memory: TokenMemory,
  published: AccessToken | undefined,
  wishNow: () => RefreshWish,
): Promise<Obtained> {
  const { clock } = ports;
  if (published !== undefined && memory.suits(published, wishNow())) {
    return { kind: 'token', token: published };
  }
  const rotator = ports.rotator ?? (published && ports.rotatorOf?.(published));
  if (rotator === undefined) {
    // Nobody can tell whose clock is wrong.
    if (published !== undefined) memory.vouch(published);
    return published !== undefined && memory.suits(published, wishNow())
      ? { kind: 'token', token: published }
      : notServed(wishNow(), published, clock.nowMs());
  }
  const untilMs = clock.monotonicMs() + waitMaxMs;
  for (let tries = 0; ; tries += 1) {
    const wish = wishNow();
    const answer = await rotator.ask(wish);
    if (answer.kind === 'published') return collect(memory, clock, wish, answer.position);
    const waitMs = backoffMs(tries);
    const goesOn = answer.kind === 'busy' && clock.monotonicMs() + waitMs < untilMs;
    if (goesOn) await clock.wait(waitMs);
    // Whatever the rotator could not do, another pass may have published meanwhile.
    const token = await memory.read();
    if (token !== undefined && memory.suits(token, wish)) return { kind: 'token', token };
    if (answer.kind !== 'busy') return answer;
    if (!goesOn) return { kind: 'unavailable', detail: 'another refresh is running' };
  }
}

/** Reads until what the rotator has published shows: a read of the secret may be behind. */
async function collect(
  memory: TokenMemory,
  clock: Clock,
  wish: RefreshWish,
  position: Position,
): Promise<Obtained> {
  for (let reads = 0; reads < readsMax; reads += 1) {
    const token = await memory.read();
    // guard: token source: waits for the generation
    if (token !== undefined && !isNewer(position, token)) {
      const nowMs = clock.nowMs();
      memory.vouch(token);
      // The rotator has had its say on a rejected token: what it stands by is the answer.
      const isGood = lasts(token.expiresAtMs, wish, nowMs);
      return isGood ? { kind: 'token', token } : notServed(wish, token, nowMs);
    }
    await clock.wait(backoffMs(reads));
  }
  return { kind: 'unavailable', detail: 'the new token is not published yet' };
}

/** Whether a refresh may give a token that lasts so long, as far as the newest one tells. */
function isGivable(newest: AccessToken | undefined, wishMs: number): boolean {
  if (newest === undefined || newest.expiresAtMs === null) return true;
  return wishMs <= longestWishMs(newest.expiresAtMs - newest.issuedAtMs);
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
    detail: 'the stored access token has expired and no rotator is configured',
  };
}
