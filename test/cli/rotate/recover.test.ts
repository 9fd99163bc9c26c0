import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loggedIn, tokenRequests } from '../logged-in.ts';
import type { Workspace } from '../workspace.ts';

const grantFile = (workspace: Workspace) =>
  join(workspace.storePath, 'connections/default/grant.json');

/** A connection in generation 2 whose third refresh was sent, processed and never answered. */
async function uncertain(rotationMode: string) {
  const workspace = await loggedIn();
  await workspace.sandbox.request('POST', '/_sandbox/state', { rotationMode });
  expect((await workspace.run(['rotate'])).code).toBe(0);
  const fault = { on: 'POST /oauth/token', kind: 'reset-after', times: 1 };
  await workspace.sandbox.request('POST', '/_sandbox/faults', [fault]);
  expect((await workspace.run(['rotate'])).code).toBe(1);
  return workspace;
}

describe('fresco recover', () => {
  it('explains first; confirmed, it sends the token again and the connection is whole', async () => {
    const workspace = await uncertain('keep-old');
    const sent = await tokenRequests(workspace);
    const [dry, told] = [
      await workspace.run(['recover', '--dry-run']),
      await workspace.run(['recover']),
    ];
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('was lost; retrying at'),
    });
    expect(told.code).toBe(2);
    expect(told.stderr).toMatch(/treats a second use as theft.*fresco recover --yes\n$/);
    expect(await tokenRequests(workspace)).toBe(sent);
    const done = await workspace.run(['recover', '--yes', '--json']);
    expect({ code: done.code, ...JSON.parse(done.stdout) }).toMatchObject({
      code: 0,
      outcome: 'refreshed',
      generation: 3,
      steps: [{ step: 'finish' }, { step: 'send-again' }],
    });
    expect((await workspace.run(['doctor'])).code).toBe(0);
  });

  it('says that only a login helps where the provider has ended the connection', async () => {
    const workspace = await uncertain('single-use-family');
    expect((await workspace.run(['recover', '--yes'])).code).toBe(1);
    const again = await workspace.run(['recover', '--yes']);
    expect(again.stderr).toMatch(
      /2\. the refresh token whose response was lost .*no longer accepts/,
    );
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('fresco login') });
    expect(again.stderr).toContain('fresco recover --yes --earlier');
    const earlier = await workspace.run(['recover', '--yes', '--earlier', '--json']);
    expect({ code: earlier.code, ...JSON.parse(earlier.stdout) }).toMatchObject({
      steps: [{ step: 'finish' }, { step: 'earlier-token' }],
      outcome: 'refused',
    });
    expect((await workspace.run(['status'])).stdout).toContain('fresco login');
  });

  it('puts back a grant that was rolled back or damaged, and sends nothing', async () => {
    const workspace = await loggedIn();
    await workspace.run(['rotate']);
    const { labels, versions } = JSON.parse(await readFile(grantFile(workspace), 'utf8'));
    const sent = await tokenRequests(workspace);
    const write = (secret: object) =>
      writeFile(grantFile(workspace), JSON.stringify({ v: 1, ...secret }));

    await write({ labels: { ...labels, AWSCURRENT: versions[0].versionId }, versions });
    const rolledBack = await workspace.run(['recover', '--json']);
    expect({ code: rolledBack.code, ...JSON.parse(rolledBack.stdout) }).toMatchObject({
      code: 0,
      steps: [{ step: 'finish' }, { step: 'put-back' }, { step: 'finish' }],
      generation: 2,
    });

    const damaged = { versionId: 'd'.repeat(32), value: '{"v":1}' };
    await write({
      labels: { ...labels, AWSCURRENT: damaged.versionId },
      versions: [...versions, damaged],
    });
    expect((await workspace.run(['recover'])).code).toBe(0);
    expect((await workspace.run(['doctor'])).code).toBe(0);
    expect(await tokenRequests(workspace)).toBe(sent);
  });

  it('finds nothing to do where nothing was left', async () => {
    const workspace = await loggedIn();
    expect(await workspace.run(['recover'])).toEqual({
      code: 0,
      stdout: 'whole: generation 1 is fresh, nothing was due\n',
      stderr: '1. an ordinary check: generation 1 is fresh, nothing was due\n',
    });
    expect(await tokenRequests(workspace)).toBe(0);
  });
});
