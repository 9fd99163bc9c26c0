import type { Clock } from '../../core/ports.ts';
import type { SyncProgress } from '../../core/sync/company.ts';
import { durationText } from '../settings/duration.ts';
import { clearMoving, isReadByAPerson, say, sayMoving } from '../terminal.ts';

/** Shows how far a sync is. */
export interface ShownProgress {
  update(progress: SyncProgress): void;
  /** A line that stays. */
  note(text: string): void;
  /** Takes the moving line away. */
  end(): void;
}

const lineEveryMs = 5000;

/** One line that is rewritten on a terminal, a line of JSON every few seconds elsewhere; on standard error. */
export function syncProgress(clock: Pick<Clock, 'monotonicMs'>): ShownProgress {
  const startedMs = clock.monotonicMs();
  const isTerminal = isReadByAPerson();
  let toldMs = Number.NEGATIVE_INFINITY;
  return {
    update(progress) {
      const nowMs = clock.monotonicMs();
      const facts = factsOf(progress, nowMs - startedMs);
      if (isTerminal) {
        sayMoving(textOf(progress, facts));
      } else if (nowMs - toldMs >= lineEveryMs) {
        toldMs = nowMs;
        const { companyId: company, name, done, total, pagesLeft, counts } = progress;
        say(JSON.stringify({ company, list: name, done, total, pagesLeft, ...counts, ...facts }));
      }
    },
    note(text) {
      clearMoving();
      say(text);
    },
    end: clearMoving,
  };
}

interface Facts {
  readonly requestsPerMinute: number;
  /** At least: how long the lists are that were not begun is not known. */
  readonly secondsLeft: number;
}

function factsOf({ counts, pagesLeft, done, total }: SyncProgress, passedMs: number): Facts {
  const perRequestMs = passedMs / Math.max(1, counts.requests);
  return {
    requestsPerMinute: Math.round(60_000 / Math.max(1, perRequestMs)),
    secondsLeft: Math.round(((pagesLeft + total - done - 1) * perRequestMs) / 1000),
  };
}

function textOf({ name, done, total, pagesLeft, counts }: SyncProgress, facts: Facts): string {
  const left = durationText(facts.secondsLeft * 1000);
  const rate = `${facts.requestsPerMinute} requests/min`;
  return `${done + 1}/${total} ${name}: ${pagesLeft} pages left, ${counts.changed} changed, ${rate}, at least ${left} to go`;
}
