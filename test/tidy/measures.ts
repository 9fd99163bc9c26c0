// Goal: `npm run rubric`: the figures that docs/rubric.md judges, so that anyone can take them again.
// Method: the sources that the rules of tidiness read, as text.
import type { Source } from './rules.ts';
import { sourcesIn } from './source-files.ts';
import { functionsOf } from './source-text.ts';

interface File extends Source {
  readonly lines: number;
}

/** Each measure by its name. */
export function measures(): readonly (readonly [string, string])[] {
  const product = filesIn('src', 'functions', 'infra');
  const tests = filesIn('test');
  const exported = product.flatMap(exportsOf);
  const documented = exported.flatMap(({ docLines }) => docLines ?? []);
  const longest = product
    .flatMap(({ path, text }) => functionsOf(text).map((it) => ({ ...it, path })))
    .reduce((a, b) => (b.lines > a.lines ? b : a));
  const reveals = product.filter(({ path }) => path !== 'src/core/secret.ts').map(revealsIn);
  const core = under(product, 'src/core/');
  return [
    ['files of src, functions, infra', `${product.length}, ${sum(product)} lines`],
    ['lines of a file: median, 90 %, longest', spread(product.map(({ lines }) => lines))],
    ['longest function', `${longest.lines} lines (${longest.name} in ${longest.path})`],
    ['lines of a file of src/core', spread(core.map(({ lines }) => lines))],
    ['exports with a docstring', `${documented.length} of ${exported.length}`],
    ['lines of a docstring: median, 90 %, longest', spread(documented)],
    ['test lines for each line', (sum(tests) / sum(product)).toFixed(2)],
    ['module mocks', String(count(tests, /^\s*(vi|jest)\.mock\(/gm))],
    ['places that reveal a secret', `${total(reveals)} in ${reveals.filter(Boolean).length} files`],
    ["'*' as a resource in infra", String(count(under(product, 'infra/'), starAsResource))],
  ];
}

const starAsResource = /\b[Rr]esources?: (\['\*'\]|'\*')/g;

function filesIn(...folders: string[]): File[] {
  return folders.flatMap(sourcesIn).map((source) => ({
    ...source,
    lines: source.text.trimEnd().split('\n').length,
  }));
}

function exportsOf({ text }: File): { docLines: number | undefined }[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    if (!/^export (?!type \{|\{|\*)/.test(line)) return [];
    // What follows an overload is documented by it.
    const before = lines.slice(0, at).findLast((it) => it.startsWith('export '));
    if (before !== undefined && nameIn(before) === nameIn(line)) return [];
    return [{ docLines: docstringAbove(lines, at) }];
  });
}

function nameIn(line: string): string | undefined {
  return /(?:function\*?|const|let|class|interface|type) (\w+)/.exec(line)?.[1];
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
