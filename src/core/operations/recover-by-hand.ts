import type { Journal, Latch } from '../journal/journal.ts';
import { amendJournal } from '../journal/journal-session.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { TokenEndpoint } from '../ports.ts';
import { compare, isNewer, type Position } from '../position.ts';
import { decodeGrant, type Grant } from '../records/grant.ts';
import { openSeal, type Seal } from '../records/seal.ts';
import { newVersionId } from '../records/version-id.ts';
import type { GrantVersion, RotationPorts } from '../rotation/pass.ts';
import { rotate } from '../rotation/rotate.ts';
import type { Secret } from '../secret.ts';
import { replacedBy } from './login.ts';

/**
 * Presents the token of an uncertain attempt now, instead of when the replay policy would: one ordinary pass
 * under the lease in every other respect. For a person who has decided it: reuse may end the connection.
 */
export function sendAgain(ports: RotationPorts): Promise<Outcome> {
  return rotate(ports, { trigger: 'operator', onlyIfDue: true, sendAgain: true });
}

/**
 * Presents an earlier refresh token in the place of the current one, which the provider refuses: the one
 * place where this is ever done. What it brings becomes the successor of `current`. Refused, all is as before.
 */
export function tryEarlier(
  ports: RotationPorts,
  { current, earlier }: { readonly current: Grant; readonly earlier: Grant },
): Promise<Outcome> {
  const endpoint = inPlaceOf(ports.endpoint, current, earlier);
  const journal = withoutLatch(ports.journal);
  return rotate({ ...ports, endpoint, journal }, { trigger: 'operator', sendAgain: true });
}

function inPlaceOf(endpoint: TokenEndpoint, current: Grant, earlier: Grant): TokenEndpoint {
  return {
    refresh: async (refreshToken, client) => {
      if (!refreshToken.equals(current.refreshToken)) {
        return { kind: 'never-sent', cause: 'the grant has changed meanwhile' };
      }
      const answer = await endpoint.refresh(earlier.refreshToken, client);
      if (answer.kind !== 'granted') return answer;
      // Absent in an answer, it is the one that was sent that stays.
      return { ...answer, tokens: { refreshToken: earlier.refreshToken, ...answer.tokens } };
    },
  };
}

/**
 * The journal as if it had no latch, which goes in the write that keeps what is newer than what it holds for:
 * a process may end at any moment, and no check is to send the refused token again.
 */
function withoutLatch(store: JournalStore): JournalStore {
  let hidden: Latch | null = null;
  return {
    read: async () => {
      const snapshot = await store.read();
      hidden = snapshot.journal.latch;
      return { ...snapshot, journal: { ...snapshot.journal, latch: null } };
    },
    write: (journal, revision) => {
      // A pass that has latched by itself has the last word.
      const isOver = hidden === null || journal.latch !== null || isOutlived(hidden, journal);
      return store.write(isOver ? journal : { ...journal, latch: hidden, refusal: null }, revision);
    },
  };
}

function isOutlived({ position }: Latch, { known, seals }: Journal): boolean {
  const isKnown = known !== null && isNewer(known, position);
  return isKnown || seals.some((seal) => isNewer(seal, position));
}

/** The versions among `versionIds` that hold a grant which may be spent here, newest first. */
export async function grantsAmong(
  { grant, settings }: RotationPorts,
  versionIds: readonly string[],
): Promise<readonly GrantVersion[]> {
  const found: GrantVersion[] = [];
  for (const versionId of versionIds) {
    const version = await grant.version(versionId);
    const decoded = version && replacedBy(version).grant;
    if (decoded?.environment === settings.environment && decoded.provider === settings.provider) {
      found.push({ versionId, grant: decoded });
    }
  }
  return found.sort((a, b) => compare(b.grant, a.grant));
}

/** The newest of `kept` that is not older than what was stored before: it may be made current again. */
export function putBackCandidate(
  kept: readonly GrantVersion[],
  known: Position | null,
): GrantVersion | undefined {
  return kept.find(({ grant }) => known === null || compare(grant, known) >= 0);
}

/**
 * Makes a kept version current in the place of what is older or damaged; `moved`: another was faster. Somebody may
 * have logged in or out since it was chosen.
 */
export async function putBack(
  ports: RotationPorts,
  { versionId, grant }: GrantVersion,
): Promise<'promoted' | 'moved' | 'absent'> {
  const current = await ports.grant.current();
  if (current === undefined) return 'moved';
  const there = replacedBy(current);
  if (there.isLoggedOut || (there.grant && isNewer(there.grant, grant))) return 'moved';
  return ports.grant.promote(versionId, current.versionId);
}

/** The newest of `kept` whose refresh token is neither the current one nor of another grant. */
export function earlierCandidate(
  kept: readonly GrantVersion[],
  current: Grant,
): GrantVersion | undefined {
  return kept.find(
    ({ grant }) =>
      grant.grant === current.grant &&
      compare(grant, current) < 0 &&
      !grant.refreshToken.equals(current.refreshToken),
  );
}

/** What a seal holds, if the key of any kept version of its grant opens it. */
export function openedAmong(seal: Seal, kept: readonly GrantVersion[]): Secret | undefined {
  return kept
    .filter(({ grant }) => grant.grant === seal.grant)
    .map(({ grant }) => openSeal(seal, grant.sealKey))
    .find((value) => value !== undefined && replacedBy({ versionId: seal.versionId, value }).grant);
}

/** Stores what a seal held, under the id that it was made for if that is free, and makes it current. */
export async function putOpened(
  ports: RotationPorts,
  versionId: string,
  value: Secret,
): Promise<'promoted' | 'moved' | 'absent'> {
  const isFree = (await ports.grant.put(versionId, value)) === 'stored';
  if (!isFree) return putOpened(ports, newVersionId(ports.random), value);
  return putBack(ports, { versionId, grant: decodeGrant(value) });
}

/** Takes a seal that nobody can open out of the journal: the token in it is given up. */
export async function forgetSeal({ journal: store, clock }: RotationPorts, versionId: string) {
  await amendJournal(store, clock, (journal) => {
    const seals = journal.seals.filter((seal) => seal.versionId !== versionId);
    return seals.length === journal.seals.length ? journal : { ...journal, seals };
  });
}
