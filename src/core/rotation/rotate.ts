import { busyUntilMs, takeLease } from '../journal/lease.ts';
import { factsOf, type Outcome } from '../outcome/outcome.ts';
import { type Report, reportOf } from '../outcome/report.ts';
import { StoreRefused } from '../ports.ts';
import { isNewer, type Position } from '../position.ts';
import type { AccessToken } from '../records/access-token.ts';
import { LoggedOut } from '../records/logged-out.ts';
import { retryWhileUnavailable } from '../retry.ts';
import { skewMaxMs } from '../time.ts';
import { askCanary, checkRejected, type RejectedToken } from './canary.ts';
import { foreignGrant, readGrant } from './current-grant.ts';
import { dueReason, isDatedAhead } from './gate.ts';
import { standingLatch } from './latch.ts';
import { checkManualToken, manualIn } from './manual-check.ts';
import { type Pass, type RotationPorts, type RotationRequest, startPass } from './pass.ts';
import { readPublished } from './promote.ts';
import { closePass } from './settle.ts';
import { type Ending, withLease } from './with-lease.ts';

const closeMs = 5_000;

/**
 * One pass of the rotation protocol: spends the refresh token if that is due and safe, keeps and publishes
 * what it brings, and finishes what an earlier pass began. May be called by anyone at any time and be cut
 * off at any point. Reports once.
 */
export async function rotate(ports: RotationPorts, request: RotationRequest): Promise<Outcome> {
  const pass = startPass(ports, request);
  const outcome = await passOutcome(pass);
  if (outcome.kind === 'refreshed' && pass.published) await askCanary(pass, pass.published);
  const sinceMs = alertsSinceMs(outcome);
  const alerts = sinceMs !== undefined && pass.session.journal.called?.forMs !== sinceMs;
  const isOut = await gotOut(ports, reportOf(pass, outcome, alerts));
  if (alerts && isOut) await noteAlert(pass, sinceMs);
  return outcome;
}

function alertsSinceMs(outcome: Outcome): number | undefined {
  if (outcome.kind === 'latched') return outcome.latch.sinceMs;
  if (outcome.kind === 'application-refused' && outcome.needsPerson) return outcome.sinceMs;
  return outcome.kind === 'token-rejected' ? outcome.sinceMs : undefined;
}

async function gotOut({ reporter }: RotationPorts, report: Report): Promise<boolean> {
  try {
    await reporter.report(report);
    return true;
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    return false;
  }
}

/** Notes that a person was called for what stands since then; unnoted, the next check alerts again: better than never. */
async function noteAlert(pass: Pass, forMs: number): Promise<void> {
  const { clock, owner } = pass.ports;
  const called = { forMs, by: owner.id };
  try {
    await retryWhileUnavailable(clock, clock.monotonicMs() + closeMs, () =>
      pass.session.amend((journal) =>
        journal.called?.forMs === forMs ? journal : { ...journal, called },
      ),
    );
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
  }
}

/** The pass alone, with nobody told how it ended; a store's refusal is an outcome. */
export function passOutcome(pass: Pass): Promise<Outcome> {
  return orRefused(() => run(pass));
}

async function run(pass: Pass): Promise<Outcome> {
  const { clock } = pass.ports;
  const dateMs = await pass.session.read();
  const skewMs = dateMs === undefined ? 0 : clock.nowMs() - dateMs;
  if (Math.abs(skewMs) > skewMaxMs) return { kind: 'clock-skewed', skewMs };
  const gate = await passGate(pass);
  if (gate.kind === 'shut') return gate.outcome;
  return holdingLease(pass, () => withLease(pass, gate.rejected));
}

type Gate =
  | { readonly kind: 'shut'; readonly outcome: Outcome }
  | {
      readonly kind: 'open';
      readonly rejected: RejectedToken;
    };

/** Step 0. What it reads may be behind: nothing is decided here but whether to take the lease. */
async function passGate(pass: Pass): Promise<Gate> {
  const { clock, accessToken } = pass.ports;
  const { journal } = pass.session;
  const [published, current] = await Promise.all([readPublished(accessToken), readGrant(pass)]);
  pass.published = published?.token;
  const manual = manualIn(pass.published, current?.grant);
  if (manual !== undefined) return shut(await checkManualToken(pass, manual));
  if (current === undefined) {
    if (journal.known === null) return shut({ kind: 'not-connected', missing: 'grant' });
    return { kind: 'open', rejected: 'not-visible-yet' };
  }
  const foreign = foreignGrant(pass, current);
  if (foreign !== undefined) return shut(foreign);

  if (pass.published && isReplaced(pass, pass.published)) {
    return shut({ kind: 'fresh', token: factsOf(pass.published) });
  }
  const rejected = await checkRejected(pass);
  const reason = dueReason({
    journal,
    published: pass.published,
    current: current.grant,
    nowMs: pass.session.nowMs(),
    publishedRejected: rejected !== undefined && rejected !== 'not-visible-yet',
    request: pass.request,
    settings: pass.settings,
  });
  if (reason === undefined && pass.published) {
    const latch = await standingLatch(pass, current.grant);
    return shut(
      latch ? { kind: 'latched', latch } : { kind: 'fresh', token: factsOf(pass.published) },
    );
  }
  if (clock.monotonicMs() > pass.sendByMs) return shut({ kind: 'out-of-time' });
  return { kind: 'open', rejected };
}

/** Whether a consumer complains of a token that has a successor, which lasts. */
function isReplaced({ request, session }: Pass, published: AccessToken): boolean {
  const { expiresAtMs } = published;
  const nowMs = session.nowMs();
  const isOver = expiresAtMs !== null && (nowMs >= expiresAtMs || isDatedAhead(published, nowMs));
  return request.rejected !== undefined && isNewer(published, request.rejected) && !isOver;
}

function shut(outcome: Outcome): Gate {
  return { kind: 'shut', outcome };
}

/** Step 1, and the end of step 8: whatever happens in between, the journal hears of it once. */
async function holdingLease(pass: Pass, work: () => Promise<Ending>): Promise<Outcome> {
  const { clock, owner } = pass.ports;
  const taken = await retryWhileUnavailable(clock, clock.monotonicMs() + closeMs, () =>
    pass.session.amend((journal) =>
      takeLease(journal, owner, { nowMs: pass.session.nowMs(), termMs: pass.settings.leaseTermMs }),
    ),
  );
  if (taken === 'held') {
    return { kind: 'busy', untilMs: busyUntilMs(pass.session.journal, pass.session.nowMs()) };
  }
  let settled: Position | undefined;
  const outcome = await orRefused(async () => {
    const ending = await work();
    settled = ending.settled;
    return ending.outcome;
  });
  await close(pass, outcome, settled);
  return outcome;
}

async function close(pass: Pass, outcome: Outcome, settled: Position | undefined): Promise<void> {
  const { clock, owner } = pass.ports;
  const untilMs = Math.min(pass.endMs, clock.monotonicMs() + closeMs);
  try {
    await retryWhileUnavailable(clock, untilMs, () =>
      pass.session.amend((journal) =>
        closePass(journal, {
          owner,
          outcome,
          nowMs: pass.session.nowMs(),
          settled,
          sentAs: pass.sentAs,
        }),
      ),
    );
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    // The lease runs out by itself, and the next pass settles.
    pass.warnings.push(`the pass was not closed in the journal: ${error.message}`);
  }
}

async function orRefused(action: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    const refused = { kind: 'store-refused', reason: error.reason, detail: error.message } as const;
    return error instanceof LoggedOut ? { ...refused, isLoggedOut: true } : refused;
  }
}
