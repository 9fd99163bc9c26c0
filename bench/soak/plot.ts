import { type Latency, quantile, type Soaked } from './judge.ts';
import type { Fault } from './load.ts';

const width = 900;
const panelHeight = 130;
const left = 64;
const right = 16;

interface Line {
  readonly color: string;
  readonly label: string;
  readonly points: readonly (readonly [number, number])[];
}

/** Memory, handles and latencies over the run, with the faults shaded. */
export function plot(soaked: Soaked, cycle: readonly Fault[]): string {
  const { moments, minutes, perSecond } = soaked;
  const panels: readonly (readonly [string, readonly Line[]])[] = [
    [
      'memory, MB',
      [
        line(
          '#b45309',
          'rss',
          moments.map((it) => [it.atSeconds, it.rssBytes / 1_048_576]),
        ),
        line(
          '#0b6b50',
          'heap used',
          moments.map((it) => [it.atSeconds, it.heapUsedBytes / 1_048_576]),
        ),
      ],
    ],
    [
      'open handles',
      [
        line(
          '#1d4ed8',
          'files and sockets',
          moments.map((it) => [it.atSeconds, it.files]),
        ),
        line(
          '#7c3aed',
          'resources of Node',
          moments.map((it) => [it.atSeconds, sum(Object.values(it.handles))]),
        ),
      ],
    ],
    ['accepted, ms', latencyLines(soaked.acceptedMs, minutes)],
    ['published, ms', latencyLines(soaked.publishedMs, minutes)],
  ];
  const height = 48 + panels.length * (panelHeight + 34) + 20;
  const body = panels.map(([title, lines], at) =>
    panel(title, lines, 48 + at * (panelHeight + 34), soaked, cycle),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<title>${minutes} minutes of the local stack at ${perSecond} webhooks a second</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${left}" y="24" font-size="15">${minutes} minutes of the local stack at ${perSecond} webhooks a second (shaded: faults)</text>
${body.join('\n')}
</svg>
`;
}

function line(color: string, label: string, points: Line['points']): Line {
  return { color, label, points };
}

function latencyLines(latencies: readonly Latency[], minutes: number): Line[] {
  const bin = (minutes * 60) / 120;
  const bins = new Map<number, number[]>();
  for (const { atSeconds, ms } of latencies) {
    const at = Math.floor(atSeconds / bin);
    bins.set(at, [...(bins.get(at) ?? []), ms]);
  }
  const sorted = [...bins].map(([at, all]) => [at * bin, all.toSorted((a, b) => a - b)] as const);
  return [
    line(
      '#b45309',
      'p95',
      sorted.map(([at, all]) => [at, quantile(all, 0.95)]),
    ),
    line(
      '#0b6b50',
      'median',
      sorted.map(([at, all]) => [at, quantile(all, 0.5)]),
    ),
  ];
}

function panel(
  title: string,
  lines: readonly Line[],
  top: number,
  { minutes, cycleSeconds }: Soaked,
  cycle: readonly Fault[],
): string {
  const end = minutes * 60;
  const isLog = title.endsWith('ms');
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const most = Math.max(1, ...values) * 1.05;
  const scale = (value: number) =>
    isLog ? Math.log10(Math.max(1, value)) / Math.log10(Math.max(10, most)) : value / most;
  const x = (seconds: number) => left + (seconds / end) * (width - left - right);
  const y = (value: number) => top + panelHeight - scale(value) * panelHeight;
  const shades = Array.from({ length: Math.round(end / cycleSeconds) }, (_, at) =>
    cycle.map(({ atSecond, seconds }) => {
      const from = x(at * cycleSeconds + atSecond);
      const to = x(at * cycleSeconds + atSecond + seconds);
      return `<rect x="${from.toFixed(1)}" y="${top}" width="${(to - from).toFixed(1)}" height="${panelHeight}" fill="#fbe8dc"/>`;
    }),
  ).flat();
  const ticks = isLog
    ? [1, 10, 100, 1000, 10_000].filter((it) => it < most)
    : [0, most / 2.1, most / 1.05];
  const marks = ticks.map(
    (value) =>
      `<text x="${left - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end" fill="#5a6b64">${Math.round(value)}</text>`,
  );
  const paths = lines.map(({ color, points }) => {
    const path = points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
    return `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${path.join(' ')}"/>`;
  });
  const legend = lines.map(
    ({ color, label }, at) =>
      `<text x="${width - right - at * 130}" y="${top - 6}" text-anchor="end" fill="${color}">${label}</text>`,
  );
  return `<text x="${left}" y="${top - 6}">${title}</text>
${shades.join('')}
<rect x="${left}" y="${top}" width="${width - left - right}" height="${panelHeight}" fill="none" stroke="#dbe4df"/>
${[...marks, ...paths, ...legend].join('\n')}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
