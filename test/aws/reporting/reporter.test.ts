import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reporter } from '../../../src/aws/reporting/reporter.ts';
import {
  attention,
  metricNamespace,
  rotatorMetrics,
  type Watching,
} from '../../../src/config/metric-names.ts';
import type { FrescoEvent } from '../../../src/core/events/event.ts';
import type { Outcome } from '../../../src/core/outcome/outcome.ts';
import type { Report } from '../../../src/core/outcome/report.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { grantOf, memoryConnection } from '../../core/memory-connection.ts';
import { metricLinesIn } from '../../doubles/lambda/embedded-metrics.ts';

const atMs = 1_790_000_000_000;
const hourMs = 3_600_000;
const position = { grant: 1, generation: 7, attempt: 2 };
const issuedAtMs = atMs - 36 * hourMs;
const published = { ...position, issuedAtMs, expiresAtMs: atMs + 5.5 * hourMs };

const reportOf = (outcome: Outcome, more: Partial<Report> = {}): Report => ({
  connection: 'default',
  trigger: 'schedule',
  atMs,
  outcome,
  published,
  warnings: [],
  ...more,
});
const refreshed: Outcome = { kind: 'refreshed', token: published };
const latched: Outcome = {
  kind: 'latched',
  latch: { kind: 'revoked', position, sinceMs: atMs },
};

function sink(
  publish: (events: readonly FrescoEvent[]) => Promise<void> = async () => {},
  watching: Watching = 'full',
) {
  const logged: { level: string; message: string; fields: unknown }[] = [];
  const emitted: Record<string, unknown>[] = [];
  const events: FrescoEvent[] = [];
  const line = (level: string) => (message: string, fields: unknown) =>
    void logged.push({ level, message, fields });
  return {
    logged,
    emitted,
    events,
    reporter: reporter({
      prefix: 'fresco',
      watching,
      bus: { publish: async (batch) => publish(batch).then(() => void events.push(...batch)) },
      log: { info: line('info'), warn: line('warn'), error: line('error') },
      emit: (text) => void emitted.push(...metricLinesIn(text)),
      connectUrl: 'https://api.example/connect',
    }),
  };
}

describe('the report of a pass', () => {
  it('is one log line, one line of metrics and one event', async () => {
    const out = sink();
    await out.reporter.report(reportOf(refreshed));
    expect(out.logged).toEqual([
      {
        level: 'info',
        message: 'refreshed: generation 7 is published',
        fields: {
          connection: 'default',
          door: 'schedule',
          outcome: 'refreshed',
          grant: 1,
          generation: 7,
          hoursLeft: 5.5,
        },
      },
    ]);
    expect(out.emitted).toHaveLength(1);
    expect(out.events.map(({ detailType }) => detailType)).toEqual(['Token Refreshed']);
  });

  it.each([
    { outcome: refreshed, level: 'info' },
    { outcome: { kind: 'busy', untilMs: atMs } as const, level: 'warn' },
    { outcome: latched, level: 'error' },
  ])('is logged as $level for $outcome.kind', async ({ outcome, level }) => {
    const out = sink();
    await out.reporter.report(reportOf(outcome));
    expect(out.logged.map((line) => line.level)).toEqual([level]);
  });

  it('makes no event where nothing happened', async () => {
    const out = sink();
    await out.reporter.report(reportOf({ kind: 'fresh', token: published }));
    expect(out.events).toEqual([]);
    expect(out.emitted).toHaveLength(1);
  });

  it.each([
    { outcome: latched, reconnectUrl: 'https://api.example/connect/default' },
    // A consent does not help against it.
    { outcome: { kind: 'token-rejected', sinceMs: atMs } as const, reconnectUrl: undefined },
  ])('says where a person consents for $outcome.kind: $reconnectUrl', async (row) => {
    const out = sink();
    const report = { ...reportOf(row.outcome), turn: 'reauthorization-required' } as const;
    await out.reporter.report(report);
    expect(out.events).toMatchObject([{ detailType: 'Reauthorization Required' }]);
    expect(out.events[0]?.detail).toHaveProperty('command');
    expect(Object(out.events[0]?.detail).reconnectUrl).toBe(row.reconnectUrl);
  });

  it.each([
    { name: 'a bus that refuses', error: new StoreRefused('throttled', 'could not put 1 events') },
    { name: 'a defect', error: new TypeError('invented') },
  ])('says that $name has not let it out, here and in the log', async ({ error }) => {
    const out = sink(() => Promise.reject(error));
    await expect(out.reporter.report(reportOf(refreshed))).rejects.toThrow(StoreRefused);
    expect(out.logged.at(-1)).toEqual({
      level: 'error',
      message: 'the report of a pass did not get out',
      fields: { connection: 'default', why: error.message },
    });
  });
});

describe('the call of a person', () => {
  it('is made again at the next check where the bus refused it, and once it is out no more', async () => {
    const connection = memoryConnection([{ kind: 'invalid-grant' }]);
    connection.store(grantOf(23 * hourMs));
    let isDown = true;
    const out = sink(async () => {
      if (isDown) throw new StoreRefused('unavailable', 'the bus is down');
    });
    const check = () =>
      rotate({ ...connection.ports(), reporter: out.reporter }, { trigger: 'schedule' });
    expect(await check()).toMatchObject({ kind: 'latched' });
    isDown = false;
    await check();
    await check();
    expect(out.events.map(({ detailType }) => detailType)).toEqual([
      'Reauthorization Required',
      'Token Refresh Failed',
    ]);
  });
});

describe('the metrics of a pass', () => {
  const metricsOf = async (report: Report) => {
    const out = sink();
    await out.reporter.report(report);
    return out.emitted[0] ?? {};
  };

  it('have the names, units and dimensions that the alarms look for', async () => {
    const { _aws, ...values } = await metricsOf(reportOf(refreshed));
    const declared = Object.values(rotatorMetrics).map(({ name, unit, dimensions }) =>
      JSON.stringify({ namespace: metricNamespace, name, unit, dimensions }),
    );
    expect(new Set(described(_aws))).toEqual(new Set(declared));
    const words = Object.values(rotatorMetrics).flatMap((it) => [it.name, ...it.dimensions]);
    expect(new Set(Object.keys(values))).toEqual(new Set(words));
  });

  it('say when, whose and how it ended', async () => {
    expect(await metricsOf(reportOf(refreshed))).toMatchObject({
      _aws: { Timestamp: atMs },
      prefix: 'fresco',
      connection: 'default',
      outcome: 'refreshed',
      Passes: 1,
      HoursLeft: 5.5,
      IdleDays: 1.5,
      PersonNeeded: 0,
      UncertainHours: 0,
    });
  });

  it("count the schedule's own checks, so that consumers cannot hide a schedule that is dead", async () => {
    expect(await metricsOf(reportOf(refreshed))).toMatchObject({ Checks: 1 });
    const asked = await metricsOf(reportOf(refreshed, { trigger: 'consumer' }));
    expect(asked).not.toHaveProperty('Checks');
  });

  it('call for a person by a level', async () => {
    expect(await metricsOf(reportOf(latched))).toMatchObject({ PersonNeeded: 1 });
  });

  it.each<Outcome>([
    { kind: 'store-refused', reason: 'missing', detail: 'logged out', isLoggedOut: true },
    { kind: 'not-connected', missing: 'grant' },
  ])('call for nobody where nobody is logged in: $kind', async (outcome) => {
    expect(await metricsOf(reportOf(outcome))).toMatchObject({ PersonNeeded: 0 });
  });

  it('tell the age of an uncertain attempt', async () => {
    const outcome: Outcome = { kind: 'uncertain', sinceMs: atMs - 90 * 60_000, replayAtMs: atMs };
    expect(await metricsOf(reportOf(outcome))).toMatchObject({ UncertainHours: 1.5 });
  });

  it('have no hours left of a token that is not there or never ends, and 0 of one that has ended', async () => {
    const { published: _, ...nothing } = reportOf({ kind: 'not-connected', missing: 'grant' });
    expect(await metricsOf(nothing)).not.toHaveProperty('HoursLeft');
    const manual = { ...published, expiresAtMs: null };
    const ofManual = await metricsOf(reportOf(refreshed, { published: manual }));
    expect(ofManual).not.toHaveProperty('HoursLeft');
    expect(ofManual).not.toHaveProperty('IdleDays');
    const ended = { ...published, expiresAtMs: atMs - 1 };
    expect(await metricsOf(reportOf(refreshed, { published: ended }))).toMatchObject({
      HoursLeft: 0,
    });
  });

  it('announce exactly the numbers that they bring', async () => {
    const times = fc.integer({ min: -1e9, max: 1e12 });
    await fc.assert(
      fc.asyncProperty(fc.option(times), async (leftMs) => {
        const expiresAtMs = leftMs === null ? null : atMs + leftMs;
        const report = reportOf(refreshed, { published: { ...published, expiresAtMs } });
        const { _aws, ...values } = await metricsOf(report);
        for (const text of described(_aws)) {
          expect(values[(JSON.parse(text) as { name: string }).name]).toEqual(expect.any(Number));
        }
      }),
    );
  });
});

describe('the one gauge of a small stack', () => {
  const gauged = async (outcome: Outcome, more: Partial<Report> = {}) => {
    const out = sink(async () => {}, 'small');
    await out.reporter.report(reportOf(outcome, more));
    for (const { _aws } of out.emitted) {
      const { name, unit, dimensions } = attention;
      const declared = { namespace: metricNamespace, name, unit, dimensions };
      expect(described(_aws)).toEqual([JSON.stringify(declared)]);
    }
    return out.emitted.map((values) => values[attention.name]);
  };
  const sent = (hours: number): Outcome => ({
    kind: 'uncertain',
    sinceMs: atMs - hours * hourMs,
    replayAtMs: atMs,
  });
  const idle = (days: number) => ({
    published: {
      ...published,
      issuedAtMs: atMs - days * 24 * hourMs,
      expiresAtMs: atMs + 7 * hourMs,
    },
  });
  const left = (hours: number) => ({
    published: { ...published, expiresAtMs: atMs + hours * hourMs },
  });

  it.each<[string, Outcome, Partial<Report>, number]>([
    ['all is well', refreshed, left(6), 0],
    ['less than six hours are left', refreshed, left(5.99), 1],
    ['a token was sent an hour ago', sent(1), left(20), 1],
    ['a token was sent just now', sent(0.98), left(20), 0],
    ['the refresh token is idle', refreshed, idle(300), 1],
    ['the refresh token is not idle yet', refreshed, idle(299.9), 0],
    ['a person is needed', latched, left(20), 2],
    ['a person is needed and less than six hours are left', latched, left(5), 3],
    ['nobody has logged in', { kind: 'not-connected', missing: 'grant' }, left(20), 0],
  ])('is told by each check: %s', async (_, outcome, more, level) => {
    expect(await gauged(outcome, more)).toEqual([level]);
  });

  it('is told by another pass only where somebody should hear of it: silence tells of a dead schedule', async () => {
    expect(await gauged(refreshed, { ...left(20), trigger: 'consumer' })).toEqual([]);
    expect(await gauged(latched, { ...left(20), trigger: 'consumer' })).toEqual([2]);
  });
});

function described(_aws: unknown): string[] {
  const { CloudWatchMetrics } = _aws as {
    CloudWatchMetrics: {
      Namespace: string;
      Dimensions: string[][];
      Metrics: { Name: string; Unit: string }[];
    }[];
  };
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.map(({ Name, Unit }) =>
      JSON.stringify({ namespace: Namespace, name: Name, unit: Unit, dimensions: Dimensions[0] }),
    ),
  );
}
