import { alertsSinceMs, factsOf, meaningOf, type Outcome } from '../outcome/outcome.ts';
import type { PublishedFacts, Report } from '../outcome/report.ts';
import { StoreRefused } from '../ports.ts';
import { orRefusal, unlessRefused } from '../store-refusal.ts';
import type { Pass } from './pass.ts';

const noteMs = 5_000;

/** Reports a pass once; that a person was alerted is noted, so that the next pass does not do so again. */
export async function reportPass(pass: Pass, outcome: Outcome): Promise<void> {
  const sinceMs = alertsSinceMs(outcome);
  const alerts = sinceMs !== undefined && pass.session.journal.called?.forMs !== sinceMs; // guard: a call that was noted is not made again
  const report = reportOf(pass, outcome, alerts);
  const reported = await orRefusal(() => pass.ports.reporter.report(report));
  const isOut = !(reported instanceof StoreRefused);
  if (alerts && isOut) await noteAlert(pass, sinceMs); // guard: the call is noted
}

/** Unnoted, the next check alerts again: better than never. */
async function noteAlert({ session, ports }: Pass, forMs: number): Promise<void> {
  const { clock, owner } = ports;
  const called = { forMs, by: owner.id };
  await unlessRefused(() =>
    session.amend(
      (journal) => (journal.called?.forMs === forMs ? journal : { ...journal, called }),
      clock.monotonicMs() + noteMs,
    ),
  );
}

/** What a report says of the pass itself. */
type ReportedPass = Pick<Pass, 'settings' | 'request' | 'session'> & {
  readonly published: PublishedFacts | undefined;
  readonly warnings: readonly string[];
};

/** The report of a pass that ended so. */
export function reportOf(pass: ReportedPass, outcome: Outcome, alerts: boolean): Report {
  const { published, settings, request, session, warnings } = pass;
  const turn = alerts ? 'reauthorization-required' : healing(pass, outcome);
  return {
    connection: settings.connection,
    trigger: request.trigger,
    atMs: session.nowMs(),
    outcome,
    ...(published && { published: { ...factsOf(published), issuedAtMs: published.issuedAtMs } }),
    ...(turn && { turn }),
    warnings,
  };
}

function healing({ session }: ReportedPass, outcome: Outcome): Report['turn'] {
  const meaning = meaningOf(outcome);
  const healed = meaning.class === 'done' && meaning.isNews;
  return healed && session.found.failingSinceMs !== null ? 'recovered' : undefined;
}
