import type { Moment } from '../console/view.ts';
import { classOf } from '../core/outcome.ts';
import { describeOutcome } from '../core/outcome-text.ts';
import type { FrescoEvent, Report } from '../core/report.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** What has just happened, without its time. */
export type Happening = Omit<Moment, 'atMs'>;

/** Tells everyone who listens what happens. */
export interface Moments {
  tell(happening: Happening): void;
  subscribe(listener: (moment: Moment) => void): () => void;
}

/** Moments of one system, timed by its clock. */
export function createMoments(nowMs: () => number): Moments {
  const listeners = new Set<(moment: Moment) => void>();
  return {
    tell: (happening) => {
      for (const listener of listeners) listener({ atMs: nowMs(), ...happening });
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A pass in one sentence. */
export function happeningOf({ outcome }: Report): Happening {
  const text = describeOutcome(outcome);
  if (classOf(outcome) !== 'done') return { kind: 'rotation', tone: 'bad', text };
  return { kind: 'rotation', tone: outcome.kind === 'fresh' ? 'plain' : 'good', text };
}

/** An event of the bus in one line. */
export function eventHappening({ detailType, detail }: FrescoEvent): Happening {
  const parts = [
    detailType,
    detail['resource'],
    detail['id'],
    detail['change'] ?? detail['outcome'],
  ];
  const text = parts.filter((part) => part !== undefined).join(' · ');
  return { kind: 'event', tone: detailType.endsWith('Failed') ? 'bad' : 'good', text };
}

/** Tells of each request that the sandbox answers and each webhook that it sends. */
export function tellOfSandbox(sandbox: Sandbox, moments: Moments): void {
  sandbox.observe((event) => {
    if (event.kind === 'request') {
      const { method, path, status, fault } = event;
      const isBad = fault !== undefined || status === 0 || status >= 400;
      const answer = status === 0 ? 'no answer' : String(status);
      const because = fault === undefined ? '' : ` (fault: ${fault})`;
      const text = `${method} ${path} → ${answer}${because}`;
      moments.tell({ kind: 'request', tone: isBad ? 'bad' : 'plain', text });
    }
    if (event.kind === 'delivery') {
      const tone = event.outcome === 'delivered' ? 'plain' : 'bad';
      const text = `${event.type} → ${event.status} ${event.outcome}`;
      moments.tell({ kind: 'webhook', tone, text });
    }
  });
}
