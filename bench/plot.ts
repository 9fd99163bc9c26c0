import type { Plot } from './measured.ts';

const width = 640;
const left = 150;
const barHeight = 20;
const colours = ['#2f7d4f', '#b4541f', '#3d6fb4', '#8a5fb0'];

/** An SVG that is legible on light and dark pages: bars on a logarithmic scale, a colour for each series. */
export function plot(title: string, { unit, series }: Plot): string {
  const labels = [...new Set(series.flatMap(({ points }) => points.map(([label]) => label)))];
  const values = series
    .flatMap(({ points }) => points.map(([, value]) => value))
    .filter((it) => it > 0);
  const scale = logarithmic(Math.min(...values), Math.max(...values));
  const groupHeight = series.length * barHeight + 14;
  const height = 64 + labels.length * groupHeight + (series.length > 1 ? 26 : 0);
  const bars = labels.flatMap((label, row) => {
    const top = 48 + row * groupHeight;
    const name = text(left - 10, top + (series.length * barHeight) / 2 + 4, label, 'end');
    const drawn = series.flatMap(({ points }, at) => {
      const value = points.find(([it]) => it === label)?.[1];
      return value === undefined ? [] : bar(top + at * barHeight, scale(value), value, at);
    });
    return [name, ...drawn];
  });
  const legend =
    series.length > 1 ? series.flatMap(({ name }, at) => key(name, at, height - 20)) : [];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="13">`,
    '<style>text{fill:#333}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>',
    text(0, 20, `${title} (${unit})`, 'start', 'font-weight="600"'),
    ...bars,
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}

function logarithmic(least: number, most: number): (value: number) => number {
  const [from, to] = [Math.log10(least) - 0.3, Math.log10(most)];
  const room = width - left - 90;
  return (value) =>
    value <= 0 ? 0 : Math.max(2, ((Math.log10(value) - from) / (to - from || 1)) * room);
}

function bar(top: number, length: number, value: number, at: number): string[] {
  const shown = Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 3 });
  return [
    `<rect x="${left}" y="${top}" width="${length.toFixed(1)}" height="${barHeight - 4}" rx="3" fill="${colours[at % colours.length]}"/>`,
    text(left + length + 6, top + 12, shown, 'start'),
  ];
}

function key(name: string, at: number, top: number): string[] {
  const x = left + at * 160;
  return [
    `<rect x="${x}" y="${top}" width="12" height="12" rx="2" fill="${colours[at % colours.length]}"/>`,
    text(x + 18, top + 11, name, 'start'),
  ];
}

function text(x: number, y: number, words: string, anchor: string, more = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" ${more}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
}
