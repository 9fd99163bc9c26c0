// Goal: what is wrong with a connection, in truth, and until when it may be.
// Method: the true state of server and stores, with no regard to what any process knew.
import { compare, newest } from '../../../src/core/position.ts';
import { heldLatch } from '../../../src/core/rotation/latch.ts';
import { manualIn } from '../../../src/core/rotation/manual-check.ts';
import { isKnownThere } from '../actors/logins.ts';
import { times } from '../histories/history.ts';
import type { Simulation } from '../simulation.ts';
import { place } from '../world/rotator-ports.ts';
import { sentBeforeAtMs } from './limits.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What needs a person, by name; anything else in words; or nothing. */
export type Trouble =
  | 'none'
  | 'not connected'
  | 'elsewhere'
  | 'rolled back'
  | 'unreadable'
  | 'misconfigured'
  | 'revoked'
  | 'doubted'
  | `G6 ${string}`;

/** The trouble of a connection at this moment. */
export function troubleOf(simulation: Simulation): Trouble {
  const { world, ledger } = simulation;
  const { journal, provider } = world;
  const current = ledger.current();
  const manual = manualIn(simulation.published(), current);
  if (manual !== undefined) {
    const isAccepted = provider.isAccessAccepted(manual.accessToken.reveal(), world.nowMs);
    return isAccepted ? 'none' : 'G6 the manual token is dead';
  }
  // A manual token that is damaged leaves nothing but what the journal knows of it.
  if (current === undefined) return journal.known === null ? 'not connected' : 'rolled back';
  if (current.environment !== place.environment) return 'elsewhere';
  const published = simulation.published();
  const known = newest(journal.known, published);
  if (known !== undefined && compare(known, current) > 0) return 'rolled back';
  const isUnreadable = journal.seals.some(
    (seal) => compare(seal, current) > 0 && ledger.opened(seal) === 'unreadable',
  );
  if (isUnreadable) return 'unreadable';
  if (!isKnownThere(world)) return 'misconfigured';
  if (!provider.isAccepted(current.refreshToken.reveal(), world.nowMs)) return 'revoked';
  const latch = heldLatch(journal, current, world.secrets.client.currentId());
  // Refused in words that may mean either, it waits for a person.
  if (latch?.doubt !== undefined) return 'doubted';
  if (latch !== undefined) return 'G6 latched, and the server would accept the refresh token';
  if (journal.dispatch !== null) return 'G6 an attempt is still open';
  if (journal.seals.length > 0) return 'G6 a seal is left';
  if (published === undefined || compare(published, current) !== 0) {
    return 'G6 what is published is not what is current';
  }
  const isAccepted = provider.isAccessAccepted(published.accessToken.reveal(), world.nowMs);
  if (!isAccepted) return 'G6 the access token is dead';
  if (world.nowMs > agesAtMs(simulation) + hourMs) return 'G6 the access token has aged';
  const { badAnswer } = journal;
  return badAnswer === null ? 'none' : `G6 '${badAnswer.kind}' is still on record`;
}

/** When the current access token is due for its successor; an adopted one is at once. */
function agesAtMs({ ledger }: Simulation): number {
  const current = ledger.current();
  if (current === undefined) return Number.POSITIVE_INFINITY;
  const lifeMs = current.expiresAtMs - current.issuedAtMs;
  return current.issuedAtMs + Math.min(lifeMs / 2, times.rotateEveryMs);
}

/** Until when the rotator may rightly leave things as they are, for the next check to mend. */
export function patienceMs(simulation: Simulation): number {
  const { world, ledger } = simulation;
  const { journal, provider, history, nowMs } = world;
  const current = ledger.current();
  if (current === undefined) return 0;
  const moments = [0];
  if (journal.retryAtMs !== null) moments.push(Math.min(journal.retryAtMs, nowMs + hourMs));
  // Nobody complains about a token that died before its time; the schedule finds out when it is due.
  const isDead =
    current.accessToken !== null && !provider.isAccessAccepted(current.accessToken.reveal(), nowMs);
  const isSpent = !provider.isAccepted(current.refreshToken.reveal(), nowMs);
  // A refusal is heard when a refresh is due, and once more an hour later.
  if (!isKnownThere(world)) moments.push(agesAtMs(simulation) + 2 * hourMs);
  if (journal.badAnswer !== null) moments.push(Math.min(journal.badAnswer.atMs, nowMs) + hourMs);
  if (isDead || isSpent) moments.push(agesAtMs(simulation), current.expiresAtMs);
  if (journal.dispatch !== null && world.policy.kind !== 'reusable') {
    moments.push(current.expiresAtMs);
  }
  const sent = history.sentBefore + ledger.presentations.size;
  if (history.sentBefore > 0 && sent >= 38)
    moments.push(sentBeforeAtMs(history.sentBefore) + dayMs);
  return Math.max(...moments);
}
