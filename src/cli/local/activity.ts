import type { SiteEnd } from '../../connection/local/pages.ts';
import type { Moment } from '../../console/view.ts';
import type { FrescoEvent } from '../../core/events/event.ts';
import { classOf } from '../../core/outcome/outcome.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import type { Report } from '../../core/outcome/report.ts';
import type { Processed } from '../../core/webhooks/outcome.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';

/** What has just happened, without its time. */
export type Happening = Omit<Moment, 'atMs'>;

/** How many webhooks were sent and accepted, and how many of their events are on the bus. */
export interface WebhookCounts {
  readonly sent: number;
  readonly accepted: number;
  readonly published: number;
}

/** Tells everyone who listens what happens. */
export interface Moments {
  /** Counts one more. */
  count(what: keyof WebhookCounts): void;
  /** Since the start. */
  counts(): WebhookCounts;
  tell(happening: Happening): void;
  /** The last ones, oldest first. */
  recent(): readonly Moment[];
  subscribe(listener: (moment: Moment) => void): () => void;
}

const keptMax = 200;
const typePrefix = 'it.fattureincloud.webhooks.';

/** Moments of one system, timed by its clock. */
export function createMoments(nowMs: () => number): Moments {
  const listeners = new Set<(moment: Moment) => void>();
  let kept: readonly Moment[] = [];
  let counts: WebhookCounts = { sent: 0, accepted: 0, published: 0 };
  return {
    count: (what) => {
      counts = { ...counts, [what]: counts[what] + 1 };
    },
    counts: () => counts,
    tell: (happening) => {
      const moment = { atMs: nowMs(), ...happening };
      kept = [...kept, moment].slice(-keptMax);
      for (const listener of [...listeners]) listener(moment);
    },
    recent: () => kept,
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

/** What became of a webhook's message, where that is not an event. */
export function handledHappening(end: Processed): Happening | undefined {
  switch (end.kind) {
    case 'done':
      return undefined;
    case 'retry':
      return { kind: 'webhook', tone: 'bad', text: `put off (${end.reason}): ${end.detail}` };
    case 'foreign':
      return { kind: 'webhook', tone: 'bad', text: `not ours: ${end.reason}` };
    case 'drop':
      return { kind: 'webhook', tone: 'bad', text: `given up: ${end.reason}` };
  }
}

/** An event of the bus in one line. */
export function eventHappening({ detailType, detail }: FrescoEvent): Happening {
  const { resource, id, change, generation, outcome, hoursLeft } = detail;
  const about = {
    'Entity Changed': [resource, id, change],
    'Token Refreshed': [generation && `generation ${generation}`],
    'Token Refresh Recovered': [generation && `generation ${generation}`],
    'Token Refresh Failed': [outcome, hoursLeft !== undefined && `${hoursLeft} h left`],
    'Reauthorization Required': [detail['why']],
    'Webhook Subscription Lost': [],
    'Sync Completed': [],
  }[detailType];
  const text = [detailType, ...about].filter(Boolean).join(' · ');
  const isBad = /Failed|Required|Lost/.test(detailType);
  return { kind: 'event', tone: isBad ? 'bad' : 'good', text };
}

/** Tells of each request that the sandbox answers and each webhook that it sends. */
export function tellOfSandbox(sandbox: Sandbox, moments: Moments): () => void {
  return sandbox.observe((event) => {
    if (event.kind === 'request') {
      const { method, path, status, fault } = event;
      const isBad = fault !== undefined || status === 0 || status >= 400;
      const answer = status === 0 ? 'no answer' : String(status);
      const because = fault === undefined ? '' : ` (fault: ${fault})`;
      const text = `${method} ${path} → ${answer}${because}`;
      moments.tell({ kind: 'request', tone: isBad ? 'bad' : 'plain', text });
    }
    if (event.kind === 'delivery') {
      moments.count('sent');
      if (event.outcome === 'delivered') moments.count('accepted');
      const tone = event.outcome === 'delivered' ? 'plain' : 'bad';
      const text = `${event.type.replace(typePrefix, '')} → ${event.status} ${event.outcome}`;
      moments.tell({ kind: 'webhook', tone, text });
    }
  });
}

/** How a person has come on with a new consent; nothing of a look alone. */
export function consentHappening({ step, page }: SiteEnd): Happening | undefined {
  if (step === 'look') return undefined;
  const tone = page === 'begun' || page === 'connected' ? 'good' : 'bad';
  return { kind: 'login', tone, text: `consent by link: ${page.replaceAll('-', ' ')}` };
}
