// Goal: whatever damages a file of a file store, doctor names a command that mends it. Method: every file is
// damaged in every way; what doctor says is done, until it says that nothing is broken; then a refresh works.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runHere } from '../in-process.ts';
import { loggedIn, tokenRequests } from '../logged-in.ts';
import type { Ended } from '../workspace.ts';

const damages: readonly (readonly [string, (text: string) => string])[] = [
  ['cut off', (text) => text.slice(0, -20)],
  ['empty', () => ''],
  ['zeros', (text) => '\0'.repeat(text.length)],
  ['of another program', () => '{"name":"invented"}\n'],
  ['another record', () => '{"v":1,"colour":"red"}\n'],
];
const own = ['client.json', 'grant.json', 'access-token.json', 'journal.json'];
const application = {
  FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
  FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
  FATTUREINCLOUD_REDIRECT_URI: 'http://localhost:8787/callback',
};

type Workspace = Awaited<ReturnType<typeof loggedIn>>;

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly next: string | null;
}

async function brokenIn(workspace: Workspace): Promise<readonly Finding[]> {
  const { stdout } = await runHere(workspace, ['doctor', '--json']);
  return (JSON.parse(stdout) as Finding[]).filter(({ state }) => state === 'broken');
}

/** Does what a finding says, as a person would. */
async function follow(workspace: Workspace, next: string): Promise<Ended> {
  const env = { ...workspace.env, ...application };
  if (next.includes('--application-only')) return runHere({ env }, ['login', '--application-only']);
  if (next.startsWith('fresco recover')) return runHere({ env }, ['recover', '--yes']);
  if (next.startsWith('fresco rotate')) return runHere({ env }, ['rotate']);
  if (next.startsWith('fresco login')) return runHere({ env }, ['login', '--sandbox', '--yes']);
  throw new Error(`no command: ${next}`);
}

/** Until nothing is broken; at most as often as there are files. */
async function mendAll(workspace: Workspace): Promise<readonly string[]> {
  const done: string[] = [];
  for (let at = 0; at < own.length + 2; at += 1) {
    const [first] = await brokenIn(workspace);
    if (first === undefined) return done;
    const { code, stderr } = await follow(workspace, first.next ?? '');
    done.push(first.next ?? '');
    expect({ did: first.next, code, stderr }).toMatchObject({ code: 0 });
  }
  throw new Error(`sent round: ${done.join(' | ')}`);
}

/** Every record of the store, and the four files of the connection. */
function filesOf({ storePath }: Workspace): readonly string[] {
  const records = readdirSync(storePath).filter((name) => name.endsWith('.json'));
  return [...records, ...own.map((name) => join('connections/default', name))];
}

describe.each(damages)('a file that is %s', (_, damage) => {
  it('has a way back that doctor names, whichever file it is', async () => {
    const workspace = await loggedIn();
    await runHere(workspace, ['rotate']);
    await runHere(workspace, ['sync', '--resource', 'receipts']);
    const files = filesOf(workspace);
    expect(files).toEqual(expect.arrayContaining(['store.json', 'sync-default.json']));
    for (const file of files) {
      const path = join(workspace.storePath, file);
      writeFileSync(path, damage(readFileSync(path, 'utf8')), { mode: 0o600 });
      const broken = await brokenIn(workspace);
      // There is nothing in the marker but that it is one.
      const isMarker = file === 'store.json' && damage('').includes('"v":1');
      if (!isMarker) expect([file, broken.length > 0]).toEqual([file, true]);
      const done = await mendAll(workspace);
      if (file.endsWith('journal.json')) {
        // Or a token whose refresh was on its way would be sent a second time by itself.
        const { stdout } = await runHere(workspace, ['history', '--json']);
        expect(stdout).toContain('"outcome":"journal-rebuilt"');
      }
      const refreshed = await runHere(workspace, ['rotate', '--json']);
      expect([file, done, refreshed.code, refreshed.stderr]).toEqual([file, done, 0, '']);
      expect(await runHere(workspace, ['token'])).toMatchObject({ code: 0 });
    }
  });

  it('is no matter to a login, all of them at once', async () => {
    const workspace = await loggedIn();
    await runHere(workspace, ['rotate']);
    for (const file of filesOf(workspace)) {
      const path = join(workspace.storePath, file);
      writeFileSync(path, damage(readFileSync(path, 'utf8')), { mode: 0o600 });
    }
    const login = await runHere(workspace, ['login', '--sandbox', '--yes', '--json']);
    expect(login).toMatchObject({ code: 0 });
    expect(await brokenIn(workspace)).toEqual([]);
    expect(await runHere(workspace, ['rotate'])).toMatchObject({ code: 0 });
  });
});

it('recover --dry-run names what it would mend', async () => {
  const workspace = await loggedIn();
  await runHere(workspace, ['sync', '--resource', 'receipts']);
  const path = join(workspace.storePath, 'sync-default.json');
  writeFileSync(path, '{"v":1', { mode: 0o600 });
  const { code, stdout } = await runHere(workspace, ['recover', '--dry-run', '--json']);
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({
    code: 0,
    would: 'recover',
    detail: expect.stringContaining('sync-default.json is not JSON'),
  });
  expect(readFileSync(path, 'utf8')).toBe('{"v":1');
});

it('a login that comes to nothing has no token sent again whose journal was damaged', async () => {
  const workspace = await loggedIn();
  await workspace.sandbox.request('POST', '/_sandbox/faults', [
    { on: 'POST /oauth/token', kind: 'reset-after', times: 1 },
  ]);
  await runHere(workspace, ['rotate']);
  const sent = await tokenRequests(workspace);
  const path = join(workspace.storePath, 'connections/default/journal.json');
  writeFileSync(path, '{"v":1', { mode: 0o600 });
  const stray = 'http://localhost:8787/callback?code=c/invented&state=invented';
  expect(await runHere(workspace, ['login', '--paste'], { input: stray })).toMatchObject({
    code: 2,
  });
  const rotated = await runHere(workspace, ['rotate', '--json']);
  expect(JSON.parse(rotated.stdout)).toMatchObject({ outcome: 'uncertain' });
  expect(await tokenRequests(workspace)).toBe(sent);
  expect(await runHere(workspace, ['login', '--sandbox', '--yes'])).toMatchObject({ code: 0 });
  expect(await runHere(workspace, ['rotate'])).toMatchObject({ code: 0 });
});

it('a file of a newer version is nobody’s to mend: it is left as it is', async () => {
  const workspace = await loggedIn();
  const path = join(workspace.storePath, 'connections/default/access-token.json');
  const newer = readFileSync(path, 'utf8').replace('"v":1', '"v":2');
  writeFileSync(path, newer, { mode: 0o600 });
  for (const args of [
    ['recover', '--yes'],
    ['login', '--sandbox', '--yes'],
  ]) {
    expect(await runHere(workspace, args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('update fresco'),
    });
  }
  expect(readFileSync(path, 'utf8')).toBe(newer);
});
