// Goal: a person is called once for each latch, and not at all only where the one who was to call died.
// Method: who claimed the call in the journal, whose claim was refused, and who called, latch by latch.
import type { Journal } from '../../src/core/journal.ts';
import type { Report } from '../../src/core/report.ts';
import type { Process } from './scheduler.ts';

/** What happened about one latch. */
interface LatchRecord {
  readonly claimed: Set<Process>;
  readonly refused: Set<Process>;
  readonly called: Process[];
  isReported: boolean;
}

/** The calls of one history. */
export class PersonCalls {
  /** By the latch's `sinceMs`, as the journal names it. */
  readonly #latches = new Map<number, LatchRecord>();

  /** A journal is written that names who calls. */
  onWrite(process: Process, before: Journal, after: Journal): void {
    const { called } = after;
    if (called === null || called === before.called) return;
    const latch = this.#of(called.forMs);
    latch.claimed.add(process);
    latch.refused.delete(process);
  }

  /** The journal refuses what this process wanted to write, whether or not it did it. */
  onRefused(process: Process, wanted: Journal): void {
    if (wanted.called !== null) this.#of(wanted.called.forMs).refused.add(process);
  }

  /** A read on the way to a claim is refused. */
  onReadRefused(process: Process): void {
    for (const latch of this.#latches.values()) latch.refused.add(process);
  }

  onReport(process: Process, { outcome, turn }: Report): void {
    if (outcome.kind !== 'latched') return;
    const latch = this.#of(outcome.latch.sinceMs);
    latch.isReported = true;
    if (turn === 'reauthorization-required') latch.called.push(process);
  }

  /** What was promised and not kept. */
  breaches(): string[] {
    return [...this.#latches.values()].flatMap((latch) => {
      if (!latch.isReported) return [];
      // Who was refused the claim calls all the same: better twice than late.
      const unexcused = latch.called.filter((process) => !latch.refused.has(process));
      const isTwice = latch.called.length > 1 && unexcused.length > 1;
      const isDead = [...latch.claimed].some((process) => process.state === 'dead');
      const isSilent = latch.called.length === 0 && !isDead;
      return [
        ...(isTwice ? ['a person was called twice for one latch'] : []),
        ...(isSilent ? ['a person was not called for a latch'] : []),
      ];
    });
  }

  /** Whether any pass spoke of a latch. */
  get isAnyReported(): boolean {
    return [...this.#latches.values()].some((latch) => latch.isReported);
  }

  #of(sinceMs: number): LatchRecord {
    const known = this.#latches.get(sinceMs);
    if (known !== undefined) return known;
    const fresh = {
      claimed: new Set<Process>(),
      refused: new Set<Process>(),
      called: [],
      isReported: false,
    };
    this.#latches.set(sinceMs, fresh);
    return fresh;
  }
}
