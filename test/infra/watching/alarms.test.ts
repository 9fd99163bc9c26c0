import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { alarmMetricsOf } from '../../../src/cli/cost/month.ts';
import {
  attention,
  type MetricName,
  metricNamespace,
  rotatorMetrics,
  syncMetrics,
  webhookMetrics,
} from '../../../src/config/metric-names.ts';
import { type Assembly, frescoIn, synthesize } from '../assembly.ts';
import { resourcesOf } from '../template.ts';

type Alarm = Readonly<Record<string, unknown>>;

const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
const connections = ['default', 'second'];
const alarmEmail = 'night@example.com';

function alarmsOf({ deployed }: Assembly): Alarm[] {
  return resourcesOf(deployed, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
}

function entriesOf(alarm: Alarm): string[] {
  const [, names = ''] =
    /docs\/runbook\.md(#[\w-]+(, #[\w-]+)*)$/.exec(String(alarm['AlarmDescription'])) ?? [];
  return names.split(', ').map((it) => it.slice(1));
}

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string }[];
}

/** The metrics that an alarm looks at: each costs what an alarm costs. */
function metricsOf(alarm: Alarm): Metric[] {
  const queries = alarm['Metrics'] as readonly { MetricStat?: { Metric: Metric } }[] | undefined;
  if (queries === undefined) return [alarm as unknown as Metric];
  return queries.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
}

describe.each(['small', 'full'] as const)('an alarm of a stack that is watched: %s', (watching) => {
  let assembly: Assembly;
  const alarms = () => alarmsOf(assembly);

  beforeAll(async () => {
    assembly = await synthesize((app) => {
      frescoIn(app, { connections, watching, alarmEmail, nightlySync: '01:30' });
    });
  });

  it('names entries of the runbook that say what it means, what to do and when it is done', () => {
    for (const name of alarms().flatMap(entriesOf)) {
      const entry = runbook.split(`<a id="${name}"></a>`)[1]?.split('<a id=')[0] ?? '';
      expect([name, ...(entry.match(/\*\*(Means|Done when|Do)/g) ?? [])]).toEqual([
        name,
        '**Means',
        '**Do',
        '**Done when',
      ]);
    }
  });

  it('there is for each entry of the runbook', () => {
    const named = new Set(alarms().flatMap(entriesOf));
    const entries = [...runbook.matchAll(/<a id="([\w-]+)">/g)].map(([, id]) => id);
    expect(entries.filter((id) => id !== undefined && !named.has(id))).toEqual([]);
  });

  it('tells the topic when it goes off and when it is over', () => {
    const [topic] = resourcesOf(assembly.deployed, 'AWS::SNS::Topic');
    for (const alarm of alarms()) {
      const told = { AlarmActions: alarm['AlarmActions'], OKActions: alarm['OKActions'] };
      const action = [expect.stringContaining(`:${topic?.[0]}`)];
      expect(told).toEqual({ AlarmActions: action, OKActions: action });
    }
    const [subscription] = resourcesOf(assembly.deployed, 'AWS::SNS::Subscription');
    expect(subscription?.[1].Properties).toMatchObject({ Protocol: 'email', Endpoint: alarmEmail });
  });

  it('goes off when no check is made or no sync completed: silence is breaching', () => {
    const switches = alarms().filter((it) => it['TreatMissingData'] === 'breaching');
    expect(switches.map((it) => entriesOf(it)[0])).toEqual(
      connections.flatMap(() => ['no-check-is-made', 'sync-not-complete']),
    );
  });

  it('has a value where one of the metrics that it adds up is missing', () => {
    for (const alarm of alarms()) {
      const queries = (alarm['Metrics'] ?? []) as readonly { Expression?: string; Id: string }[];
      const expression = queries.find((it) => it.Expression !== undefined)?.Expression ?? '';
      for (const { Id } of queries.filter((it) => it.Expression === undefined)) {
        expect(expression).toContain(`FILL(${Id}, `);
      }
    }
  });

  it('watches metrics that the functions really emit, under their dimensions', () => {
    const ofFull = [rotatorMetrics, webhookMetrics].flatMap((them) =>
      Object.values<MetricName>(them),
    );
    const known = [
      ...Object.values<MetricName>(syncMetrics),
      ...(watching === 'full' ? ofFull : [attention]),
    ];
    for (const it of alarms()
      .flatMap(metricsOf)
      .filter(({ Namespace }) => Namespace === metricNamespace)) {
      const metric = known.find(({ name }) => name === it.MetricName);
      expect([it.MetricName, it.Dimensions.map(({ Name }) => Name).sort()]).toEqual([
        metric?.name,
        [...(metric?.dimensions ?? [])].sort(),
      ]);
    }
  });
});

it('an upgrade from 0.1.0 that watches fully keeps each alarm under its id', async () => {
  const props = { watching: 'full', nightlySync: '01:30' } as const;
  const { deployed } = await synthesize((app) => void frescoIn(app, props));
  const ids = resourcesOf(deployed, 'AWS::CloudWatch::Alarm').map(([id]) => id);
  expect(ids.map((id) => id.replace('FrescoAlarms', '')).sort()).toEqual(
    [
      'deadlettersF860B91F',
      'defaultaccesstokennearitsendF498A77D',
      'defaultforgednotifications0869834E',
      'defaultnocheckismade7C34A40F',
      'defaultnotificationswait6E7BB424',
      'defaultpersonneededF86B4038',
      'defaultrefreshtokenidle90D2A70F',
      'defaultsyncnotcomplete8B57A4B5',
      'defaulttokenlost95DB789B',
      'defaultuncertainattemptDAA258CC',
      'failedinvocations97B080F6',
      'notificationsnotkept3A3905F5',
      'notificationswait6A3D5BE4',
      'rotatorfails8433D92E',
      'webhookfunctionsfailCDD18A66',
    ].sort(),
  );
});

describe('a stack of one connection', () => {
  it('has six alarms over ten metrics, of which one is its own, and no dashboard', async () => {
    const assembly = await synthesize((app) => void frescoIn(app));
    const metrics = alarmsOf(assembly).flatMap(metricsOf);
    const own = metrics.filter(({ Namespace }) => Namespace === metricNamespace);
    expect([alarmsOf(assembly).length, metrics.length]).toEqual([6, 10]);
    expect([...new Set(own.map((it) => it.MetricName))]).toEqual([attention.name]);
    expect(resourcesOf(assembly.deployed, 'AWS::CloudWatch::Dashboard')).toEqual([]);
  });

  it.each([
    [{ webhooks: false }, 4],
    [{ alarms: false }, 0],
    [{ watching: 'full' }, 14],
    [{ watching: 'full', nightlySync: '01:30', connections: ['one', 'two'] }, 24],
  ] as const)('has, with %j, so many: %i, as fresco cost reckons', async (props, count) => {
    const assembly = await synthesize((app) => void frescoIn(app, props));
    expect(alarmsOf(assembly)).toHaveLength(count);
    const {
      connections: names = ['default'],
      nightlySync,
      ...chosen
    } = { nightlySync: undefined, connections: undefined, ...props };
    const setup = {
      webhooks: true,
      watching: 'small',
      alarms: true,
      ownKey: true,
      ...chosen,
    } as const;
    const reckoned = alarmMetricsOf({
      ...setup,
      connections: names.length,
      nightlySync: nightlySync !== undefined,
    });
    expect(alarmsOf(assembly).flatMap(metricsOf)).toHaveLength(reckoned);
  });
});
