import type { Latch } from '../journal/journal.ts';
import { amendJournal } from '../journal/journal-session.ts';
import { classOf, type Outcome } from '../outcome/outcome.ts';
import type { TokenEndpoint } from '../ports.ts';
import { compare, type Position } from '../position.ts';
import type { Grant } from '../records/grant.ts';
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
export async function tryEarlier(
  ports: RotationPorts,
  { current, earlier }: { readonly current: Grant; readonly earlier: Grant },
): Promise<Outcome> {
  const lifted = await liftLatch(ports);
  const endpoint = inPlaceOf(ports.endpoint, current, earlier);
  const outcome = await rotate({ ...ports, endpoint }, { trigger: 'operator', sendAgain: true });
  if (lifted !== undefined && classOf(outcome) !== 'done') await setLatch(ports, lifted);
  return outcome;
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

async function liftLatch({ journal: store, clock }: RotationPorts): Promise<Latch | undefined> {
  let lifted: Latch | undefined;
  await amendJournal(store, clock, (journal) => {
    if (journal.latch === null) return journal;
    lifted = journal.latch;
    return { ...journal, latch: null, refusal: null };
  });
  return lifted;
}

/** A pass that has got further meanwhile, or has latched by itself, has the last word. */
async function setLatch({ journal: store, clock }: RotationPorts, latch: Latch): Promise<void> {
  await amendJournal(store, clock, (journal) => {
    const isCurrent = journal.known !== null && compare(journal.known, latch.position) === 0;
    if (!isCurrent || journal.latch !== null) return journal;
    return { ...journal, latch, refusal: null };
  });
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

/** Makes a kept version current in the place of whatever is, however damaged; `moved`: another was faster. */
export async function putBack(
  ports: RotationPorts,
  versionId: string,
): Promise<'promoted' | 'moved' | 'absent'> {
  const current = await ports.grant.current();
  if (current === undefined) return 'moved';
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
  return isFree ? putBack(ports, versionId) : putOpened(ports, newVersionId(ports.random), value);
}

/** Takes a seal that nobody can open out of the journal: the token in it is given up. */
export async function forgetSeal({ journal: store, clock }: RotationPorts, versionId: string) {
  await amendJournal(store, clock, (journal) => {
    const seals = journal.seals.filter((seal) => seal.versionId !== versionId);
    return seals.length === journal.seals.length ? journal : { ...journal, seals };
  });
}
