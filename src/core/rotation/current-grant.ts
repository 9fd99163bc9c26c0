import type { Outcome } from '../outcome/outcome.ts';
import { isNewer, newest, type Position, positionOf } from '../position.ts';
import { decodeGrant } from '../records/grant.ts';
import { backoffMs } from '../retry.ts';
import type { GrantVersion, Pass } from './pass.ts';

const readsMax = 6;

/** One read of the current grant; it may be behind. */
export async function readGrant(pass: Pass): Promise<GrantVersion | undefined> {
  const version = await pass.ports.grant.current();
  return version && { versionId: version.versionId, grant: decodeGrant(version.value) };
}

/** The current grant, read again while it is older than is known: that is a stale read or a rollback. */
export async function readCurrent(
  pass: Pass,
): Promise<GrantVersion | Extract<Outcome, { kind: 'rolled-back' | 'not-connected' }>> {
  // What is published was current before; a login may not have come to note it.
  const known = newest(pass.session.journal.known, pass.published);
  let found: Position | null = null;
  for (let reads = 0; reads < readsMax; reads += 1) {
    const current = await readGrant(pass);
    if (current !== undefined) {
      if (known === undefined || !isNewer(known, current.grant)) return current;
      found = positionOf(current.grant);
    }
    await pass.ports.clock.wait(backoffMs(reads));
  }
  return known === undefined
    ? { kind: 'not-connected', missing: 'grant' }
    : { kind: 'rolled-back', known: positionOf(known), found };
}

/** Whether a grant belongs to another place or provider, where this rotator must not spend it. */
export function foreignGrant(pass: Pass, { grant }: GrantVersion): Outcome | undefined {
  const { environment, provider } = pass.settings;
  if (grant.environment !== environment)
    return { kind: 'elsewhere', environment: grant.environment };
  return grant.provider === provider
    ? undefined
    : { kind: 'elsewhere', environment: grant.provider };
}
