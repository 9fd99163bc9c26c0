// Goal: `npm run bench`: every figure of the README beside what people would pick instead, in one run.
// Method: each comparison in turn; then the tables, the plots, and the results as JSON for whoever compares runs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Measured, markdownTable } from './measured.ts';
import { plot } from './plot.ts';
import { comparisons } from './speed/comparisons.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
const folder = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in comparisons));
if (unknown.length > 0) {
  throw new Error(
    `no comparison '${unknown[0]}': name some of ${Object.keys(comparisons).join(', ')}`,
  );
}

const results: Measured[] = [];
for (const [name, measure] of Object.entries(comparisons)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const startMs = Date.now();
  process.stderr.write(`${name} …`);
  const measured = await measure();
  process.stderr.write(
    `\r${name}: ${measured.summary} (${Math.round((Date.now() - startMs) / 1000)} s)\n`,
  );
  results.push(measured);
  process.stdout.write(`\n${section(measured)}\n`);
}
// A part of the comparisons is a look, and does not replace what the whole run has written.
if (wanted.length === 0) write(results);

function section({ title, goal, isReached, head, rows, remark, plot, name }: Measured): string {
  return [
    `### ${title}`,
    `Goal: ${goal}: ${isReached ? 'reached' : '**not reached**'}.`,
    markdownTable(head, rows),
    ...(remark === undefined ? [] : [remark]),
    ...(plot === undefined ? [] : [`![${title}](plots/${name}.svg)`]),
  ].join('\n\n');
}

function write(measured: readonly Measured[]): void {
  const takenAt = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.versions.node}`;
  mkdirSync(`${folder}plots`, { recursive: true });
  for (const one of measured) {
    if (one.plot) writeFileSync(`${folder}plots/${one.name}.svg`, plot(one.title, one.plot));
  }
  writeFileSync(
    `${folder}results.json`,
    `${JSON.stringify({ takenAt, machine, results: measured }, null, 2)}\n`,
  );
  const taken = `Taken on ${takenAt} (${machine}); all of it by \`npm run bench\`.`;
  between(`${folder}README.md`, [taken, ...measured.map(section)].join('\n\n'));
  const summary = markdownTable(
    ['beside what people would pick instead', 'goal', 'seen'],
    measured.map(({ title, goal, summary, isReached }) => [
      title,
      goal,
      isReached ? summary : `${summary} (not reached)`,
    ]),
  );
  between(`${folder}../README.md`, `${summary}\n\n${taken} [More](bench/README.md)`);
}

/** Puts text between the marks that a page has for it. */
function between(file: string, text: string): void {
  const page = readFileSync(file, 'utf8');
  const marked = /(<!-- bench:start -->)[\s\S]*?(<!-- bench:end -->)/;
  if (!marked.test(page)) throw new Error(`${file} has no place between bench:start and bench:end`);
  writeFileSync(
    file,
    page.replace(marked, (_, start, end) => `${start}\n${text}\n${end}`),
  );
}
