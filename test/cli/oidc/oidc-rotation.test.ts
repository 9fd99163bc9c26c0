// Goal: nothing that another authorization server has given out is lost but in the irreducible window.
// Method: oidc-provider rotates at each refresh and ends the family at the first reuse; the built command is
// run against it, and killed at random moments. What the server has given out is compared with what is kept.
// FRESCO_FULL=1 makes it 50 rotations and 50 kills.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../workspace.ts';
import { type OidcServer, startOidcServer } from './oidc-server.ts';

const isFull = process.env['FRESCO_FULL'] === '1';
const rotations = isFull ? 50 : 3;
const kills = isFull ? 50 : 4;

interface Connected extends Pick<Workspace, 'run' | 'start'> {
  readonly server: OidcServer;
  logIn(): Promise<void>;
}

async function connected(): Promise<Connected> {
  const server = await startOidcServer();
  const workspace = await createWorkspace(server.url);
  const file = join(workspace.path, 'provider.json');
  const profile = {
    tokenEndpoint: `${server.url}/token`,
    authorizationEndpoint: `${server.url}/auth`,
    replayPolicy: 'single-use',
  };
  await writeFile(file, JSON.stringify(profile));
  const env = { FRESCO_PROVIDER: file, FRESCO_PROVIDER_URL: '' };
  const application = {
    ...env,
    FATTUREINCLOUD_CLIENT_ID: server.client.id,
    FATTUREINCLOUD_CLIENT_SECRET: server.client.secret,
    FATTUREINCLOUD_REDIRECT_URI: server.client.redirectUri,
  };
  const logIn = async () => {
    const login = workspace.begin(['login', '--paste', '--scopes', 'openid'], application);
    const redirect = await server.consent(await login.says(/(http:\S+\/auth\S+)/));
    login.input(redirect);
    expect(await login.ended).toMatchObject({ code: 0 });
  };
  await logIn();
  return {
    server,
    logIn,
    run: (args) => workspace.run(args, { env }),
    start: (args) => workspace.start(args, env),
  };
}

const generation = async ({ run }: Connected): Promise<number> =>
  JSON.parse((await run(['status', '--json'])).stdout).generation;

/** Kills a rotation somewhere in its life, or a few ms around the server's answer; when, or `undefined` if it was over. */
async function killed({ start, server }: Connected, lifeMs: number): Promise<number | undefined> {
  const running = start(['rotate']);
  const isNearAnswer = Math.random() < 0.5;
  if (isNearAnswer) await Promise.race([server.nextRequest(), running.ended]);
  const afterMs = Math.random() * (isNearAnswer ? 20 : lifeMs);
  let atMs = 0;
  const timer = setTimeout(() => {
    atMs = performance.now();
    running.process.kill('SIGKILL');
  }, afterMs);
  const { code } = await running.ended;
  clearTimeout(timer);
  await server.idle();
  return code === null ? atMs : undefined;
}

it(`${rotations} rotations in a row each bring a generation`, async () => {
  const connection = await connected();
  for (let count = 1; count <= rotations; count += 1) {
    const { code, stdout } = await connection.run(['rotate', '--json']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, generation: count + 1 });
  }
  expect(connection.server.pairs()).toBe(rotations + 1);
});

it(`of ${kills} rotations killed at random moments, all that was given out is kept or told as lost`, async () => {
  const connection = await connected();
  const { server, run, logIn } = connection;
  const startedMs = performance.now();
  await run(['rotate']);
  const lifeMs = performance.now() - startedMs;
  const counts = new Map<string, number>();
  const inHandMs: number[] = [];
  let known = await generation(connection);
  for (let count = 1; count <= kills; count += 1) {
    const givenOut = server.pairs();
    const killedAtMs = await killed(connection, lifeMs);
    const isKilled = killedAtMs !== undefined;
    const answered = server.pairs() - givenOut;
    const { code, stdout } = await run(['rotate', '--if-due', '--json']);
    const { outcome, detail } = JSON.parse(stdout);
    const found = `${isKilled ? '' : 'over before the kill, '}${outcome}, ${answered === 1 ? '' : 'not '}answered`;
    counts.set(found, (counts.get(found) ?? 0) + 1);
    if (code === 0) {
      known += server.pairs() - givenOut;
      expect(await generation(connection), `kill ${count}: ${found}`).toBe(known);
      continue;
    }
    if (answered === 1) inHandMs.push((killedAtMs ?? 0) - server.answeredAtMs());
    // It died after its journal said that it sends, and before a store had an answer: nobody can know more.
    expect({ isKilled, code, outcome }).toEqual({ isKilled: true, code: 1, outcome: 'uncertain' });
    expect(detail).toMatch(/^the response to the refresh at \S+ was lost/);
    expect(await run(['token'])).toMatchObject({ code: 0 });
    await logIn();
    known = await generation(connection);
  }
  expect(await run(['rotate'])).toMatchObject({ code: 0 });
  console.log(`${kills} kills, what the next run found:`, Object.fromEntries(counts));
  const before = inHandMs.filter((ms) => ms <= 0).length;
  console.log(
    `${before} died before the answer had left, the others within ${Math.max(0, ...inHandMs).toFixed(0)} ms`,
  );
}, 240_000);
