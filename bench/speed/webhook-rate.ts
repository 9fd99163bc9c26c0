// Goal: webhooks are handled as fast as the API lets one read.
// Method: batches of ten, and of the fifty that `webhookWait` allows, through the handler as its function builds it, and through one that refreshes for each;
// one process, and so one core, against services and an API in another one that answer after so long.
import { type Measured, ratio, significant } from '../measured.ts';
import type { Spread } from '../rounds.ts';
import { apart } from './apart.ts';

/** What a process for this row tells: nanoseconds for one webhook. */
export type WebhookRates = Readonly<Record<'fresco' | 'refreshing', Spread>>;

const runs = [
  { latencyMs: 0, batch: 10, batches: 5, rounds: 9 },
  { latencyMs: 10, batch: 10, batches: 2, rounds: 7 },
  { latencyMs: 100, batch: 10, batches: 1, rounds: 3 },
  { latencyMs: 100, batch: 50, batches: 1, rounds: 3 },
];

const fastest = 40;

/** Row 5. */
export async function webhookRate(): Promise<Measured> {
  const seen: { latencyMs: number; batch: number; rates: WebhookRates }[] = [];
  for (const { latencyMs, batch, batches, rounds } of runs) {
    const rates = await apart<WebhookRates>('webhook-rate-process.ts', [
      latencyMs,
      batch,
      batches,
      rounds,
    ]);
    seen.push({ latencyMs, batch, rates });
  }
  const rows = seen.map(({ latencyMs, batch, rates: { fresco, refreshing } }) => ({
    latencyMs,
    batch,
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
    goal: `at least 5 × of a handler that refreshes for each; ${fastest} where an answer takes 100 ms and fifty come together`,
    isReached: least >= 5 && perSecondOf(last) >= fastest,
    summary: `${significant(perSecondOf(last))} a second in batches of ${last?.batch} where an answer takes ${last?.latencyMs} ms; ${ratio(atOnce?.times ?? 0)} of the other’s where it takes none`,
    head: [
      'each answer after',
      'batch',
      'Fresco',
      'middle half',
      'a refresh for each',
      'middle half',
      'ratio',
    ],
    rows: rows.map(({ latencyMs, batch, fresco, refreshing, times }) => [
      `${latencyMs} ms`,
      String(batch),
      perSecond(fresco.median),
      range(fresco),
      perSecond(refreshing.median),
      range(refreshing),
      ratio(times),
    ]),
    remark:
      'Each refresh needs the token that the one before has brought, so one webhook waits for the other; Fresco reads its token once and handles a batch together. Without any delay only processor time counts, and there Fresco makes two calls for each webhook (claim, entity) and three for ten (quota, events, notes with confirmations) where the other makes five for each.',
    plot: {
      unit: 'a second, logarithmic',
      series: [
        {
          name: 'Fresco',
          points: rows.map((row) => [labelOf(row), 1e9 / row.fresco.median]),
        },
        {
          name: 'a refresh for each',
          points: rows.map((row) => [labelOf(row), 1e9 / row.refreshing.median]),
        },
      ],
    },
  };
}

function perSecondOf(row: { readonly fresco: Spread } | undefined): number {
  return 1e9 / (row?.fresco.median ?? Number.POSITIVE_INFINITY);
}

function labelOf({ latencyMs, batch }: { readonly latencyMs: number; readonly batch: number }) {
  return `${latencyMs} ms, ${batch}`;
}
