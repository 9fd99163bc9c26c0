import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { approveInSandbox } from '../../src/cli/sandbox-consent.ts';
import { loggedIn } from './logged-in.ts';
import { createSandboxWorkspace, type Ended, freePort, type Workspace } from './workspace.ts';

// Each test is some processes, and the first one may have to build the command.
vi.setConfig({ testTimeout: 60_000 });

const application = {
  FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
  FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
};
const secrets = ['client.json', 'grant.json', 'access-token.json'] as const;

const fileOf = ({ storePath }: Workspace, name: string) =>
  join(storePath, 'connections/default', name);

/** What is stored of the connection, byte for byte. */
async function stored(workspace: Workspace): Promise<Readonly<Record<string, string>>> {
  const texts = secrets.map(async (name) => [
    name,
    await readFile(fileOf(workspace, name), 'utf8'),
  ]);
  return Object.fromEntries(await Promise.all(texts));
}

/** What a command has told a person; a second sentence would be one too many. */
const sentences = ({ stderr }: Ended) =>
  stderr.split('\n').filter((line) => line.startsWith('fresco: '));

const setFault = (workspace: Awaited<ReturnType<typeof loggedIn>>, fault?: object) =>
  workspace.sandbox.request(
    'POST',
    '/_sandbox/faults',
    fault === undefined ? [] : [{ on: 'POST /oauth/token', ...fault }],
  );

const html = { headers: { 'content-type': 'text/html' }, body: '<h1>Sign in to the proxy</h1>' };

describe('a store that is damaged', () => {
  it.each([
    ['cut off', (text: string) => text.slice(0, -20)],
    ['of another program', () => '{"name":"invented"}\n'],
    ['of a newer version', (text: string) => text.replace(/"v": ?1/, '"v":99')],
  ])('(%s) is told in one sentence, and left as it is', async (_, damage) => {
    const workspace = await loggedIn();
    const whole = await stored(workspace);
    for (const [name, text] of Object.entries(whole)) {
      await writeFile(fileOf(workspace, name), damage(text));
      const damaged = await stored(workspace);
      const ended = await workspace.run([name === 'access-token.json' ? 'token' : 'rotate']);
      expect({ name, code: ended.code, told: sentences(ended) }).toEqual({
        name,
        code: 2,
        told: [expect.stringContaining(name)],
      });
      if (name !== 'access-token.json') {
        expect(await workspace.run(['token'])).toMatchObject({ code: 0 });
      }
      expect(await stored(workspace)).toEqual(damaged);
      await writeFile(fileOf(workspace, name), text);
    }
    expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
  });

  it('is no settings file either, and that one may go', async () => {
    const workspace = await loggedIn();
    const settings = join(workspace.path, 'config/fresco/settings.json');
    await mkdir(dirname(settings), { recursive: true });
    await writeFile(settings, '{"v":');
    const ended = await workspace.run(['token']);
    expect({ code: ended.code, told: sentences(ended) }).toEqual({
      code: 64,
      told: [expect.stringContaining('are damaged: remove that file, nothing in it is secret')],
    });
  });
});

describe('a token in the wrong place', () => {
  it.each([
    ['the connection’s name', ['--connection', 'a/0001invented']],
    ['the store', ['--store', 'a/0001invented']],
    ['the provider’s URL', ['--provider-url', 'a/0001invented']],
    ['a length of time', ['--min-validity', 'a/0001invented']],
    ['an argument', ['a/0001invented']],
  ])('(%s) is wrong usage, and is not shown', async (_, args) => {
    const workspace = await createSandboxWorkspace();
    const ended = await workspace.run(['token', ...args]);
    expect({ code: ended.code, told: sentences(ended).length }).toEqual({ code: 64, told: 1 });
    expect(ended.stdout + ended.stderr).not.toContain('invented');
  });
});

describe('a wrong client secret', () => {
  it('is told as such, and spends nothing', async () => {
    const workspace = await loggedIn();
    const wrong = { ...application, FATTUREINCLOUD_CLIENT_SECRET: 'wrong-secret-invented' };
    await workspace.run(['login', '--application-only'], { env: wrong });
    const before = await stored(workspace);
    const ended = await workspace.run(['rotate']);
    expect({ code: ended.code, told: sentences(ended) }).toEqual({
      code: 2,
      told: [expect.stringMatching(/refuses the application .*the refresh token is unspent$/)],
    });
    expect(await workspace.run(['token'])).toMatchObject({ code: 0 });
    expect(await stored(workspace)).toEqual(before);
    await workspace.run(['login', '--application-only'], { env: application });
    expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
  });
});

const answers: readonly (readonly [string, object, number, RegExp])[] = [
  ['a gateway’s page', { kind: 'html' }, 1, /status 502/],
  ['a page with status 200', { kind: 'body', ...html }, 1, /not a JSON object/],
  [
    'a page with status 404',
    { kind: 'body', status: 404, ...html },
    2,
    /answered 404 \(text\/html\)/,
  ],
  ['a redirect', { kind: 'redirect' }, 2, /answered 307/],
  ['an endless body', { kind: 'endless-body' }, 1, /too long|larger|bytes/],
  ['half an answer', { kind: 'bad-json' }, 1, /not a JSON object/],
  ['a reset', { kind: 'reset-before' }, 1, /ECONNRESET|reset|closed/],
];

describe('a provider that answers with', () => {
  it.each(answers)('%s, to a refresh', async (_, fault, code, sentence) => {
    const workspace = await loggedIn();
    const before = await stored(workspace);
    await setFault(workspace, fault);
    const ended = await workspace.run(['rotate']);
    expect({ code: ended.code, told: sentences(ended) }).toEqual({
      code,
      told: [expect.stringMatching(code === 2 ? sentence : /./)],
    });
    expect(await workspace.run(['token'])).toMatchObject({ code: 0 });
    expect(await stored(workspace)).toEqual(before);
  });

  it.each(answers.slice(1, 5))('%s, to a login', async (_, fault, code, sentence) => {
    const workspace = await loggedIn();
    const before = await stored(workspace);
    await setFault(workspace, fault);
    const redirect = `http://localhost:${await freePort()}/callback`;
    const env = { ...application, FATTUREINCLOUD_REDIRECT_URI: redirect };
    const login = workspace.start(['login', '--paste'], env);
    login.process.stdin.end(await approveInSandbox(await login.says(/(http:\S+authorize\S+)/)));
    const ended = await login.ended;
    expect({ code: ended.code, told: sentences(ended) }).toEqual({
      code,
      told: [expect.stringMatching(sentence)],
    });
    expect(sentences(ended)[0]).toContain('nothing was stored');
    expect(await stored(workspace)).toEqual(before);
  });
});

describe('an expires_in of', () => {
  it.each([
    ['0', 0, true],
    ['-1', -1, true],
    ['"3600"', '3600', false],
    ['"soon"', 'soon', true],
    ['nothing', null, true],
  ])('%s stops no token from being kept', async (_, expiresInAnswer, isOdd) => {
    const workspace = await createSandboxWorkspace({
      settings: { rotationMode: 'single-use-family', expiresInAnswer },
    });
    const login = await workspace.run(['login', '--sandbox']);
    const rotated = await workspace.run(['rotate']);
    for (const ended of [login, rotated]) {
      expect({ code: ended.code, told: sentences(ended) }).toEqual({ code: 0, told: [] });
      expect(/^warning: .*expires_in/m.test(ended.stderr)).toBe(isOdd);
    }
    const { hoursLeft } = JSON.parse((await workspace.run(['status', '--json'])).stdout);
    expect(hoursLeft).toBeCloseTo(isOdd ? 24 : 1, 1);
    const token = (await workspace.run(['token'])).stdout.trim();
    expect((await workspace.sandbox.get('/user/info', token)).status).toBe(200);
  });
});
