import { chmod, chown, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loggedIn } from '../logged-in.ts';
import type { Workspace } from '../workspace.ts';

async function startServer(workspace: Workspace) {
  const secretFile = join(workspace.path, 'serve-secret');
  const running = workspace.start(['serve', '--port', '0', '--secret-file', secretFile]);
  const url = await running.says(/(http:\S+\/token)\n/);
  const secret = (await readFile(secretFile, 'utf8')).trim();
  const ask = async (query = '', shown = secret) => {
    const headers = { authorization: `Bearer ${shown}` };
    const response = await fetch(url + query, { headers });
    const body = (await response.json()) as Readonly<Record<string, unknown>>;
    return { status: response.status, body, headers: response.headers };
  };
  return { running, url, secret, secretFile, ask };
}

describe('fresco serve', () => {
  it('hands out tokens to whoever shows the secret of its file', async () => {
    const workspace = await loggedIn();
    const { ask, secretFile, running, secret } = await startServer(workspace);
    expect((await stat(secretFile)).mode & 0o777).toBe(0o600);
    const { status, body, headers } = await ask();
    const { stdout: token } = await workspace.run(['token']);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        access_token: token.trim(),
        token_type: 'Bearer',
        expires_in: expect.closeTo(86_400, -2),
        generation: 1,
        companies: [{ id: 108061, name: 'Studio Esempio' }],
      },
    });
    expect(headers.get('cache-control')).toBe('no-store');
    running.process.kill('SIGTERM');
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain(secret);
  });

  it('refuses whoever does not, with a word on how', async () => {
    const workspace = await loggedIn();
    const { ask, url } = await startServer(workspace);
    expect(await ask('', 'another-secret-invented')).toMatchObject({
      status: 401,
      body: { error: 'invalid_token' },
    });
    const bare = await fetch(url);
    expect({ status: bare.status, how: bare.headers.get('www-authenticate') }).toEqual({
      status: 401,
      how: 'Bearer',
    });
  });

  it('answers wishes that cannot be granted as OAuth does', async () => {
    const workspace = await loggedIn();
    const { ask } = await startServer(workspace);
    expect(await ask('?min_validity=25h')).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
    expect(await ask('?min_validity=soon')).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
    expect(await ask('/else')).toMatchObject({ status: 404 });
  });

  it('gets another token where the API has rejected one', async () => {
    const workspace = await loggedIn();
    const { ask } = await startServer(workspace);
    const { body: first } = await ask();
    await workspace.sandbox.request('POST', '/_sandbox/expire');
    const { status, body: second } = await ask('?rejected=1');
    expect(status).toBe(200);
    expect(second).toMatchObject({ generation: 2 });
    expect(second).not.toMatchObject({ access_token: first['access_token'] });
  });

  it('hears of a token that another process has served, or itself before a restart', async () => {
    const workspace = await loggedIn();
    const { ask } = await startServer(workspace);
    await workspace.sandbox.request('POST', '/_sandbox/expire');
    expect((await ask('?rejected=1')).body).toMatchObject({ generation: 2 });
    expect((await ask('?rejected=1')).body).toMatchObject({ generation: 2 });
    expect(await ask('?rejected=last')).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  it('says the same of a store that refuses, whichever way it is asked', async () => {
    const workspace = await loggedIn();
    const { ask } = await startServer(workspace);
    await rename(workspace.storePath, `${workspace.storePath}-unmounted`);
    for (const query of ['', '?rejected=1']) {
      const { status, body, headers } = await ask(query);
      expect([query, status, headers.get('retry-after')]).toEqual([query, 503, '30']);
      expect(body).toMatchObject({ error_description: expect.stringContaining('no store at') });
    }
  });

  it('keeps its secret out of logs: without a terminal it asks for a file', async () => {
    const workspace = await loggedIn();
    const { code, stderr } = await workspace.run(['serve']);
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: expect.stringContaining('--secret-file'),
    });
  });

  it('refuses a secret that others can read, or have put there', async () => {
    const workspace = await loggedIn();
    const secretFile = join(workspace.path, 'open-secret');
    await writeFile(secretFile, 'a-secret-that-is-invented\n');
    await chmod(secretFile, 0o644);
    const { code, stderr } = await workspace.run(['serve', '--secret-file', secretFile]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('is open to other users'),
    });
    if (process.geteuid?.() !== 0) return;
    await chmod(secretFile, 0o600);
    await chown(secretFile, 65_534, 65_534);
    expect(await workspace.run(['serve', '--secret-file', secretFile])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('belongs to another user'),
    });
  });
});
