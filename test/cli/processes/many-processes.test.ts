// Goal: however many ask at once for a token that has expired, one refresh token is spent, and all get the same.
// Method: real processes of the built command, started at once, against a server that kills the whole family
// at the first reuse. The server is a process too, and the callers are the nicer ones, as so many on a small
// machine would starve it. FRESCO_FULL=1 starts 200, otherwise it is a few.
import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { controlSandbox } from '../../sandbox/sandbox-control.ts';
import { createWorkspace, script, type Workspace } from '../workspace.ts';

const processes = process.env['FRESCO_FULL'] === '1' ? 200 : 8;

interface Control {
  change(settings: object): Promise<void>;
  tokenRequests(): Promise<number>;
}

async function startSandboxProcess(): Promise<{ readonly url: string; readonly control: Control }> {
  const host = await createWorkspace('http://127.0.0.1:9');
  const url = await host.start(['sandbox', '--port', '0']).says(/on (http:\S+)\n/);
  const state = `${url}/_sandbox/state`;
  const change = async (settings: object) => void (await controlSandbox(url, 'state', settings));
  const tokenRequests = async () => {
    const { counters } = (await (await fetch(state)).json()) as {
      counters: { tokenRequests: number };
    };
    return counters.tokenRequests;
  };
  return { url, control: { change, tokenRequests } };
}

async function logInAndExpire(workspace: Workspace, control: Control): Promise<void> {
  await control.change({ rotationMode: 'single-use-family' });
  await workspace.run(['login', '--sandbox']);
  await control.change({ accessTokenSeconds: 1 });
  await workspace.run(['rotate']);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await control.change({ accessTokenSeconds: 86_400 });
}

/** What it printed, or how it failed. */
function askForToken({ env }: Workspace): Promise<string> {
  const args = ['-n', '10', process.execPath, script, 'token'];
  return new Promise((resolve) => {
    execFile('nice', args, { env }, (error, stdout, stderr) => {
      resolve(error === null ? stdout.trim() : `exit ${error.code}: ${stderr}`);
    });
  });
}

it(`${processes} processes that find an expired token spend one refresh token`, async () => {
  const { url, control } = await startSandboxProcess();
  const workspace = await createWorkspace(url);
  await logInAndExpire(workspace, control);
  const sent = await control.tokenRequests();
  const startedMs = performance.now();
  const answers = await Promise.all(
    Array.from({ length: processes }, () => askForToken(workspace)),
  );
  const seconds = (performance.now() - startedMs) / 1000;

  expect([...new Set(answers)]).toEqual([expect.stringMatching(/^a\/\S+$/)]);
  expect(await control.tokenRequests()).toBe(sent + 1);
  const headers = { authorization: `Bearer ${answers[0]}` };
  expect((await fetch(`${url}/user/info`, { headers })).status).toBe(200);
  expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
  console.log(`${processes} processes in ${seconds.toFixed(1)} s: 1 token request, 1 token`);
}, 240_000);
