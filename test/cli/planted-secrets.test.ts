// Goal: nothing secret leaves the store but by the command whose purpose that is.
// Method: every secret that the sandbox hands out is collected from its answers, every command is run over
// good and bad ways, and all that was printed, and every file outside the store, is searched for each of them.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Random } from '../../src/sandbox/mint.ts';
import { createSandboxWorkspace, type Ended, type Workspace } from './workspace.ts';

/** Everything that a random source has given out could be a secret: the tokens are these bytes. */
function watchedRandom(): { readonly random: Random; readonly secrets: () => readonly string[] } {
  const secrets: string[] = [];
  return {
    random: {
      bytes: (count) => {
        const bytes = crypto.getRandomValues(new Uint8Array(count));
        // Tokens have 33 bytes; shorter ones are ids and codes that people see.
        if (count >= 32) {
          secrets.push(
            Buffer.from(bytes).toString('base64url'),
            Buffer.from(bytes).toString('hex'),
          );
        }
        return bytes;
      },
    },
    secrets: () => secrets,
  };
}

async function filesOutsideStore(workspace: Workspace): Promise<string> {
  const entries = await readdir(workspace.path, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(workspace.storePath));
  const texts = await Promise.all(
    paths.map(async (path) => `${path}\n${await readFile(path, 'utf8')}`),
  );
  return texts.join('\n');
}

const planted = {
  secret: 'client-secret-planted-0001',
  access: 'a/planted-access-0001',
  refresh: 'r/planted-refresh-0001',
  code: 'c/planted-code-0001',
};

it('nothing secret is printed, or written outside the store', async () => {
  const { random, secrets } = watchedRandom();
  const workspace = await createSandboxWorkspace({ random });
  const { request, grant, url } = workspace.sandbox;
  const ended: Ended[] = [];
  const run = async (args: readonly string[], options: Parameters<Workspace['run']>[1] = {}) => {
    ended.push(await workspace.run(args, options));
  };
  const wrong = {
    FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
    FATTUREINCLOUD_CLIENT_SECRET: planted.secret,
  };
  const right = { ...wrong, FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret' };
  const fault = (body: object) => request('POST', '/_sandbox/faults', [body]);
  const everyCommand = async () => {
    for (const args of [
      ['rotate', '--json'],
      ['status'],
      ['status', '--json'],
      ['history'],
      ['rotate', '--dry-run'],
    ]) {
      await run(args);
    }
    await run(['exec', '--', process.execPath, '-e', '0']);
  };

  await run(['login', '--sandbox', '--json']);
  await everyCommand();
  await run(['login', '--refresh-token'], { input: (await grant()).refresh_token, env: right });
  await run(['login', '--refresh-token'], { input: planted.refresh, env: right });
  await run(['login', '--refresh-token'], { input: planted.access, env: right });
  await run(['login', '--refresh-token'], { input: planted.refresh, env: wrong });
  await run(['login', '--paste'], {
    input: `${url}/callback?code=${planted.code}&state=x`,
    env: right,
  });
  await run(['login', '--application-only', '--json'], { env: wrong });
  await everyCommand();
  for (const argument of Object.values(planted)) {
    await run(['token', argument]);
    await run(['login', `--refresh-token=${argument}`]);
  }
  await run(['login', '--application-only'], { env: right });
  const answer = { access_token: planted.access, refresh_token: planted.refresh };
  for (const body of [
    JSON.stringify(answer).slice(0, -2),
    JSON.stringify({ error: planted.refresh }),
    planted.access,
  ]) {
    await fault({ on: 'POST /oauth/token', kind: 'body', status: 400, body });
    await everyCommand();
    await run(['login', '--sandbox']);
  }
  await fault({ on: 'GET /user/companies', kind: 'body', status: 500, body: planted.access });
  await run(['login', '--sandbox']);

  const everything = `${ended.map(({ stdout, stderr }) => stdout + stderr).join('\n')}\n${await filesOutsideStore(workspace)}`;
  const known = [...Object.values(planted), ...secrets()];
  expect(known.length).toBeGreaterThan(20);
  expect(known.filter((secret) => everything.includes(secret))).toEqual([]);

  const { stdout } = await workspace.run(['token']);
  expect(known.some((secret) => stdout.includes(secret))).toBe(true);
}, 60_000);
