import type { Connection } from '../../connection/connection.ts';
import type { Journal } from '../../core/journal/journal.ts';
import { classOf, type Outcome } from '../../core/outcome/outcome.ts';
import { commandsFor, describeOutcome } from '../../core/outcome/outcome-text.ts';
import { newest } from '../../core/position.ts';
import type { Grant } from '../../core/records/grant.ts';
import { openSeal } from '../../core/records/seal.ts';
import { uncertainty } from '../../core/rotation/catch-up.ts';
import { type Due, dueReason, type GateInput } from '../../core/rotation/gate.ts';
import { standingOutcome } from '../../core/rotation/latch.ts';
import { skewMaxMs } from '../../core/time.ts';
import { broken, type Finding, ok, unknown } from './doctor-finding.ts';
import type { StoreSight } from './doctor-store.ts';

/** Whether this machine's clock is near another's that is trusted. */
export function clockFinding(nowMs: number, dateMs: number | undefined): Finding {
  if (dateMs === undefined) return unknown('clock', 'no server could be asked for the time');
  const skewMs = nowMs - dateMs;
  if (Math.abs(skewMs) <= skewMaxMs) return ok('clock', 'within 30 s of the other side’s');
  const off = describeOutcome({ kind: 'clock-skewed', skewMs });
  return broken('clock', off, 'set the clock (timedatectl set-ntp true), then fresco doctor again');
}

/** What an earlier run has left open, if anything. */
export function attemptFinding(connection: Connection, input: StoreSight): Finding {
  const { grant, journal } = input;
  if (grant === undefined || journal === undefined) {
    return unknown('attempt', 'skipped: the grant or the table could not be read');
  }
  const looked = gateInputOf(connection, { ...input, grant, journal });
  const open = uncertainty(looked);
  if (open !== undefined) {
    const passes = classOf(open) === 'retry';
    return broken(
      'attempt',
      describeOutcome(open),
      'wait, or repair it with fresco recover',
      passes,
    );
  }
  const left = leftOver(looked, grant);
  if (left !== undefined) return broken('attempt', left, 'fresco recover');
  const { lease } = journal;
  return lease === null || lease.expiresAtMs < looked.nowMs
    ? ok('attempt', 'no refresh is open')
    : ok('attempt', 'another run is refreshing');
}

/** Whether the provider gave tokens when it was asked last, and what it answered if not. */
export function applicationFinding(sight: StoreSight): Finding {
  const { journal, grant, clientVersionId, findings } = sight;
  const isClientWhole = findings.some(({ check, state }) => check === 'client' && state === 'ok');
  if (journal === undefined || grant === undefined || !isClientWhole) {
    return unknown('application', 'skipped: what is needed could not be read');
  }
  const standing = standingOutcome(journal, grant, clientVersionId);
  // A refusal of the token is shown with the token.
  if (standing === undefined || standing.kind === 'latched' || standing.kind === 'refused') {
    return ok('application', 'no refusal is recorded (asking now would use up a refresh token)');
  }
  return broken(
    'application',
    describeOutcome(standing),
    nextAfter(standing),
    classOf(standing) === 'retry',
  );
}

function nextAfter(outcome: Outcome): string {
  const [command, otherwise] = commandsFor(outcome);
  if (command === undefined) return 'check FRESCO_PROVIDER_URL and any proxy, then fresco rotate';
  const first = `${command}, then fresco rotate`;
  return otherwise === undefined ? first : `${first}; if that does not help: ${otherwise}`;
}

/** The moment from which a refresh was due and did not come; `undefined`: nothing is overdue. */
export function overdueSinceMs({ settings }: Connection, grant: Grant): number {
  const { issuedAtMs, expiresAtMs } = grant;
  return issuedAtMs + Math.min((expiresAtMs - issuedAtMs) / 2, settings.rotateEveryMs);
}

type StoredState = GateInput & { readonly journal: Journal };

function gateInputOf(
  { clock, settings }: Connection,
  { grant, journal, published }: StoreSight & { readonly grant: Grant; readonly journal: Journal },
): StoredState {
  return {
    journal,
    published,
    current: grant,
    nowMs: clock.nowMs(),
    publishedRejected: false,
    request: { trigger: 'schedule' },
    settings,
  };
}

function leftOver(input: GateInput, grant: Grant): string | undefined {
  const byHand = forAPerson(input, grant);
  if (byHand !== undefined) return describeOutcome(byHand);
  const due = dueReason(input);
  return due === undefined ? undefined : leftBehind[due];
}

/** What was left and no run can settle by itself. */
function forAPerson(input: GateInput, grant: Grant): Outcome | undefined {
  const { journal, published } = input;
  const unreadable = journal.seals.find(
    (seal) => seal.grant === grant.grant && openSeal(seal, grant.sealKey) === undefined,
  );
  if (unreadable !== undefined) return { kind: 'seal-unreadable', versionId: unreadable.versionId };
  if (dueReason(input) !== 'ahead') return undefined;
  const known = newest(journal.known, published) ?? grant;
  return { kind: 'rolled-back', known, found: grant };
}

/** The first thing about a store, or what an earlier run has left in it, that only a person can mend. */
export function storeProblem(connection: Connection, input: StoreSight): string | undefined {
  const broken = input.findings.find((it) => it.state === 'broken' && !it.passes);
  if (broken !== undefined) return `${broken.detail}: ${broken.next}`;
  const { grant, journal } = input;
  if (grant === undefined || journal === undefined) return undefined;
  const byHand = forAPerson(gateInputOf(connection, { ...input, grant, journal }), grant);
  return byHand && describeOutcome(byHand);
}

/** What an earlier run has begun; a token that is merely due was left by nobody. */
const leftBehind: Readonly<Record<Due, string | undefined>> = {
  unsettled: 'an earlier run was interrupted before it finished',
  sealed: 'an earlier run saved a token that is not current yet',
  behind: 'the published access token is older than the grant',
  ahead: undefined,
  aged: undefined,
  asked: undefined,
  rejected: undefined,
  unanswered: undefined,
};
