import { spawn } from 'node:child_process';
import { chmod, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examine, examineConnection } from '../../../src/cli/inspect/doctor.ts';
import { open, openToLook } from '../../../src/cli/settings/options.ts';
import { readSettings } from '../../../src/cli/settings/settings.ts';
import { encodeAccessToken } from '../../../src/core/records/access-token.ts';
import { Secret } from '../../../src/core/secret.ts';
import { orRefuse } from '../../../src/local/file-store/disk.ts';
import { stampProcess } from '../../../src/local/file-store/process-stamp.ts';
import { diskError } from '../../local/watched-disk.ts';
import { runHere } from '../in-process.ts';
import { loggedIn, tokenRequests } from '../logged-in.ts';
import { withVariables } from '../surroundings.ts';
import { createSandboxWorkspace, script, type Workspace } from '../workspace.ts';

// The first test may have to build the command.
const file = (workspace: Workspace, kind: string) =>
  join(workspace.storePath, 'connections/default', `${kind}.json`);

/** The first broken link of a workspace, as this process sees it. */
async function firstBroken(workspace: Workspace) {
  withVariables(workspace.env);
  const findings = await examine({});
  return findings.find(({ state }) => state === 'broken');
}

describe('fresco doctor over a file store', () => {
  it('lists every link, piped without a colour, and spends nothing', async () => {
    const workspace = await loggedIn();
    const { code, stdout, stderr } = await workspace.run([
      'doctor',
      '--scopes',
      'entity.clients:r',
    ]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.slice(0, 16).trimEnd())).toEqual([
      '✓ config',
      '✓ client',
      '✓ grant',
      '✓ access-token',
      '✓ table',
      '✓ clock',
      '✓ attempt',
      '✓ provider',
      '✓ application',
      '✓ token',
      '✓ company',
      '✓ permissions',
      '✓ licence',
      '– schedule',
      '– webhooks',
    ]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'no problem found\n',
    });
    expect(stdout).not.toContain('\u001b');
    expect(await tokenRequests(workspace)).toBe(0);
  });

  it.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
  ])('on a terminal with %j is coloured: %s', async (variables, isColoured) => {
    const workspace = await loggedIn();
    const env = { ...workspace.env, ...variables };
    const command = `${process.execPath} ${script} doctor`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], { env });
    let shown = '';
    for await (const chunk of terminal.stdout) shown += chunk;
    expect(shown).toContain('access-token');
    expect(shown.includes('\u001b[32m✓')).toBe(isColoured);
  });

  it('names the first broken link and what to do, for people and for programs', async () => {
    const workspace = await loggedIn();
    await workspace.sandbox.request('POST', '/_sandbox/revoke', {});
    const [people, programs] = await Promise.all([
      workspace.run(['doctor']),
      workspace.run(['doctor', '--json']),
    ]);
    expect(people.code).toBe(2);
    expect(people.stdout).toMatch(/^✗ token .*rejects.*\n +→ fresco rotate/m);
    expect(people.stderr).toMatch(/^the first problem is token: fresco rotate/);
    const findings = JSON.parse(programs.stdout);
    expect(findings.map((it: object) => Object.keys(it).join())).toEqual(
      findings.map(() => 'check,state,detail,next'),
    );
    expect(findings).toContainEqual({
      check: 'token',
      state: 'broken',
      detail: expect.stringContaining('revoked'),
      next: expect.stringContaining('fresco login'),
    });
    expect(`${people.stdout}${programs.stdout}`).not.toMatch(/[acr]\/0/);
  });

  it('says where nothing is stored, or another user may look', async () => {
    const workspace = await loggedIn();
    await chmod(file(workspace, 'grant'), 0o644);
    expect(await firstBroken(workspace)).toMatchObject({ check: 'grant' });
    await chmod(file(workspace, 'grant'), 0o600);
    await rename(workspace.storePath, `${workspace.storePath}-gone`);
    expect(await firstBroken(workspace)).toMatchObject({
      check: 'config',
      next: expect.stringContaining('fresco login'),
    });
  });

  it.each([
    ['client', 'fresco login --application-only'],
    ['grant', 'fresco login'],
    ['journal', 'fresco recover'],
  ])('finds a %s file that is damaged', async (kind, next) => {
    const workspace = await loggedIn();
    await writeFile(file(workspace, kind), '{"v":1}');
    const found = await firstBroken(workspace);
    expect(found).toMatchObject({
      check: kind === 'journal' ? 'table' : kind,
      next: expect.stringContaining(next),
    });
  });

  it('finds a record of the store that another user may look at', async () => {
    const workspace = await loggedIn();
    await runHere(workspace, ['sync', '--resource', 'receipts']);
    await chmod(join(workspace.storePath, 'sync-default.json'), 0o644);
    expect(await firstBroken(workspace)).toMatchObject({
      check: 'table',
      detail: expect.stringContaining('sync-default.json is open to other users'),
    });
  });

  it('finds a lost answer, which is sent for again without a person', async () => {
    const workspace = await loggedIn();
    await workspace.sandbox.request('POST', '/_sandbox/faults', [
      { on: 'POST /oauth/token', kind: 'reset-after', times: 1 },
    ]);
    expect(await runHere(workspace, ['rotate'])).toMatchObject({ code: 1 });
    expect(await runHere(workspace, ['doctor'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('wait, or repair it with fresco recover'),
    });
  });

  it('finds an old grant put back beside a newer journal', async () => {
    const workspace = await loggedIn();
    const before = await readFile(file(workspace, 'grant'));
    expect((await workspace.run(['rotate'])).code).toBe(0);
    await writeFile(file(workspace, 'grant'), before);
    expect(await firstBroken(workspace)).toMatchObject({
      check: 'attempt',
      detail: expect.stringContaining('older than generation 2'),
      next: 'fresco recover',
    });
  });

  it('finds a lock that a dead container has left, and says when to remove it', async () => {
    const workspace = await loggedIn();
    const lock = join(workspace.storePath, 'connections/default/journal.lock');
    const holder = stampProcess().replace(/^(\w+\.\w+\.)\d+/, '$11');
    await writeFile(join(lock, holder), '');
    await utimes(join(lock, holder), 1_795_500_000, 1_795_500_000);
    expect(await firstBroken(workspace)).toMatchObject({
      check: 'table',
      detail: expect.stringMatching(
        /journal.lock: process \d+ of another container .* since 2026-/,
      ),
      next: expect.stringContaining(`remove ${join(lock, holder)}`),
      passes: false,
    });
    await rm(join(lock, holder));
    expect(await firstBroken(workspace)).toBeUndefined();
  });

  it('tells a provider that is down from one that is wrong', async () => {
    const workspace = await loggedIn();
    const faults = (list: readonly object[]) =>
      workspace.sandbox.request('POST', '/_sandbox/faults', list);
    await faults([{ on: 'GET /user/info', kind: 'status', status: 503 }]);
    expect(await firstBroken(workspace)).toMatchObject({ check: 'provider', passes: true });
    await faults([{ on: 'GET /user/info', kind: 'html', status: 200 }]);
    expect(await firstBroken(workspace)).toMatchObject({
      check: 'provider',
      next: expect.stringContaining('FRESCO_PROVIDER_URL'),
    });
    await faults([]);
    expect(await firstBroken(workspace)).toBeUndefined();
  });

  it.each([
    ['403 in a firewall’s HTML', 403, 'text/html', {}, 'answers 403', false],
    [
      '429 to everything',
      429,
      'application/json',
      { 'retry-after': '120' },
      'too many requests',
      true,
    ],
    ['403 with Retry-After', 403, 'application/json', { 'retry-after': '60' }, 'too many', true],
  ])(
    'does not take %s for a provider that answers',
    async (_, status, type, headers, says, passes) => {
      const workspace = await loggedIn();
      const fault = { on: 'GET /user/*', kind: 'body', status, body: '<html>no</html>' };
      const said = { ...fault, headers: { 'content-type': type, ...headers } };
      await workspace.sandbox.request('POST', '/_sandbox/faults', [said]);
      expect(await firstBroken(workspace)).toMatchObject({
        check: 'provider',
        detail: expect.stringContaining(says),
        passes,
      });
      expect(await runHere(workspace, ['doctor'])).toMatchObject({ code: passes ? 1 : 2 });
    },
  );

  it.each([
    ['ENOSPC', 1, 'the disk is full'],
    ['EROFS', 2, 'the disk is read-only'],
  ])('sees a store that can be read and not written (%s)', async (code, exit, says) => {
    const workspace = await loggedIn();
    withVariables(workspace.env);
    const connection = await openToLook({});
    const checkWritable = () =>
      orRefuse('write in it', async () => Promise.reject(diskError(code)));
    const [broken] = (await examineConnection({ ...connection, checkWritable })).filter(
      ({ state }) => state === 'broken',
    );
    expect(broken).toMatchObject({ check: 'table', detail: expect.stringContaining(says) });
    expect(broken?.passes).toBe(exit === 1);
  });

  it('asks of a manual token what a manual token has, and finds it revoked', async () => {
    const workspace = await createSandboxWorkspace();
    withVariables(workspace.env);
    const connection = await open(await readSettings({}), { create: true });
    const { json } = await workspace.sandbox.request('POST', '/_sandbox/grants', { manual: true });
    const token = {
      ...{ connection: 'default', grant: 1, generation: 1, attempt: 0, companies: [] },
      accessToken: new Secret(json.access_token, workspace.sandbox.url),
      issuedAtMs: connection.clock.nowMs(),
      expiresAtMs: null,
    };
    await connection.accessToken.put('1'.repeat(32), encodeAccessToken(token));
    const findings = await examine({});
    expect(findings.filter(({ state }) => state === 'broken')).toEqual([]);
    const checks = findings.map(({ check }) => check);
    for (const check of ['client', 'grant', 'attempt', 'application'] as const) {
      expect(checks).not.toContain(check);
    }
    await workspace.sandbox.request('POST', '/_sandbox/revoke', {});
    expect(await firstBroken(workspace)).toMatchObject({
      check: 'token',
      next: expect.stringContaining('fresco login --manual'),
    });
  });

  it('a setting that is none is the first link', async () => {
    withVariables({ FRESCO_STORE: 'invented' });
    expect(await examine({})).toEqual([
      expect.objectContaining({ check: 'config', state: 'broken' }),
    ]);
  });
});
