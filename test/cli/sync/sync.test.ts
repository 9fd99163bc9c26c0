import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scopes } from '../../../src/fatture-in-cloud/oauth/scopes.ts';
import { breachesOf } from '../../schemas/json-schema.ts';
import { schemaOf } from '../../schemas/schema-files.ts';
import { loggedIn } from '../logged-in.ts';
import { hasTerminal, seat } from '../pseudo-terminal.ts';

// What changed in the last two seconds is left to the next sync.
const earlier = { clock: { nowMs: () => Date.now() - 10_000 } };
const everything = scopes.filter((scope) => scope.endsWith(':r')).join(' ');
async function filesIn(path: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    await Promise.all(
      files.map(async ({ parentPath, name }): Promise<[string, string]> => {
        const file = join(parentPath, name);
        return [file, await readFile(file, 'utf8')];
      }),
    ),
  );
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('fresco sync', () => {
  it('tells everything at first, then what has changed, as lines that keep the schema', async () => {
    const workspace = await loggedIn(earlier, everything);
    const first = await workspace.run(['sync']);
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toMatch(/published on standard output: 57 changed and 0 deleted entities/);
    const lines = linesOf(first.stdout);
    expect(lines).toHaveLength(58);
    expect(lines.flatMap((line) => breachesOf(schemaOf('events'), line))).toEqual([]);
    expect(lines.at(-1)).toMatchObject({
      'detail-type': 'Sync Completed',
      detail: { changed: 57, companies: 1, resources: { issued_documents: 33 } },
    });

    // A second that was read looks over, since the provider's clock is behind: the change comes in another.
    await workspace.sandbox.request('POST', '/_sandbox/state', { advanceSeconds: 2 });
    const change = { type: 'entities.clients.update', count: 1 };
    const { json } = await workspace.sandbox.request('POST', '/_sandbox/changes', change);
    const second = await workspace.run(['sync', '--json']);
    expect(linesOf(second.stdout)).toMatchObject([
      { detail: { resource: 'clients', id: json.ids[0], origin: 'sync', change: 'update' } },
      { detail: { changed: 1, deleted: 0 } },
    ]);
  });

  it('reads only what it is asked for, and again what it is told to', async () => {
    const workspace = await loggedIn(earlier, everything);
    const one = ['sync', '--resource', 'clients'];
    expect(linesOf((await workspace.run(one)).stdout)).toHaveLength(4);
    expect(linesOf((await workspace.run(one)).stdout)).toHaveLength(1);
    const again = await workspace.run([...one, '--since', '2020-01-01']);
    expect(linesOf(again.stdout)).toHaveLength(4);
    const { json } = await workspace.sandbox.request('GET', '/_sandbox/state');
    expect(json.counters.apiRequests).toBeLessThan(6);
  });

  it('only counts where it is told to run dry', async () => {
    const workspace = await loggedIn(earlier, everything);
    const dry = await workspace.run(['sync', '--dry-run', '--json', '--resource', 'clients']);
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, changed: 3 });
    const real = await workspace.run(['sync', '--resource', 'clients']);
    expect(linesOf(real.stdout)).toHaveLength(4);
  });

  it('writes nothing where it runs dry, whatever the provider answers', async () => {
    const workspace = await loggedIn(earlier, everything);
    const fault = {
      on: 'GET /c/108061/entities/clients',
      kind: 'status',
      status: 429,
      retryAfter: 1,
      times: 1,
    };
    await workspace.sandbox.request('POST', '/_sandbox/faults', [fault]);
    const before = await filesIn(workspace.storePath);
    const dry = await workspace.run(['sync', '--dry-run', '--json', '--resource', 'clients']);
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, changed: 3 });
    expect(await filesIn(workspace.storePath)).toEqual(before);
    await workspace.sandbox.request('POST', '/_sandbox/expire');
    expect(await workspace.run(['sync', '--dry-run'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a dry run does not refresh: run fresco rotate'),
    });
    expect(await filesIn(workspace.storePath)).toEqual(before);
  });

  it('names the scope that is missing', async () => {
    const workspace = await loggedIn(earlier);
    const { code, stderr } = await workspace.run([
      ...['sync', '--resource', 'products', '--resource', 'clients'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /one list left out, for example 108061\/products: the token lacks products:r/,
    );
  });

  it('says what was not read, tells of no completion, and exits with 1', async () => {
    const workspace = await loggedIn(earlier, everything);
    await workspace.sandbox.request('POST', '/_sandbox/state', { licenceExpired: true });
    const { code, stdout, stderr } = await workspace.run(['sync', '--resource', 'products']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(
      'the sync is not complete: not read: 108061/products (the licence of the company has expired); 0 changed and 0 deleted entities were published; run it again',
    );
  });

  it('says on standard error how far it is', async () => {
    const workspace = await loggedIn(earlier, everything);
    const { stderr } = await workspace.run(['sync', '--resource', 'products']);
    const [progress] = stderr.split('\n');
    expect(JSON.parse(progress ?? '')).toMatchObject({ list: 'products', pagesLeft: 0, total: 1 });
  });

  it.runIf(hasTerminal)(
    'shows on a terminal how far it is, in a line that events push on',
    async () => {
      const workspace = await loggedIn({ ...earlier, entitiesOfEachKind: 250 }, everything);
      const { code, screen } = await seat(workspace, ['sync', '--resource', 'clients']).ended;
      expect(code).toBe(0);
      const line = (left: number, changed: number) =>
        new RegExp(
          `\\r1/1 clients: ${left} pages left, ${changed} changed, \\d+ requests/min, at least .* to go`,
        );
      // Sandbox and command keep to the pace of the provider: the burst is enough for three pages.
      for (const [left, changed] of [
        [2, 100],
        [1, 200],
        [0, 250],
      ] as const) {
        expect(screen).toMatch(line(left, changed));
      }
      const events = screen.split(/[\r\n]+/).filter((it) => it.startsWith('{'));
      expect(events.map((it) => JSON.parse(it)['detail-type'])).toHaveLength(251);
      expect(screen.split(/[\r\n]+/).at(-2)).toMatch(/^published on standard output: 250 changed/);
    },
  );

  it.each([
    { args: ['--resource', 'taxes'], words: /must be one of clients/ },
    { args: ['--since', 'yesterday'], words: /must be a time such as/ },
  ])('refuses $args', async ({ args, words }) => {
    const workspace = await loggedIn(earlier, everything);
    const { code, stderr } = await workspace.run(['sync', ...args]);
    expect(code).toBe(64);
    expect(stderr).toMatch(words);
  });

  it('says that a person is needed where nobody has logged in', async () => {
    const { run } = await loggedIn(earlier, everything);
    expect((await run(['sync', '--connection', 'other'])).code).toBe(2);
  });
});
