// Goal: what 0.1.0 has stored goes on under this version, and back again.
// Method: 0.1.0 is built from this repository's history; its command and its rotator take turns with ours.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { builtFunction } from '../bundles/built.ts';
import { startRotatorStack } from '../bundles/rotator-stack.ts';
import { createWorkspace, freePort } from '../cli/workspace.ts';

const release = 'b10c024';
const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** A clone without history, or one of the package, has no 0.1.0 to play against. */
const isKnown = (() => {
  try {
    execFileSync('git', ['cat-file', '-e', `${release}^{commit}`], { cwd: root, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

// Half a minute: where everything is tried.
const isTried = process.env['CI'] !== undefined || process.env['FRESCO_FULL'] !== undefined;

const logger = `export class Logger {
  constructor(_options?: unknown) {}
  info(..._: unknown[]): void {}
  warn(..._: unknown[]): void {}
  error(..._: unknown[]): void {}
  debug(..._: unknown[]): void {}
}`;

describe.skipIf(!isKnown || !isTried)('what 0.1.0 has stored', () => {
  let old = '';

  beforeAll(async () => {
    old = await mkdtemp(join(tmpdir(), 'fresco-0.1.0-'));
    const archive = join(old, '0.1.0.tar');
    await run('git', ['archive', '-o', archive, release], { cwd: root });
    await run('tar', ['xf', archive, '-C', old]);
    await symlink(join(root, 'node_modules'), join(old, 'node_modules'));
    // Its logger is none of our dependencies.
    const wiring = join(old, 'src/wiring');
    await writeFile(join(wiring, 'logger.ts'), logger);
    for (const name of await readdir(wiring)) {
      const text = await readFile(join(wiring, name), 'utf8');
      await writeFile(
        join(wiring, name),
        text.replace("'@aws-lambda-powertools/logger'", "'./logger.ts'"),
      );
    }
    // Our double refuses the moments with a fraction that 0.1.0 dated its metrics with.
    const page = join(old, 'src/core/journal-page.ts');
    const source = await readFile(page, 'utf8');
    await writeFile(page, source.replace('this.#aheadMs + clock.monotonicMs()', 'Math.round($&)'));
    await run(process.execPath, ['build.mjs'], { cwd: old });
  }, 120_000);
  afterAll(() => rm(old, { recursive: true, force: true }));

  it('in files goes on under this version, and back again', async () => {
    const port = await freePort();
    const {
      env,
      path,
      storePath,
      run: runOurs,
    } = await createWorkspace(`http://127.0.0.1:${port}`);
    const ours = async (...args: string[]) => (await runOurs(args)).code;
    const start = (...args: string[]) =>
      spawn(process.execPath, [join(old, 'dist/cli.js'), ...args], { env, cwd: path });
    const theirs = (...args: string[]) =>
      new Promise<number | null>((resolve) => start(...args).on('close', resolve));
    const sandbox = start('sandbox', '--port', String(port));
    onTestFinished(() => void sandbox.kill());
    await once(sandbox.stderr, 'data');
    expect(await theirs('login', '--sandbox')).toBe(0);
    expect(await theirs('sync', '--resource', 'clients')).toBe(0);

    expect(await ours('status')).toBe(0);
    expect(await ours('rotate')).toBe(0);
    expect(await ours('sync', '--resource', 'clients')).toBe(0);

    expect(await theirs('status')).toBe(0);
    expect(await theirs('rotate')).toBe(0);
    expect(await theirs('sync', '--resource', 'clients')).toBe(0);

    expect(await ours('rotate')).toBe(0);
    const history = await runOurs(['history', '--json']);
    const outcomes = (JSON.parse(history.stdout) as { readonly outcome: string }[]).map(
      ({ outcome }) => outcome,
    );
    expect(outcomes.filter((outcome) => outcome === 'refreshed').length).toBeGreaterThanOrEqual(3);

    const journal = join(storePath, 'connections/default/journal.json');
    const newer = (await readFile(journal, 'utf8')).replace('"v":1', '"v":2');
    await writeFile(journal, newer);
    expect(await theirs('rotate')).not.toBe(0);
    expect(await readFile(journal, 'utf8')).toBe(newer);
  }, 120_000);

  it('in Secrets Manager and the table goes on under this rotator, and back again', async () => {
    const stack = await startRotatorStack();
    try {
      const ours = await builtFunction('rotator');
      const theirs = join(old, 'dist/functions/rotator/index.js');
      await stack.logIn();
      const outcomes: unknown[] = [];
      for (const bundle of [theirs, ours, theirs, ours]) {
        await stack.deploy(bundle);
        const { payload } = await stack.through('operator', { connection: 'default' });
        outcomes.push((payload as { readonly outcome: { readonly kind: string } }).outcome.kind);
      }
      expect(outcomes).toEqual(['refreshed', 'refreshed', 'refreshed', 'refreshed']);
    } finally {
      await stack.stop();
    }
  }, 120_000);
});
