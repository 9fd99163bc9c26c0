// Goal: a person is called at least once for whatever needs one, and not again by those who can know of it.
// Method: which call got out, what its caller knew, and who noted it in the journal, trouble by trouble.
import type { Journal } from '../../../src/core/journal/journal.ts';
import type { Outcome } from '../../../src/core/outcome/outcome.ts';
import type { Report } from '../../../src/core/outcome/report.ts';
import type { Process } from '../world/scheduler.ts';

/** What became of a report: a bus that took it may have said otherwise. */
export type ReportFate = 'out' | 'out unanswered' | 'refused';

/** What happened about one trouble. */
interface TroubleRecord {
  readonly noted: Set<Process>;
  /** The journal refused them something, or the bus said that it had. */
  readonly refused: Set<Process>;
  readonly called: Process[];
  isReported: boolean;
  isCalledInVain: boolean;
}

/** The calls of one history. */
export class PersonCalls {
  /** By its `sinceMs`, as the journal names it. */
  readonly #troubles = new Map<number, TroubleRecord>();

  /** A journal is written that names a trouble for which a person was called. */
  onWrite(process: Process, before: Journal, after: Journal): void {
    const { called } = after;
    if (called === null || called === before.called) return;
    this.#of(called.forMs).noted.add(process);
  }

  /** The journal refuses what this process wanted to write, whether or not it did it. */
  onRefused(process: Process, wanted: Journal): void {
    if (wanted.called !== null) this.#of(wanted.called.forMs).refused.add(process);
  }

  /** A read on the way to a note is refused. */
  onReadRefused(process: Process): void {
    for (const trouble of this.#troubles.values()) trouble.refused.add(process);
  }

  /** `knownForMs`: for what a person was called before, by the journal as this process saw it last. */
  onReport(
    process: Process,
    { outcome, turn }: Report,
    fate: ReportFate,
    knownForMs: number | undefined,
  ): void {
    const sinceMs = calledForSinceMs(outcome);
    if (sinceMs === undefined) return;
    const trouble = this.#of(sinceMs);
    if (fate === 'out unanswered') trouble.refused.add(process);
    if (fate !== 'out') return;
    trouble.isReported = true;
    if (turn !== 'reauthorization-required') return;
    trouble.called.push(process);
    if (knownForMs === sinceMs) trouble.isCalledInVain = true;
  }

  /** What was promised and not kept. */
  breaches(): string[] {
    return [...this.#troubles.values()].flatMap((trouble) => {
      const { called, noted, refused } = trouble;
      const isUnnoted = called.some(
        (process) => process.state === 'ended' && !noted.has(process) && !refused.has(process),
      );
      return [
        ...(trouble.isCalledInVain ? ['a person was called again by who knew of a call'] : []),
        // Two at once may both call, and the first of them notes it.
        ...(isUnnoted && noted.size === 0 ? ['a call of a person was not noted'] : []),
        ...(trouble.isReported && called.length === 0 ? ['a person was not called'] : []),
      ];
    });
  }

  /** Whether any pass spoke of what needs a person's call. */
  get isAnyReported(): boolean {
    return [...this.#troubles.values()].some((trouble) => trouble.isReported);
  }

  #of(sinceMs: number): TroubleRecord {
    const known = this.#troubles.get(sinceMs);
    if (known !== undefined) return known;
    const fresh = {
      noted: new Set<Process>(),
      refused: new Set<Process>(),
      called: [],
      isReported: false,
      isCalledInVain: false,
    };
    this.#troubles.set(sinceMs, fresh);
    return fresh;
  }
}

function calledForSinceMs(outcome: Outcome): number | undefined {
  if (outcome.kind === 'latched') return outcome.latch.sinceMs;
  return outcome.kind === 'application-refused' && outcome.needsPerson
    ? outcome.sinceMs
    : undefined;
}
