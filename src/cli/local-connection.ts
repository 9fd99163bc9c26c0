import type { ConnectionView, ConsoleConnection, TokenView } from '../console/view.ts';
import type { AccessToken } from '../core/access-token.ts';
import type { LocalSystem } from '../wiring/local-system.ts';
import type { Moments } from './moments.ts';

const rotateEveryMs = 86_400_000;

/** The connection of a local system as the console page reaches it. */
export function localConnection(
  name: string,
  parts: {
    readonly system: LocalSystem;
    readonly advance: (seconds: number) => void;
    readonly moments: Moments;
  },
): ConsoleConnection {
  const { system, advance, moments } = parts;
  return {
    look: () => look(name, system),
    rotate: () => system.rotate({ door: 'operator' }),
    advance: async (seconds) => advance(seconds),
    subscribe: (listener) => moments.subscribe(listener),
  };
}

async function look(connection: string, system: LocalSystem): Promise<ConnectionView> {
  const [published, { journal }] = await Promise.all([
    system.published(),
    system.stored.journal.read(),
  ]);
  return {
    connection,
    store: system.place,
    nowMs: system.clock.nowMs(),
    token: published === undefined ? null : viewOf(published),
    uncertainSinceMs: journal.dispatch?.sends[0]?.sentAtMs ?? null,
    seals: journal.seals.length,
    leaseUntilMs: journal.lease?.expiresAtMs ?? null,
    latchedSinceMs: journal.latch?.sinceMs ?? null,
    pausedSinceMs: journal.pausedAtMs,
    failingSinceMs: journal.failingSinceMs,
    history: journal.history,
  };
}

function viewOf(token: AccessToken): TokenView {
  const { grant, generation, attempt, issuedAtMs, expiresAtMs } = token;
  const lifeMs = (expiresAtMs ?? issuedAtMs) - issuedAtMs;
  return {
    grant,
    generation,
    attempt,
    issuedAtMs,
    expiresAtMs,
    fingerprint: token.accessToken.fingerprint(),
    refreshFromMs: issuedAtMs + Math.min(lifeMs / 2, rotateEveryMs),
  };
}
