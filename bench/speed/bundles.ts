// Goal: a cold start carries little: each bundle beside the same work written with what people would import.
// Method: all bundled by the settings of the build, and loaded in turn, each in a fresh Node 24.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { builtFunction } from '../../test/bundles/built.ts';
import { node24Path } from '../../test/doubles/node24.ts';
import { duration, type Measured, ratio, significant } from '../measured.ts';
import { inTurn } from '../rounds.ts';

const ours = ['rotator', 'webhook-receiver', 'webhook-handler', 'sync'] as const;
const theirs = ['empty', 'hand-signed', 'official-sdk', 'powertools'] as const;
const limit = 0.75;

/** Row 3. */
export async function bundles(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'fresco-bundles-'));
  const files: Record<string, string> = {};
  for (const name of ours) files[name] = await builtFunction(name);
  for (const name of theirs) files[name] = await bundled(name, folder);
  const loads = Object.fromEntries(
    Object.entries(files).map(([name, file]) => [name, () => loadNanoseconds(file)]),
  );
  const sizes = Object.fromEntries(
    Object.entries(files).map(([name, file]) => [name, statSync(file).size]),
  );
  const seen = await inTurn(loads, 15);
  rmSync(folder, { recursive: true, force: true });

  const official = { bytes: sizes['official-sdk'] ?? 0, load: over('official-sdk') };
  const worst = Math.max(
    ...ours.map((name) =>
      Math.max((sizes[name] ?? 0) / official.bytes, over(name) / official.load),
    ),
  );
  return {
    name: 'bundles',
    title: 'Bundles: bytes, and load time over an empty handler',
    goal: `at most ${limit} × of the official SDK’s`,
    isReached: worst <= limit,
    summary: `${ratio(worst)} at the most`,
    head: [
      'handler',
      'bytes',
      'beside the official SDK',
      'load over empty',
      'beside the official SDK',
    ],
    rows: [...ours, ...theirs.slice(1)].map((name) => [
      ours.some((it) => it === name) ? `Fresco’s ${name}` : (labels[name] ?? name),
      significant(sizes[name] ?? 0),
      ratio((sizes[name] ?? 0) / official.bytes),
      duration(over(name)),
      ratio(over(name) / official.load),
    ]),
    remark: 'The other three do the rotator’s bare work: read the secret, refresh, put the secret.',
    plot: {
      unit: 'kB and ms, logarithmic',
      series: [
        { name: 'kB', points: points((name) => (sizes[name] ?? 0) / 1000) },
        { name: 'ms to load', points: points((name) => over(name) / 1e6) },
      ],
    },
  };

  function over(name: string): number {
    return Math.max(0, (seen[name]?.median ?? 0) - (seen['empty']?.median ?? 0));
  }
  function points(figure: (name: string) => number): [string, number][] {
    return [...ours, ...theirs.slice(1)].map((name) => [name, figure(name)]);
  }
}

const labels: Readonly<Record<string, string>> = {
  'official-sdk': 'with the official SDK',
  powertools: 'with four Powertools',
  'hand-signed': 'with hand-signed fetch',
};

async function bundled(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${name}.cjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`handlers/${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    minify: true,
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'error',
  });
  return outfile;
}

function loadNanoseconds(file: string): number {
  const program = `const t=process.hrtime.bigint();require(${JSON.stringify(file)});process.stdout.write(String(process.hrtime.bigint()-t));process.exit()`;
  const env = { PATH: process.env['PATH'], AWS_REGION: 'eu-south-1', ...configured };
  const node = node24Path() ?? process.execPath;
  return Number(execFileSync(node, ['-e', program], { env, stdio: ['ignore', 'pipe', 'ignore'] }));
}

/** What a function reads at its start; none of it is reached. */
const configured = { AWS_LAMBDA_FUNCTION_NAME: 'invented', POWERTOOLS_DEV: 'false' };
