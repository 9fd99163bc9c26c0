// Goal: what a month costs, and how that grows with webhooks.
// Method: calls counted on the wire of the built functions, times a dated table of prices; beside a handler that reads
// its secret, refreshes, and puts the new token back for each webhook.
import { readFileSync } from 'node:fs';
import { type Measured, ratio, significant } from '../measured.ts';
import { type Calls, countedCalls } from './counted-calls.ts';

const months = [0, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
const hours = 730;
const refreshesADay = 2;
const alarms = 15;
// Two outcomes, checks, hours left, idle days, person needed, uncertain hours, two receipts, one ending.
const metrics = 10;

interface Prices {
  readonly asOf: string;
  readonly source: string;
  readonly secretMonth: number;
  readonly keyMonth: number;
  readonly alarmMonth: number;
  readonly metricMonth: number;
  readonly millionCalls: Readonly<
    Record<
      | 'secrets'
      | 'key'
      | 'httpApi'
      | 'function'
      | 'queue'
      | 'tableRead'
      | 'tableWrite'
      | 'event'
      | 'schedule',
      number
    >
  >;
  readonly gigabyteSecond: number;
  readonly functionGigabytes: number;
  readonly logGigabyte: number;
  readonly assumedMs: Readonly<
    Record<'receiver' | 'handler' | 'check' | 'refresh' | 'refreshingHandler', number>
  >;
  /** What Lambda itself writes of each run. */
  readonly assumedLogBytesOfARun: number;
}

/** Row 8. */
export async function cost(): Promise<Measured> {
  const text = readFileSync(new URL('prices.json', import.meta.url), 'utf8');
  const prices = JSON.parse(text) as Prices;
  const counted = await countedCalls();
  const rows = months.map((webhooks) => ({
    webhooks,
    ours: monthOfOurs(prices, counted, webhooks),
    theirs: monthOfTheirs(prices, webhooks),
  }));
  const cheaperFrom = crossing(prices, counted);
  const last = rows.at(-1) ?? { ours: 0, theirs: 1 };
  const { check, refresh, webhook, alone } = counted;
  return {
    name: 'cost',
    title: 'Cost of a month by webhooks',
    goal: 'printed, and how it grows',
    isReached: true,
    summary: `$${significant(rows[0]?.ours ?? 0)} without any, ${ratio(last.ours / last.theirs)} of the other’s at 10⁷; cheaper from ${significant(cheaperFrom)} on`,
    head: ['webhooks a month', 'Fresco', 'a refresh for each', 'ratio'],
    rows: rows.map(({ webhooks, ours, theirs }) => [
      webhooks.toLocaleString('en-US'),
      `$${ours.toFixed(2)}`,
      `$${theirs.toFixed(2)}`,
      ratio(ours / theirs),
    ]),
    remark: [
      `Counted calls: a check ${told(check)}; a refresh ${told(refresh)}; a webhook that comes alone, as is reckoned here, ${told(alone)}; one of ten ${told(webhook)}; and ${significant(counted.logBytes.webhook)} bytes of logs and metrics.`,
      `Fresco without webhooks: 3 secrets, a key, ${alarms} alarms, ${metrics} metrics, hourly checks and ${refreshesADay} refreshes a day.`,
      'The other: 1 secret, and for each webhook one read, one refresh and one put; no queue, journal, de-duplication or alarm.',
      `Secrets Manager allows about one put in ten minutes for long: above some 4,000 webhooks a month it works on paper only.`,
      `Prices as of ${prices.asOf}: ${prices.source}; durations and what Lambda logs of a run are assumed. All of it is in bench/speed/prices.json.`,
    ].join(' '),
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

type Counted = Awaited<ReturnType<typeof countedCalls>>;

function monthOfOurs(prices: Prices, counted: Counted, webhooks: number): number {
  const { assumedMs, millionCalls } = prices;
  const refreshes = (refreshesADay * hours) / 24;
  const standing =
    3 * prices.secretMonth +
    prices.keyMonth +
    alarms * prices.alarmMonth +
    metrics * prices.metricMonth;
  const checks = (hours * millionCalls.schedule) / 1e6 + run(prices, assumedMs.check) * hours;
  const { logBytes } = counted;
  const rotating =
    hours * (callsCost(prices, counted.check, journalUnits) + logCost(prices, logBytes.check)) +
    refreshes *
      (callsCost(prices, counted.refresh, journalUnits) +
        run(prices, assumedMs.refresh) +
        logCost(prices, logBytes.refresh));
  // A process lives for hours, and reads its token at its start.
  const reading = hours * counted.tokenReads * secretCost(prices);
  const each =
    millionCalls.httpApi / 1e6 +
    run(prices, assumedMs.receiver) +
    run(prices, assumedMs.handler) +
    // Its items are well below a unit of writing; the last two are written with one call.
    callsCost(prices, { ...counted.alone, tableWrites: 3 }, 1) +
    logCost(prices, logBytes.webhook);
  return standing + checks + rotating + reading + webhooks * each;
}

function monthOfTheirs(prices: Prices, webhooks: number): number {
  const { assumedMs, millionCalls } = prices;
  const each =
    (millionCalls.httpApi + millionCalls.event) / 1e6 +
    run(prices, assumedMs.refreshingHandler) +
    2 * secretCost(prices);
  return prices.secretMonth + webhooks * each;
}

/** From how many webhooks on ours costs less. */
function crossing(prices: Prices, counted: Counted): number {
  const rise = (of: (webhooks: number) => number) => of(1e6) / 1e6 - of(0) / 1e6;
  const ours = (webhooks: number) => monthOfOurs(prices, counted, webhooks);
  const theirs = (webhooks: number) => monthOfTheirs(prices, webhooks);
  return (ours(0) - theirs(0)) / (rise(theirs) - rise(ours));
}

/** One run of a function, with what Lambda writes of it. */
function run(prices: Prices, ms: number): number {
  const { millionCalls, gigabyteSecond, functionGigabytes, assumedLogBytesOfARun } = prices;
  const computing = (ms / 1000) * functionGigabytes * gigabyteSecond;
  return millionCalls.function / 1e6 + computing + logCost(prices, assumedLogBytesOfARun);
}

function logCost({ logGigabyte }: Prices, bytes: number): number {
  return (bytes / 1e9) * logGigabyte;
}

/** Each call of a secret is one of its key too. */
function secretCost({ millionCalls }: Prices): number {
  return (millionCalls.secrets + millionCalls.key) / 1e6;
}

// The journal is longer than a unit of writing.
const journalUnits = 2;

function callsCost(prices: Prices, calls: Calls, unitsOfAWrite: number): number {
  const { queue, tableRead, tableWrite, event } = prices.millionCalls;
  const others =
    calls.queue * queue +
    calls.tableReads * tableRead +
    unitsOfAWrite * calls.tableWrites * tableWrite +
    calls.events * event;
  return others / 1e6 + calls.secrets * secretCost(prices);
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
