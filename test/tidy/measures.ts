// Goal: `npm run rubric`: the figures that docs/rubric.md judges, so that anyone can take them again.
// Method: the sources as git tracks them, read as text.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { functionsOf } from './source-text.ts';

interface File {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
}

const product = tracked('src', 'functions', 'infra');
const tests = tracked('test');
const exported = product.flatMap(exportsOf);
const documented = exported.flatMap(({ docLines }) => docLines ?? []);
const longest = product
  .flatMap(({ path, text }) => functionsOf(text).map((it) => ({ ...it, path })))
  .reduce((a, b) => (b.lines > a.lines ? b : a));
const reveals = product.filter(({ path }) => path !== 'src/core/secret.ts').map(revealsIn);

const rows: readonly (readonly [string, string])[] = [
  ['files of src, functions, infra', `${product.length}, ${sum(product)} lines`],
  ['lines of a file: median, 90 %, longest', spread(product.map(({ lines }) => lines))],
  ['longest function', `${longest.lines} lines (${longest.name} in ${longest.path})`],
  ['files of src/core', `${spread(under(product, 'src/core/').map(({ lines }) => lines))}`],
  ['exports with a docstring', `${documented.length} of ${exported.length}`],
  ['lines of a docstring: median, 90 %, longest', spread(documented)],
  ['test lines for each line', (sum(tests) / sum(product)).toFixed(2)],
  ['module mocks', String(count(tests, /^\s*(vi|jest)\.mock\(/gm))],
  ['places that reveal a secret', `${total(reveals)} in ${reveals.filter(Boolean).length} files`],
  ["'*' as a resource in infra", String(count(under(product, 'infra/'), /resources: \['\*'\]/g))],
];
for (const [name, value] of rows) process.stdout.write(`${name.padEnd(46)}${value}\n`);

function tracked(...folders: string[]): File[] {
  const listed = execFileSync('git', [
    'ls-files',
    ...folders.map((it) => `${it}/**/*.ts`),
    'src/*.ts',
  ]);
  const paths = [...new Set(listed.toString().trim().split('\n'))];
  return paths
    .filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)))
    .map((path) => {
      const text = readFileSync(path, 'utf8');
      return { path, text, lines: text.trimEnd().split('\n').length };
    });
}

function exportsOf({ text }: File): { docLines: number | undefined }[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    if (!/^export (?!type \{|\{|\*)/.test(line)) return [];
    // What follows an overload is documented by it.
    if (lines.slice(0, at).findLast((it) => it.startsWith('export ')) === line) return [];
    return [{ docLines: docstringAbove(lines, at) }];
  });
}

function docstringAbove(lines: readonly string[], at: number): number | undefined {
  if (!lines[at - 1]?.trimEnd().endsWith('*/')) return undefined;
  const start = lines.slice(0, at).findLastIndex((line) => line.trimStart().startsWith('/**'));
  const ofText = lines.slice(start, at).filter((line) => /[^\s*/]/.test(line));
  return ofText.length;
}

function revealsIn({ text }: File): number {
  return text.split('.reveal()').length - 1;
}

function spread(figures: readonly number[]): string {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return `${at(0.5)}, ${at(0.9)}, ${at(1)}`;
}

function under(files: readonly File[], folder: string): File[] {
  return files.filter(({ path }) => path.startsWith(folder));
}

function count(files: readonly File[], pattern: RegExp): number {
  return total(files.map(({ text }) => text.match(pattern)?.length ?? 0));
}

function sum(files: readonly File[]): number {
  return total(files.map(({ lines }) => lines));
}

function total(figures: readonly number[]): number {
  return figures.reduce((a, b) => a + b, 0);
}
