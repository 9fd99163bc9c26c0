import { type Due, dueReason, type Sight, uncertainty } from '../core/gate.ts';
import type { Grant } from '../core/grant.ts';
import type { Journal } from '../core/journal.ts';
import { describeOutcome } from '../core/outcome-text.ts';
import { newest } from '../core/position.ts';
import { openSeal } from '../core/seal.ts';
import { heldLatch } from '../core/settlement.ts';
import type { Connection } from '../wiring/connection.ts';
import { broken, type Finding, ok, unknown } from './doctor-finding.ts';
import type { StoreSight } from './doctor-store.ts';

const skewMaxMs = 30_000;

/** Whether this machine's clock is near another's that is trusted. */
export function clockFinding(nowMs: number, dateMs: number | undefined): Finding {
  if (dateMs === undefined) return unknown('clock', 'nobody could be asked for the time');
  const skewMs = nowMs - dateMs;
  if (Math.abs(skewMs) <= skewMaxMs) return ok('clock', 'within 30 s of the other side’s');
  const off = describeOutcome({ kind: 'clock-skewed', skewMs });
  return broken('clock', off, 'set the clock (timedatectl set-ntp true), then fresco doctor again');
}

/** What an earlier run has left open, if anything. */
export function attemptFinding(connection: Connection, sight: StoreSight): Finding {
  const { grant, journal } = sight;
  if (grant === undefined || journal === undefined) {
    return unknown('attempt', 'not looked at: grant or table could not be read');
  }
  const looked = sightOf(connection, { ...sight, grant, journal });
  const open = uncertainty(looked);
  if (open !== undefined) {
    return broken('attempt', describeOutcome(open), 'wait, or settle it: fresco recover');
  }
  const left = leftOver(looked, grant);
  if (left !== undefined) return broken('attempt', left, 'fresco recover');
  const { lease } = journal;
  return lease === null || lease.expiresAtMs < looked.nowMs
    ? ok('attempt', 'nothing is left open')
    : ok('attempt', 'another run is at work');
}

/** Whether a latch on the application holds: the provider refused it, and it was not replaced since. */
export function applicationFinding({ journal, grant, clientVersionId }: StoreSight): Finding {
  if (journal === undefined || grant === undefined || clientVersionId === undefined) {
    return unknown('application', 'not looked at: what is needed could not be read');
  }
  const latch = heldLatch(journal, grant, clientVersionId);
  if (latch?.kind !== 'misconfigured') {
    return ok('application', 'no refusal is on record (asking would spend a refresh token)');
  }
  return broken(
    'application',
    describeOutcome({ kind: 'latched', latch }),
    'fresco login --application-only, then fresco rotate',
  );
}

/** The moment from which a refresh was due and did not come; `undefined`: nothing is overdue. */
export function overdueSinceMs({ settings }: Connection, grant: Grant): number {
  const { issuedAtMs, expiresAtMs } = grant;
  return issuedAtMs + Math.min((expiresAtMs - issuedAtMs) / 2, settings.rotateEveryMs);
}

type Looked = Sight & { readonly journal: Journal };

function sightOf(
  { clock, settings }: Connection,
  { grant, journal, published }: StoreSight & { readonly grant: Grant; readonly journal: Journal },
): Looked {
  return {
    journal,
    published,
    current: grant,
    nowMs: clock.nowMs(),
    dead: false,
    request: { door: 'schedule' },
    settings,
  };
}

function leftOver(sight: Sight, grant: Grant): string | undefined {
  const { journal, published } = sight;
  const unreadable = journal.seals.find(
    (seal) => seal.grant === grant.grant && openSeal(seal, grant.sealKey) === undefined,
  );
  if (unreadable !== undefined) {
    return describeOutcome({ kind: 'seal-unreadable', versionId: unreadable.versionId });
  }
  const due = dueReason(sight);
  if (due === 'ahead') {
    const known = newest(journal.known, published) ?? grant;
    return describeOutcome({ kind: 'rolled-back', known, found: grant });
  }
  return due === undefined ? undefined : leftBehind[due];
}

/** What an earlier run has begun; a token that is merely due was left by nobody. */
const leftBehind: Readonly<Record<Due, string | undefined>> = {
  unsettled: 'an earlier run was cut off before it had noted its end',
  sealed: 'an earlier run has kept a token that is not current yet',
  behind: 'what consumers read is older than the grant',
  ahead: undefined,
  aged: undefined,
  asked: undefined,
  rejected: undefined,
};
