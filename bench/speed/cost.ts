// Goal: what a month costs, and how that grows with webhooks.
// Method: calls counted on the wire of the built functions, times a dated table of prices; beside a handler that reads
// its secret, refreshes, and puts the new token back for each webhook.
import {
  type Calls,
  type Counted,
  monthOf,
  prices,
  runCost,
  type Setup,
  secretCost,
  totalOf,
} from '../../src/cli/cost/month.ts';
import { type Measured, ratio, significant } from '../measured.ts';
import { countedCalls } from './counted-calls.ts';

const months = [0, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
/** What the same months came to with version 0.1.0, as printed then: fourteen alarms and ten metrics, one price each. */
const before = [6.73, 6.74, 6.83, 7.79, 17.32, 112.66];
const byDefault: Setup = {
  connections: 1,
  webhooks: true,
  watching: 'small',
  alarms: true,
  nightlySync: false,
  ownKey: true,
};
const [idleMost, millionMost] = [3.6, 13];

/** Row 8. */
export async function cost(): Promise<Measured> {
  const counted = await countedCalls();
  const full = { ...byDefault, watching: 'full' } as const;
  const rows = months.map((webhooks, at) => ({
    webhooks,
    ours: totalOf(monthOf(byDefault, webhooks, counted)),
    full: totalOf(monthOf(full, webhooks, counted)),
    before: before[at] ?? 0,
    theirs: monthOfTheirs(webhooks),
  }));
  const cheaperFrom = crossing(counted);
  const last = rows.at(-1) ?? { ours: 0, theirs: 1 };
  const at = (webhooks: number) => rows.find((row) => row.webhooks === webhooks)?.ours ?? 0;
  return {
    name: 'cost',
    title: 'Cost of a month by webhooks',
    goal: `at most $${idleMost.toFixed(2)} without any, and $${millionMost} with a million`,
    isReached: at(0) <= idleMost && at(1e6) <= millionMost,
    summary: `$${at(0).toFixed(2)} without any, ${ratio(last.ours / last.theirs)} of the other’s at 10⁷; cheaper from ${significant(cheaperFrom)} on`,
    head: [
      'webhooks a month',
      'Fresco',
      'in 0.1.0',
      'watching: full',
      'a refresh for each',
      'ratio',
    ],
    rows: rows.map((row) => [
      row.webhooks.toLocaleString('en-US'),
      ...[row.ours, row.before, row.full, row.theirs].map((dollars) => `$${dollars.toFixed(2)}`),
      ratio(row.ours / row.theirs),
    ]),
    remark: remarkOn(counted),
    plot: {
      unit: 'US dollars, logarithmic',
      series: [
        { name: 'Fresco', points: rows.map((row) => [labelOf(row.webhooks), row.ours]) },
        {
          name: 'a refresh for each',
          points: rows.map((row) => [labelOf(row.webhooks), row.theirs]),
        },
      ],
    },
  };
}

function remarkOn(counted: Counted & { readonly webhook: Calls }): string {
  const { check, refresh, webhook, alone } = counted;
  const idle = monthOf(byDefault, 0, counted);
  const parts = idle.map(({ what, count: many, dollars }) => {
    return `${Math.round(many)} ${what} $${dollars.toFixed(2)}`;
  });
  return [
    `Counted calls: a check ${told(check)}; a refresh ${told(refresh)}; a webhook that comes alone, as is reckoned here, ${told(alone)}; one of ten ${told(webhook)}; and ${significant(counted.logBytes.webhook)} bytes of logs and metrics.`,
    `Without webhooks: ${parts.join(', ')}. Each metric of an alarm is counted as an alarm, which the figures of 0.1.0 did not do (it had 18), nor did they have its dashboard ($${prices.dashboardMonth.toFixed(2)}).`,
    'The other: 1 secret, and for each webhook one read, one refresh and one put; no queue, journal, de-duplication or alarm.',
    `Secrets Manager allows about one put in ten minutes for long: above some 4,000 webhooks a month it works on paper only.`,
    'Not counted: Lambda polls an empty queue some 650,000 times a month, which the free million of SQS requests covers ($0.26 where something else has used it up), in 0.1.0 as now.',
    `Prices as of ${prices.asOf}: ${prices.source}; durations and what Lambda logs of a run are assumed. All of it is in src/cli/cost/prices.json, which \`fresco cost\` reads too.`,
  ].join(' ');
}

function monthOfTheirs(webhooks: number): number {
  const { assumedMs, millionCalls, secretMonth } = prices;
  const each =
    (millionCalls.httpApi + millionCalls.event) / 1e6 +
    runCost(assumedMs.refreshingHandler) +
    2 * secretCost();
  return secretMonth + webhooks * each;
}

/** From how many webhooks on ours costs less. */
function crossing(counted: Counted): number {
  const rise = (of: (webhooks: number) => number) => of(1e6) / 1e6 - of(0) / 1e6;
  const ours = (webhooks: number) => totalOf(monthOf(byDefault, webhooks, counted));
  return (ours(0) - monthOfTheirs(0)) / (rise(monthOfTheirs) - rise(ours));
}

function told({ secrets, tableReads, tableWrites, events, queue }: Calls): string {
  const all = [
    [secrets, 'of Secrets Manager'],
    [tableReads + tableWrites, 'of the table'],
    [queue, 'of the queue'],
    [events, 'of the bus'],
  ] as const;
  const some = all.filter(([count]) => count > 0);
  return some.map(([count, what]) => `${significant(count)} ${what}`).join(', ');
}

function labelOf(webhooks: number): string {
  return webhooks === 0 ? 'none' : webhooks.toLocaleString('en-US');
}
