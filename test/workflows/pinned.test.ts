import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map((name) => ({
  name,
  text: readFileSync(join(folder, name), 'utf8'),
}));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
};

/** Everything of a pattern's first group. */
function all(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, group = '']) => group);
}

/** The text of each job: what lies between two keys below `jobs`. */
function jobsOf(text: string): readonly string[] {
  return text
    .slice(text.indexOf('\njobs:'))
    .split(/\n {2}(?=[\w-]+:\n)/)
    .slice(1);
}

describe.each(workflows)('the workflow $name', ({ text }) => {
  it('runs actions of one commit alone, and says which version that is', () => {
    const uses = all(text, /^\s*-? ?uses: (.*)$/gm);
    for (const action of uses)
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('may do nothing, and each job only read, within a time', () => {
    expect(text).toMatch(/^permissions: \{\}$/m);
    expect(text).not.toMatch(/: write\b|write-all|secrets\.|pull_request_target/);
    const jobs = jobsOf(text);
    expect(jobs.length).toBeGreaterThan(0);
    for (const job of jobs) {
      expect(job).toMatch(/^ {4}permissions:(?: \{\}|\n {6}contents: read)$/m);
      expect(job).toMatch(/^ {4}timeout-minutes: \d+$/m);
    }
  });

  it('leaves no credentials behind for what is installed', () => {
    const checkouts = all(text, /(actions\/checkout)@/g).length;
    expect(all(text, /(persist-credentials: false)/g).length).toBe(checkouts);
  });

  it('has the history wherever the tests run, which play an upgrade from an earlier release', () => {
    const tested = jobsOf(text).filter((job) => /npm (run check|test)\b/.test(job));
    expect(tested).toHaveLength(1);
    for (const job of tested) expect(job).toContain('fetch-depth: 0');
  });

  it('runs scripts that there are', () => {
    for (const script of all(text, /npm run ([\w:-]+)/g))
      expect(manifest.scripts).toHaveProperty(script);
  });
});

it('the checks run on Node 24 first, and the package asks for no more than the oldest of them', () => {
  const ci = workflows.find(({ name }) => name === 'ci.yml');
  expect(ci?.text).toMatch(/^ +node: \[24, 22, 20\.19\]$/m);
  expect(manifest.engines.node).toBe('>=20.19');
  const run = readFileSync(join(root, '.ci/run'), 'utf8');
  expect(run).toMatch(/PATH="\$node24:\$PATH" npm cit/);
});

it('the same actions are of the same commit everywhere', () => {
  const uses = workflows.flatMap(({ text }) => all(text, /uses: (.*)$/gm));
  expect(new Set(uses).size).toBe(new Set(uses.map((action) => action.split('@')[0])).size);
});
