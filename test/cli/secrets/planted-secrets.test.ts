import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { setStage } from '../../../src/cli/local/story/demo.ts';
import { approveInSandbox } from '../../../src/cli/login/sandbox-consent.ts';
import { Session } from '../../../src/cli/session.ts';
import { enter } from '../../console/console-fixture.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';
import { withExpiredToken } from '../logged-in.ts';
import { freePort } from '../workspace.ts';
import { consentAddress, type Watched, watchedWorkspace } from './planted-secrets.ts';

// Goal: what is secret is seen in the store, and where a command's purpose is to hand it out, and nowhere else.
// Method: a sandbox that writes down each token and code it gives out, and a look through all that is said
// and through every file of the user's home.

const adopted = () => watchedWorkspace(true);

async function adopt({
  workspace,
  run,
  application,
}: Pick<Watched, 'workspace' | 'run' | 'application'>) {
  const { refresh_token } = await workspace.sandbox.grant('entity.clients:r');
  return run(['login', '--refresh-token'], { input: refresh_token, env: application });
}

const byPage = async (watched: Watched, spoil = (redirect: string) => redirect, more = {}) => {
  const FATTUREINCLOUD_REDIRECT_URI = `http://localhost:${await freePort()}/callback`;
  const env = { ...watched.application, FATTUREINCLOUD_REDIRECT_URI, ...more };
  const login = watched.begin(['login'], env);
  const redirect = await approveInSandbox(await consentAddress(login));
  const page = await (await fetch(spoil(redirect))).text();
  return { ...(await login.ended), page };
};

// A token or code of the provider, whose values nobody wrote down here, and its application's secret.
const providerSecret = /\b[acdr]\/[\w-]{20,}|sandbox-secret/;

const echoing = (status: number, body: string, contentType = 'application/json') => ({
  on: 'POST /oauth/token',
  kind: 'body',
  status,
  body,
  headers: { 'content-type': contentType },
});

describe('no token, code or secret is seen outside the store', () => {
  it('though the look through it all would see one', async () => {
    const { workspace, run, leaks } = await adopted();
    expect(await leaks()).toEqual([]);
    await run(['token']);
    await writeFile(join(workspace.path, 'a-log'), 'secret=planted-client-secret-invented');
    expect(await leaks()).toEqual(['said by token', 'in the file a-log']);
  });

  it('over a login by page, pasted, adopted, and one that goes wrong', async () => {
    const watched = await watchedWorkspace();
    const { run, begin, application, leaks, seenIn } = watched;
    const done = await byPage(watched);
    expect(done.code).toBe(0);
    const pasting = begin(['login', '--paste', '--json'], application);
    pasting.input(await approveInSandbox(await consentAddress(pasting)));
    expect(await pasting.ended).toMatchObject({ code: 0 });
    expect(await adopt(watched)).toMatchObject({ code: 0 });
    const hostile = await byPage(watched, (r) => r.replace(/code=[^&]+/, 'code=c%2F0002invented'));
    const twice = await byPage(watched, (r) => `${r}&code=c/0001invented`);
    watched.plant('another-secret-invented');
    const wrong = { FATTUREINCLOUD_CLIENT_SECRET: 'another-secret-invented' };
    const refused = await byPage(watched, undefined, wrong);
    expect([hostile.code, twice.code, refused.code]).toEqual([2, 2, 2]);
    expect([done, hostile, twice, refused].map(({ page }) => seenIn(page))).toEqual([0, 0, 0, 0]);
    expect(await run(['login', '--application-only'], { env: application })).toMatchObject({
      code: 0,
    });
    expect(await leaks()).toEqual([]);
  });

  it('by rotate, status, history and doctor', async () => {
    const { run, leaks } = await adopted();
    for (const command of ['rotate', 'status', 'history']) {
      expect(await run([command])).toMatchObject({ code: 0 });
      expect(await run([command, '--json'])).toMatchObject({ code: 0 });
    }
    expect(await run(['rotate', '--dry-run', '--json'])).toMatchObject({ code: 0 });
    await run(['doctor']);
    expect(await leaks()).toEqual([]);
  });

  it('where the provider repeats it in whatever it answers', async () => {
    const { workspace, run, minted, leaks } = await adopted();
    const spent = `r/${minted.at(-1)}`;
    for (const fault of [
      echoing(400, `{"error":"x","error_description":"${spent}"}`),
      echoing(400, `{"error":"${spent}"}`),
      echoing(418, '', `text/${spent.slice(2)}`),
      { on: 'POST /oauth/token', kind: 'redirect', location: `http://x/?${spent}` },
      echoing(502, `<p>${spent}</p>`, 'text/html'),
      echoing(200, `{"access_token":"${spent}","refresh_tok`),
    ]) {
      await workspace.sandbox.request('POST', '/_sandbox/faults', [fault]);
      expect((await run(['rotate', '--json'])).code).toBeGreaterThan(0);
    }
    for (const command of ['status', 'history', 'doctor']) await run([command, '--json']);
    expect(await leaks()).toEqual([]);
  });

  it('where the API repeats it', async () => {
    const { workspace, run, minted, leaks } = await adopted();
    const body = `{"error":{"code":"x","message":"a/${minted.at(-2)} r/${minted.at(-1)}"}}`;
    const onApi = { ...echoing(409, body), on: 'GET /c/*' };
    const onMaking = { ...echoing(422, body), on: 'POST /c/*' };
    await workspace.sandbox.request('POST', '/_sandbox/faults', [onApi, onMaking]);
    await run(['webhooks', 'list']);
    await run([
      'webhooks',
      'create',
      '--types',
      'entities.clients.*',
      '--sink',
      'https://x.example',
    ]);
    await run(['sync', '--json']);
    expect(await leaks()).toEqual([]);
  });

  it('by a login whose companies come with it', async () => {
    const { workspace, run, minted, application, leaks } = await adopted();
    const body = `a/${minted.at(-2)} r/${minted.at(-1)}`;
    await workspace.sandbox.request('POST', '/_sandbox/faults', [
      { ...echoing(500, body), on: 'GET /user/companies' },
    ]);
    const redirect = `http://localhost/callback?state=x&code=c/${minted.at(-1)}`;
    await run(['login', '--paste'], { input: redirect, env: application });
    expect(await adopt({ workspace, run, application })).toMatchObject({ code: 0 });
    expect(await leaks()).toEqual([]);
  });

  it('by a command that is given one where it takes none', async () => {
    const { run, minted, leaks } = await adopted();
    const [a, c, d, r] = ['a', 'c', 'd', 'r'].map((kind) => `${kind}/${minted.at(-1)}`);
    for (const args of [
      ['token', a],
      ['login', `--refresh-token=${r}`],
      ['status', '--connection', d],
      ['webhooks', 'verify', '--company', c],
      [r],
    ]) {
      expect(await run(args.map(String))).toMatchObject({ code: 64 });
    }
    expect(await leaks()).toEqual([]);
  });

  it('by token and exec where none can be had', async () => {
    const { workspace, run, minted, leaks } = await adopted();
    await withExpiredToken(workspace);
    const body = `{"error":"server_error","error_description":"r/${minted.at(-1)}"}`;
    await workspace.sandbox.request('POST', '/_sandbox/faults', [echoing(500, body)]);
    expect(await run(['token', '--json'])).toMatchObject({ code: 1 });
    expect(await run(['exec', '--', 'true'])).toMatchObject({ code: 1 });
    expect(await leaks()).toEqual([]);
  });

  it('by any command on a store that is damaged', async () => {
    const { workspace, run, leaks } = await adopted();
    const folder = join(workspace.storePath, 'connections/default');
    for (const name of (await readdir(folder)).filter((file) => file.endsWith('.json'))) {
      const path = join(folder, name);
      const whole = await readFile(path, 'utf8');
      await writeFile(path, whole.slice(0, -20));
      // Whatever else is damaged, the access token is served.
      const command = name === 'access-token.json' ? 'token' : 'rotate';
      for (const one of [command, 'status']) await run([one, '--json']);
      await writeFile(path, whole);
    }
    expect(await leaks()).toEqual([]);
  });

  it('by exec, which gives the token to its child’s environment alone', async () => {
    const { run, leaks } = await adopted();
    const script = `
      const { readFileSync } = require('node:fs');
      const { FATTUREINCLOUD_ACCESS_TOKEN: token } = process.env;
      const read = (file) => readFileSync('/proc/' + file).includes(token);
      const parent = process.ppid;
      console.log(read('self/environ'), read('self/cmdline'), read(parent + '/environ'), read(parent + '/cmdline'));`;
    expect(await run(['exec', '--', process.execPath, '-e', script])).toMatchObject({
      code: 0,
      stdout: 'true false false false\n',
    });
    expect(await run(['exec', '--', 'no-such-command-invented'])).toMatchObject({ code: 127 });
    expect(await leaks()).toEqual([]);
  });

  it('by serve, nor the secret that its callers show', async () => {
    const { workspace, start, leaks, plant } = await adopted();
    const file = join(workspace.storePath, 'serve-secret');
    const serving = start(['serve', '--port', '0', '--secret-file', file, '--json']);
    const url = await serving.says(/(http:\S+\/token)\n/);
    const secret = (await readFile(file, 'utf8')).trim();
    plant(secret);
    const ask = (shown: string) => fetch(url, { headers: { authorization: `Bearer ${shown}` } });
    expect((await ask(secret)).status).toBe(200);
    expect((await ask('another-secret-invented')).status).toBe(401);
    serving.process.kill('SIGTERM');
    expect(await serving.ended).toMatchObject({ code: 0 });
    expect(await leaks()).toEqual([]);
  });

  it('by the whole story on one machine', async () => {
    const { workspace, run } = await watchedWorkspace();
    const ports = ['--port', '0', '--sandbox-port', '0'];
    const { code, stdout, stderr } = await run(['local', '--sandbox', '--once', ...ports]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('3 of 3 faults repaired');
    expect(stdout).not.toMatch(providerSecret);
    const files = await readdir(workspace.path, { recursive: true });
    expect(files.filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  it('on any page of the system on one machine, nor in what it warns of', async () => {
    const session = new Session();
    onTestFinished(() => session.end());
    const errors: unknown[] = [];
    const path = join(await temporaryFolder(), 'store');
    const ports = { consolePort: 0, sandboxPort: 0, webhookPort: 0 };
    const stage = await setStage(session, { path, ...ports, onError: (it) => errors.push(it) });
    await stage.connect();
    const seen: string[] = [];
    const look = async (url: string, options: RequestInit = {}) => {
      const answer = await fetch(url, options);
      seen.push(JSON.stringify([...answer.headers]), await answer.text());
    };
    const { origin: page, cookie } = await enter(stage.consoleUrl);
    const sandbox = stage.sandboxUrl;
    const press = (action: string) =>
      look(`${page}/actions/${action}`, { method: 'POST', headers: { origin: page, cookie } });
    for (const action of ['lose-answer', 'break', 'mend', 'change-client', 'expire', 'revoke']) {
      await press(action);
      await press('rotate');
    }
    for (const path of ['/', '/_sandbox/state', '/_sandbox/faults', '/oauth/authorize', '/x']) {
      await look(sandbox + path);
    }
    await look(page, { headers: { cookie } });
    const reader = (await fetch(`${page}/feed`, { headers: { cookie } })).body?.getReader();
    for (let feed = ''; !feed.includes('generation'); seen.push(feed)) {
      feed += new TextDecoder().decode((await reader?.read())?.value);
    }
    await reader?.cancel();
    const told = [...seen, inspect([errors, stage.events], { depth: 9, showHidden: true })];
    expect(told.filter((text) => providerSecret.test(text))).toEqual([]);
  });
});
