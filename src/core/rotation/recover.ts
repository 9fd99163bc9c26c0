import { positionAfter } from '../journal/dispatch.ts';
import { factsOf } from '../outcome/outcome.ts';
import { StoreRefused } from '../ports.ts';
import { compare, isNewer, newest, type Position, positionOf } from '../position.ts';
import { decodeGrant, type Grant } from '../records/grant.ts';
import { openSeal, type Seal } from '../records/seal.ts';
import { backoffMs } from '../retry.ts';
import { readManual } from './manual-check.ts';
import type { Ending, GrantVersion, Pass } from './pass.ts';
import { promote, readGrant } from './promote.ts';

const triesMax = 8;
const readsMax = 6;

/**
 * Step 2: makes the newest token that any pass has kept the current one. Kept tokens are in seals and in
 * versions named by open sends. Nothing is spent. The journal must have been read under the lease.
 */
export async function recover(pass: Pass): Promise<GrantVersion | Ending> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const current = await readCurrent(pass);
    if ('outcome' in current) return current;
    const recovered = await recoverOnto(pass, current);
    if (recovered !== 'look again') return recovered;
    await pass.ports.clock.wait(backoffMs(tries));
  }
  throw new StoreRefused('unavailable', 'the current grant kept changing while it was read');
}

/** The current grant, read again while it is older than is known: that is a stale read or a rollback. */
async function readCurrent(pass: Pass): Promise<GrantVersion | Ending> {
  // What is published was current before; a login may have died before it noted that.
  const known = newest(pass.session.journal.known, pass.published); // guard: a rollback is seen by what is published
  let found: Position | null = null;
  for (let reads = 0; reads < readsMax; reads += 1) {
    const current = await readGrant(pass.ports.grant);
    if (current !== undefined) {
      if (known === undefined || !isNewer(known, current.grant)) return current;
      found = positionOf(current.grant);
    }
    await pass.ports.clock.wait(backoffMs(reads));
  }
  if (known === undefined) return { outcome: { kind: 'not-connected', missing: 'grant' } };
  const manual = await readManual(pass.ports);
  if (manual === undefined || isNewer(known, manual)) {
    return { outcome: { kind: 'rolled-back', known: positionOf(known), found } };
  }
  // Put in while this pass was at work: it is what is known, and the grant is not refreshed any more.
  pass.published = manual;
  return { outcome: { kind: 'fresh', token: factsOf(manual) } };
}

async function recoverOnto(
  pass: Pass,
  current: GrantVersion,
): Promise<GrantVersion | Ending | 'look again'> {
  const sealed = newestSeal(pass, current.grant); // guard: seals are looked for
  // guard: named versions are looked for
  for (const versionId of namedAbove(pass, sealed ?? current.grant)) {
    // The move itself tells whether the version exists: a read could be behind, a move is not.
    const moved = await pass.ports.grant.promote(versionId, current.versionId); // guard: named versions are probed by the move and not by a read
    if (moved === 'promoted') pass.done = 'recovered';
    if (moved !== 'absent') return 'look again';
  }
  if (sealed === undefined) return current;

  const kept = unseal(sealed, current.grant);
  if (kept === undefined) {
    return { outcome: { kind: 'seal-unreadable', versionId: sealed.versionId } };
  }
  if ((await promote(pass, kept, 'only sealed')) === 'overtaken') return 'look again';
  pass.done = 'recovered';
  return kept;
}

function newestSeal(pass: Pass, current: Grant): Seal | undefined {
  return pass.session.journal.seals
    .filter((seal) => seal.grant === current.grant && isNewer(seal, current))
    .sort(compare)
    .at(-1); // guard: the newest seal
}

/** Versions that open sends of this grant may have become, newest first, where they would be above `floor`. */
function namedAbove(pass: Pass, floor: Position): string[] {
  const { dispatch } = pass.session.journal;
  if (dispatch === null || dispatch.parent.grant !== floor.grant) return [];
  return dispatch.sends
    .filter((send) => isNewer(positionAfter(dispatch.parent, send), floor))
    .map((send) => send.versionId)
    .reverse();
}

function unseal(sealed: Seal, current: Grant): GrantVersion | undefined {
  const value = openSeal(sealed, current.sealKey);
  if (value === undefined) return undefined;
  try {
    return { versionId: sealed.versionId, grant: decodeGrant(value) };
  } catch {
    return undefined;
  }
}
