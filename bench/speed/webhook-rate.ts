// Goal: webhooks are handled as fast as the API lets one read.
// Method: batches of ten through the handler as its function builds it, and through one that refreshes for each;
// one process, and so one core, against services and an API in another one that answer after so long.
import { type Measured, ratio, significant } from '../measured.ts';
import type { Spread } from '../rounds.ts';
import { apart } from './apart.ts';

/** What a process for this row tells: nanoseconds for one webhook. */
export type WebhookRates = Readonly<Record<'fresco' | 'refreshing', Spread>>;

const runs = [
  { latencyMs: 0, batches: 5, rounds: 9 },
  { latencyMs: 10, batches: 2, rounds: 7 },
  { latencyMs: 100, batches: 1, rounds: 3 },
];

/** Row 5. */
export async function webhookRate(): Promise<Measured> {
  const seen: { latencyMs: number; rates: WebhookRates }[] = [];
  for (const { latencyMs, batches, rounds } of runs) {
    const rates = await apart<WebhookRates>('webhook-rate-process.ts', [
      latencyMs,
      batches,
      rounds,
    ]);
    seen.push({ latencyMs, rates });
  }
  const rows = seen.map(({ latencyMs, rates: { fresco, refreshing } }) => ({
    latencyMs,
    fresco,
    refreshing,
    times: refreshing.median / fresco.median,
  }));
  const [atOnce] = rows;
  const last = rows.at(-1);
  const least = Math.min(...rows.map(({ times }) => times));
  const perSecond = (nanoseconds: number) => significant(1e9 / nanoseconds);
  const range = ({ low, high }: Spread) => `${perSecond(high)} to ${perSecond(low)}`;
  return {
    name: 'webhook-rate',
    title: 'Webhooks a second on one core',
    goal: 'at least 5 × of a handler that refreshes for each',
    isReached: least >= 5,
    summary: `${ratio(last?.times ?? 0)} where an answer takes ${last?.latencyMs} ms; ${ratio(atOnce?.times ?? 0)} where it takes none: five calls and a tenth beside five`,
    head: [
      'each answer after',
      'Fresco',
      'middle half',
      'a refresh for each',
      'middle half',
      'ratio',
    ],
    rows: rows.map(({ latencyMs, fresco, refreshing, times }) => [
      `${latencyMs} ms`,
      perSecond(fresco.median),
      range(fresco),
      perSecond(refreshing.median),
      range(refreshing),
      ratio(times),
    ]),
    remark:
      'Each refresh needs the token that the one before has brought, so one webhook waits for the other; Fresco reads its token once and handles a batch together. Without any delay only processor time counts, and there Fresco makes five calls for each webhook (claim, entity, event, note, confirmation) and one for ten (quota) where the other makes five: the limit is the cost of a signed call.',
    plot: {
      unit: 'a second, logarithmic',
      series: [
        {
          name: 'Fresco',
          points: rows.map((row) => [`${row.latencyMs} ms`, 1e9 / row.fresco.median]),
        },
        {
          name: 'a refresh for each',
          points: rows.map((row) => [`${row.latencyMs} ms`, 1e9 / row.refreshing.median]),
        },
      ],
    },
  };
}
