import type { Watching } from '../../core/outcome/attention.ts';
import table from './prices.json' with { type: 'json' };

/** What is paid, and what is assumed or was counted on the wire; a test compares what was counted. */
export const prices = table;

/** What a stack is made of, as far as it is paid for by the month. */
export interface Setup {
  readonly connections: number;
  readonly webhooks: boolean;
  readonly watching: Watching;
  readonly alarms: boolean;
  readonly nightlySync: boolean;
  /** Whether the stack makes its key; a key that is given to it is paid for elsewhere. */
  readonly ownKey: boolean;
}

/** Calls of AWS's services for one occasion. */
export interface Calls {
  readonly secrets: number;
  readonly tableReads: number;
  readonly tableWrites: number;
  readonly events: number;
  readonly queue: number;
}

/** What the functions call and print, by occasion. */
export interface Counted {
  readonly check: Calls;
  readonly refresh: Calls;
  /** A webhook that comes alone. */
  readonly alone: Calls;
  readonly tokenReads: number;
  readonly logBytes: Readonly<Record<'check' | 'refresh' | 'webhook', number>>;
}

/** One position of the bill. */
export interface Line {
  readonly what: string;
  readonly count: number;
  readonly dollars: number;
}

const hoursOfMonth = 730;
const refreshesADay = 2;
// The journal is longer than a unit of writing.
const journalUnits = 2;

/** A month with so many webhooks, position by position. */
export function monthOf(setup: Setup, webhooks: number, counted: Counted = table.counted): Line[] {
  const { connections } = setup;
  const checks = hoursOfMonth * connections;
  const refreshes = (refreshesADay * hoursOfMonth * connections) / 24;
  const nights = setup.nightlySync ? (hoursOfMonth / 24) * connections : 0;
  const line = (what: string, count: number, each: number) => ({
    what,
    count,
    dollars: count * each,
  });
  const { assumedMs, millionCalls } = table;
  const schedule = millionCalls.schedule / 1e6;
  const lines = [
    line('secrets', 3 * connections, table.secretMonth),
    line('key', setup.ownKey ? 1 : 0, table.keyMonth),
    line('metrics that alarms watch', alarmMetricsOf(setup), table.alarmMonth),
    line('metrics of its own', ownMetricsOf(setup), table.metricMonth),
    line('dashboard', setup.watching === 'full' ? 1 : 0, table.dashboardMonth),
    line(
      'checks',
      checks,
      schedule + passCost(counted.check, assumedMs.check, counted.logBytes.check),
    ),
    line(
      'refreshes',
      refreshes,
      passCost(counted.refresh, assumedMs.refresh, counted.logBytes.refresh),
    ),
    line('nightly syncs', nights, schedule + runCost(assumedMs.sync)),
    // A process lives for hours, and reads its token at its start.
    line('reads of the token', setup.webhooks ? checks * counted.tokenReads : 0, secretCost()),
    line('webhooks', setup.webhooks ? webhooks : 0, webhookCost(counted)),
  ];
  return lines.filter(({ count }) => count > 0);
}

/** The sum of a bill. */
export function totalOf(lines: readonly Line[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}

/** What each option adds to a month, or takes from it. */
export function optionsOf(setup: Setup, webhooks: number): Readonly<Record<string, number>> {
  const total = totalOf(monthOf(setup, webhooks));
  const against = (change: Partial<Setup>) =>
    totalOf(monthOf({ ...setup, ...change }, webhooks)) - total;
  return {
    'one more connection': against({ connections: setup.connections + 1 }),
    [setup.webhooks ? 'webhooks: false' : 'webhooks: true']: against({ webhooks: !setup.webhooks }),
    [setup.watching === 'full' ? "watching: 'small'" : "watching: 'full'"]: against({
      watching: setup.watching === 'full' ? 'small' : 'full',
    }),
    [setup.alarms ? 'alarms: false' : 'alarms: true']: against({ alarms: !setup.alarms }),
    [setup.nightlySync ? 'no nightlySync' : 'nightlySync']: against({
      nightlySync: !setup.nightlySync,
    }),
    [setup.ownKey ? 'key: one that you pay already' : 'a key of its own']: against({
      ownKey: !setup.ownKey,
    }),
  };
}

/** Each metric of an alarm is billed as an alarm. A test compares these numbers with the template. */
export function alarmMetricsOf({
  connections,
  webhooks,
  watching,
  alarms,
  nightlySync,
}: Setup): number {
  if (!alarms) return 0;
  const night = nightlySync ? 1 : 0;
  return watching === 'full'
    ? connections * (6 + night + (webhooks ? 2 : 0)) + 3 + (webhooks ? 7 : 0)
    : connections * (2 + night) + 2 + (webhooks ? 6 : 0);
}

function ownMetricsOf({ connections, webhooks, watching, nightlySync }: Setup): number {
  // Two outcomes, checks, hours left, idle days, person needed, uncertain hours; two receipts and one ending.
  const ofOne = watching === 'full' ? 7 + (webhooks ? 3 : 0) : 1;
  return connections * (ofOne + (nightlySync ? 1 : 0));
}

function webhookCost({ alone, logBytes }: Counted): number {
  const { assumedMs, millionCalls } = table;
  return (
    millionCalls.httpApi / 1e6 +
    runCost(assumedMs.receiver) +
    runCost(assumedMs.handler) +
    // Its items are well below a unit of writing; the last two are written with one call.
    callsCost({ ...alone, tableWrites: alone.tableWrites + 1 }, 1) +
    logCost(logBytes.webhook)
  );
}

function passCost(calls: Calls, ms: number, bytes: number): number {
  return callsCost(calls, journalUnits) + runCost(ms) + logCost(bytes);
}

/** One run of a function, with what Lambda writes of it. */
export function runCost(ms: number): number {
  const { millionCalls, gigabyteSecond, functionGigabytes, assumedLogBytesOfARun } = table;
  const computing = (ms / 1000) * functionGigabytes * gigabyteSecond;
  return millionCalls.function / 1e6 + computing + logCost(assumedLogBytesOfARun);
}

/** Each call of a secret is one of its key too. */
export function secretCost(): number {
  return (table.millionCalls.secrets + table.millionCalls.key) / 1e6;
}

function logCost(bytes: number): number {
  return (bytes / 1e9) * table.logGigabyte;
}

function callsCost(calls: Calls, unitsOfAWrite: number): number {
  const { queue, tableRead, tableWrite, event } = table.millionCalls;
  const others =
    calls.queue * queue +
    calls.tableReads * tableRead +
    unitsOfAWrite * calls.tableWrites * tableWrite +
    calls.events * event;
  return others / 1e6 + calls.secrets * secretCost();
}
