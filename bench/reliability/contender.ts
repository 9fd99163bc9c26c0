import type { Actor } from './turns.ts';
import type { World } from './world.ts';

/** One way to keep a connection's tokens fresh, over one store of secrets. */
export interface Contender {
  readonly name: string;
  /** What a person does at the beginning, and again when the connection is lost. */
  login(): Promise<void>;
  /** What runs in one hour: the callers at the same time, and whatever it schedules for itself. */
  works(hour: number, callers: number): ReadonlyMap<Actor, () => Promise<void>>;
  /** The token that a caller would be given now. */
  accessToken(): string | undefined;
  /** The refresh token that it would try next. */
  refreshToken(): string | undefined;
}

/** Builds a contender in a world. */
export type Build = (world: World) => Contender;

/** A token pair as the two libraries' users store it. */
export interface Pair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAtMs: number;
}

/** What a refresh brought; the refresh token may be missing. */
export interface Fresh {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly expiresInSeconds: number;
}

const windowMs = 5 * 60_000;

/** A caller that reads the secret, refreshes through a library when the token is about to end, and puts the answer. */
export function withPut(
  name: string,
  world: World,
  refresh: (actor: Actor, pair: Pair) => Promise<Fresh>,
): Contender {
  let stored: Pair | undefined;
  const call = async (actor: Actor) => {
    const pair = await world.store(actor, false, () => stored);
    if (pair === undefined || pair.expiresAtMs - windowMs > world.turns.nowMs) return;
    const fresh = await refresh(actor, pair);
    const { accessToken, refreshToken = pair.refreshToken, expiresInSeconds } = fresh;
    const expiresAtMs = world.turns.nowMs + expiresInSeconds * 1000;
    await world.store(actor, true, () => {
      stored = { accessToken, refreshToken, expiresAtMs };
    });
  };
  return {
    name,
    login: async () => {
      stored = { ...(await world.consent()), expiresAtMs: world.turns.nowMs + 86_400_000 };
    },
    works: (_, callers) =>
      new Map(
        Array.from({ length: callers }, () => world.actor('caller')).map((actor) => [
          actor,
          // A job that gets no token ends with an error and comes again in an hour.
          () => call(actor).catch(() => undefined),
        ]),
      ),
    accessToken: () => stored?.accessToken,
    refreshToken: () => stored?.refreshToken,
  };
}
