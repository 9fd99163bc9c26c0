import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { approveInSandbox } from '../../../src/cli/login/sandbox-consent.ts';
import { serveCompanies } from '../../../src/core/operations/companies.ts';
import { systemClock, systemRandom } from '../../../src/local/clock.ts';
import { openFileStore } from '../../../src/local/file-store/file-store.ts';
import { loggedIn, tokenRequests } from '../logged-in.ts';
import { hasTerminal, keys, seat } from '../pseudo-terminal.ts';
import { createSandboxWorkspace, freePort, type Workspace } from '../workspace.ts';

const companies = [
  { id: 108061, name: 'Studio Esempio', type: 'accountant' },
  { id: 108062, name: 'Ditta Esempio', type: 'company' },
] as const;

/** As a person has chosen at an earlier login. */
async function narrow({ storePath }: Workspace): Promise<void> {
  const store = await openFileStore(storePath, { clock: systemClock });
  const { accessToken } = store.connection('default');
  await serveCompanies(accessToken, companies.slice(1), systemRandom);
}

const tokenOf = async (workspace: Workspace) => (await workspace.run(['token'])).stdout.trim();

describe('rotate --compromised', () => {
  it('without a terminal, says where to revoke and what to run, and changes nothing', async () => {
    const workspace = await loggedIn();
    const token = await tokenOf(workspace);
    const { code, stdout } = await workspace.run(['rotate', '--compromised', '--json']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 2,
      error: expect.stringMatching(/Applicazioni collegate.*fresco login/),
    });
    const foretold = await workspace.run(['rotate', '--compromised', '--dry-run', '--json']);
    expect(JSON.parse(foretold.stdout)).toMatchObject({ dryRun: true, would: 'renew' });
    expect(await tokenOf(workspace)).toBe(token);
    expect(await tokenRequests(workspace)).toBe(0);
  });

  it('with a manual token, is not done before the old one is dead', async () => {
    const workspace = await createSandboxWorkspace();
    const make = async () => {
      const wish = { scope: 'entity.clients:r', manual: true };
      const { json } = await workspace.sandbox.request('POST', '/_sandbox/grants', wish);
      return json.access_token as string;
    };
    await workspace.run(['login', '--manual'], { input: await make() });
    const fresh = await make();
    const ended = await workspace.run(['rotate', '--compromised', '--json'], { input: fresh });
    expect({ code: ended.code, ...JSON.parse(ended.stdout) }).toMatchObject({
      code: 2,
      outcome: 'replaced',
      previous: 'alive',
      error: expect.stringContaining('revoke the old token'),
    });
    expect(await tokenOf(workspace)).toBe(fresh);
  });

  it.each([
    ['with nothing stored', ['--compromised'], 2, 'nobody has logged in yet: fresco login'],
    ['with --if-due', ['--compromised', '--if-due'], 64, 'cannot be used with'],
  ])('%s, is refused', async (_, args, code, sentence) => {
    const workspace = await createSandboxWorkspace();
    await workspace.run(['login', '--manual'], { input: 'a/0001invented' });
    expect(await workspace.run(['rotate', ...args])).toMatchObject({
      code,
      stderr: expect.stringContaining(sentence),
    });
  });
});

describe.skipIf(!hasTerminal)('rotate --compromised at a terminal', () => {
  const walkArgs = ['rotate', '--compromised', '--scopes', 'entity.clients:r'];
  const redirectTo = async () => ({
    FATTUREINCLOUD_REDIRECT_URI: `http://localhost:${await freePort()}/callback`,
  });

  it('has the connection revoked, logs in again, and sees the old token dead and the new one work', async () => {
    const workspace = await loggedIn({ companies });
    await narrow(workspace);
    const old = await tokenOf(workspace);
    const walk = seat(workspace, walkArgs, await redirectTo());
    await walk.shows(/jobs have no token from then until the login/);
    await walk.shows(/1 of 3 .*the owner of the account.*Applicazioni collegate/);
    await walk.shows(/in the sandbox: curl .*\/_sandbox\/revoke/);
    await walk.shows(/Is the connection revoked\?/);
    walk.types('y');
    await walk.shows(/still accepts the old token/);
    await walk.shows(/Is the connection revoked\?/);
    await workspace.sandbox.request('POST', '/_sandbox/revoke');
    walk.types('y');
    await walk.shows(/Has the client secret leaked too\?/);
    walk.types('y');
    await walk.shows(/make a new one: \S+ → Impostazioni → Sviluppatore/);
    await walk.shows(/every other connection that used it, and subscribe webhooks again/);
    await walk.shows(/Client id/);
    walk.types(`sandbox-client${keys.enter}`);
    await walk.shows(/Client secret/);
    walk.types(`sandbox-secret${keys.enter}`);
    await fetch(await approveInSandbox(await walk.shows(/(http:\S+authorize\S+)/)));
    const { code, screen } = await walk.ended;
    expect({ code, screen }).toEqual({
      code: 0,
      screen: expect.stringContaining(
        'generation 2 is published and works; the old token is no longer accepted',
      ),
    });
    const served = JSON.parse((await workspace.run(['token', '--json'])).stdout);
    expect(served.companies).toEqual([{ id: 108062, name: 'Ditta Esempio' }]);
    const fresh: string = served.accessToken;
    expect(fresh).not.toBe(old);
    expect([old, fresh].some((token) => screen.includes(token))).toBe(false);
    expect((await workspace.sandbox.get('/user/info', old)).status).toBe(401);
    expect((await workspace.sandbox.get('/user/info', fresh)).status).toBe(200);
  });

  it('is not done where nobody could see the old token dead', async () => {
    const workspace = await loggedIn();
    rmSync(join(workspace.storePath, 'connections/default/access-token.json'));
    const walk = seat(workspace, walkArgs, await redirectTo());
    await walk.shows(/Is the connection revoked\?/);
    walk.types('y');
    await walk.shows(/Has the client secret leaked too\?/);
    walk.types('n');
    await fetch(await approveInSandbox(await walk.shows(/(http:\S+authorize\S+)/)));
    expect(await walk.ended).toMatchObject({
      code: 2,
      screen: expect.stringMatching(
        /not known to be revoked.*see for yourself that the connection from before is gone.*Applicazioni collegate/s,
      ),
    });
  });

  it('not revoked, names the command that goes on once it is', async () => {
    const walk = seat(await loggedIn(), walkArgs);
    await walk.shows(/Is the connection revoked\?/);
    walk.types('n');
    expect(await walk.ended).toMatchObject({
      code: 2,
      screen: expect.stringContaining('then run fresco rotate --compromised again'),
    });
  });

  it('refused where one consents, says that jobs wait for a login', async () => {
    const workspace = await loggedIn();
    const walk = seat(workspace, walkArgs, await redirectTo());
    await walk.shows(/Is the connection revoked\?/);
    await workspace.sandbox.request('POST', '/_sandbox/revoke');
    walk.types('y');
    await walk.shows(/Has the client secret leaked too\?/);
    walk.types('n');
    const asked = new URL(await walk.shows(/(http:\S+authorize\S+)/)).searchParams;
    const stray = await fetch(`${asked.get('redirect_uri')}?state=wrong&error=access_denied`);
    expect(stray.status).toBe(400);
    const refusal = { error: 'access_denied', state: asked.get('state') ?? '' };
    await fetch(`${asked.get('redirect_uri')}?${new URLSearchParams(refusal)}`);
    expect(await walk.ended).toMatchObject({
      code: 2,
      screen: expect.stringContaining('jobs have no token until you run fresco login'),
    });
  });
});
