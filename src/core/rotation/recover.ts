import { positionAfter } from '../journal/dispatch.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { StoreRefused } from '../ports.ts';
import { compare, isNewer, type Position } from '../position.ts';
import { decodeGrant, type Grant } from '../records/grant.ts';
import { openSeal, type Seal } from '../records/seal.ts';
import { backoffMs } from '../retry.ts';
import { readCurrent } from './current-grant.ts';
import type { GrantVersion, Pass } from './pass.ts';
import { promote } from './promote.ts';

const roundsMax = 8;

/** The current grant after recovery, or why there is none to go on with. */
export type Recovery =
  | { readonly kind: 'ready'; readonly current: GrantVersion; readonly recovered: boolean }
  | { readonly kind: 'stopped'; readonly outcome: Outcome };

/**
 * Step 2: makes the newest token that any pass has kept the current one. Kept tokens are in seals and in
 * versions named by open sends. Nothing is spent. The journal must have been read under the lease.
 */
export async function recover(pass: Pass): Promise<Recovery> {
  let recovered = false;
  for (let round = 0; round < roundsMax; round += 1) {
    const current = await readCurrent(pass);
    if ('kind' in current) return { kind: 'stopped', outcome: current };
    const step = await recoverOnto(pass, current);
    if (step.kind !== 'again') {
      return step.kind === 'ready' ? { ...step, recovered: recovered || step.recovered } : step;
    }
    recovered ||= step.recovered;
    await pass.ports.clock.wait(backoffMs(round));
  }
  throw new StoreRefused('unavailable', 'the current grant kept changing while it was read');
}

type Step = Recovery | { readonly kind: 'again'; readonly recovered: boolean };

async function recoverOnto(pass: Pass, current: GrantVersion): Promise<Step> {
  const sealed = newestSeal(pass, current.grant);
  for (const versionId of namedAbove(pass, sealed ?? current.grant)) {
    // The move itself tells whether the version exists: a read could be behind, a move is not.
    const moved = await pass.ports.grant.promote(versionId, current.versionId);
    if (moved !== 'absent') return { kind: 'again', recovered: moved === 'promoted' };
  }
  if (sealed === undefined) return { kind: 'ready', current, recovered: false };

  const kept = unseal(sealed, current.grant);
  if (kept === undefined) {
    return { kind: 'stopped', outcome: { kind: 'seal-unreadable', versionId: sealed.versionId } };
  }
  return (await promote(pass, kept, 'only sealed')) === 'current'
    ? { kind: 'ready', current: kept, recovered: true }
    : { kind: 'again', recovered: false };
}

function newestSeal(pass: Pass, current: Grant): Seal | undefined {
  return pass.session.journal.seals
    .filter((seal) => seal.grant === current.grant && isNewer(seal, current))
    .sort(compare)
    .at(-1);
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
