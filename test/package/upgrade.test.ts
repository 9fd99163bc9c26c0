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
import { otherCompanyId, startWebhookStack } from '../bundles/webhook-stack.ts';
import { createWorkspace, freePort } from '../cli/workspace.ts';
import { controlSandbox } from '../sandbox/sandbox-control.ts';

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
    // Its library is not played, and without it no compiler writes declarations.
    await rm(join(old, 'src/index.ts'));
    await run(process.execPath, ['build.mjs'], { cwd: old });
  }, 240_000);
  afterAll(() => rm(old, { recursive: true, force: true }));

  const bundleOf = (version: '0.1.0' | 'this version') =>
    version === '0.1.0'
      ? async (name: string) => join(old, 'dist/functions', name, 'index.js')
      : builtFunction;

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
      const theirs = await bundleOf('0.1.0')('rotator');
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

  it.each([
    ['0.1.0', 'this version'],
    ['this version', '0.1.0'],
  ] as const)(
    'webhooks and a sync that %s leaves are finished by %s: nothing is lost, and nothing told twice',
    async (from, to) => {
      const stack = await startWebhookStack();
      onTestFinished(stack.stop);
      const { bus, sqs, sink, sandbox } = stack;
      const control = (path: string, body: object) => controlSandbox(stack.provider, path, body);
      const created = 'it.fattureincloud.webhooks.entities.clients.create';
      const change = async (request: object = {}) => {
        await control('changes', { type: created, count: 1, ...request });
        await sandbox.settle();
      };
      const told = () =>
        bus.events
          .filter(({ detailType }) => detailType === 'Entity Changed')
          .map(({ detail }) => detail as { readonly resource: string; readonly id: number })
          .map(({ resource, id }) => `${resource} ${id}`);
      const failures = async () => {
        const { payload } = await stack.handle();
        return (payload as { readonly batchItemFailures: readonly object[] }).batchItemFailures;
      };

      await stack.deploy(bundleOf(from));
      const { payload } = await stack.sync({ connection: 'default' }, 40_500);
      const rest = { Records: stack.continuations().slice(-1) };
      if (from === 'this version') expect(payload).toEqual(['begun']);
      expect(from === '0.1.0' ? payload : (await stack.sync(rest, 40_500)).payload).toEqual([
        'paused',
      ]);
      const bySync = told().length;

      // It subscribes for both companies, and answers the handshakes.
      const lost = [108061, otherCompanyId].map((companyId) => ({
        id: `SUB${companyId}`,
        companyId,
      }));
      await stack.expected.change(() => lost.map((it) => ({ ...it, sink, types: [created] })));
      expect((await stack.watch(true)).error).toBeUndefined();
      await sandbox.settle();
      const lostSoFar = () =>
        bus.events.filter(({ detailType }) => detailType === 'Webhook Subscription Lost').length;
      expect(lostSoFar()).toBe(2);

      // A part that failed for one of its hundred ids, one that waits for the licence, and two that nobody looked at.
      const on = 'GET /c/108061/entities/clients/*';
      await control('faults', [{ on, kind: 'status', status: 503, times: 1 }]);
      await change({ idsPerEvent: 120 });
      expect(await failures()).toHaveLength(1);
      expect(told()).toHaveLength(bySync + 119);
      await control('state', { licenceExpired: true });
      await change();
      expect(await failures()).toEqual([]);
      expect(sqs.bodies('notifications').at(-1)).toContain('waitsSinceMs');
      await control('state', { licenceExpired: false });
      await change();
      await change({ companyId: otherCompanyId });

      await stack.deploy(bundleOf(to));
      await change();
      for (const _ of ['handled', 'delivered again']) {
        sqs.redeliver('notifications');
        expect(await failures()).toEqual([]);
      }
      expect(told()).toHaveLength(bySync + 124);
      const resumed = await stack.sync({ Records: stack.continuations().slice(-1) });
      expect(resumed.payload).toEqual(['completed']);
      expect((await stack.watch(false)).error).toBeUndefined();
      expect(lostSoFar()).toBe(2);
      const application = String(sandbox.applicationId);
      expect(await stack.senders.read()).toMatchObject({
        companies: [108061, otherCompanyId],
        application: from === '0.1.0' ? null : application,
      });
      expect(await stack.subscribe([created.replace('create', 'update')], 'binary')).toBe(200);
      expect(await stack.senders.read()).toMatchObject({ application });
      expect(told()).toHaveLength(57 + 124);
      expect(new Set(told()).size).toBe(57 + 124);
      expect(stack.statuses.filter((status) => status >= 300)).toEqual([]);

      // What it does not know comes back, until it is a dead letter.
      const [body = ''] = sqs.drain('notifications');
      sqs.put('notifications', body.replace('"v":1', '"v":2'));
      sqs.put('notifications', body.replace('"default"', '"second"'));
      expect(await failures()).toHaveLength(2);
    },
    240_000,
  );
});
