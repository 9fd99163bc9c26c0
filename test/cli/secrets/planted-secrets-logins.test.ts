import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Watched, watchedWorkspace } from './planted-secrets.ts';

/** A token as the provider's web application would give it. */
async function makeToken({ workspace }: Watched): Promise<string> {
  const wish = { scope: 'entity.clients:r', manual: true };
  return (await workspace.sandbox.request('POST', '/_sandbox/grants', wish)).json.access_token;
}

/** The credential of each company, which the list of companies carries. */
async function credentials(watched: Watched): Promise<readonly string[]> {
  const { workspace, plant } = watched;
  const { json } = await workspace.sandbox.get('/user/companies', await makeToken(watched));
  const found: string[] = json.data.companies.map(
    (company: { readonly access_token: string }) => company.access_token,
  );
  for (const credential of found) plant(credential);
  return found;
}

async function stored({ workspace }: Watched): Promise<string> {
  const entries = await readdir(workspace.storePath, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}

describe('no token, code or secret is seen outside the store', () => {
  it('over a manual token: refused, put in, checked, replaced and logged out', async () => {
    const watched = await watchedWorkspace();
    const { run, leaks, plant } = watched;
    plant('a/planted-token-invented');
    const logIn = (input: string, args: readonly string[] = []) =>
      run(['login', '--manual', ...args], { input });
    expect(await logIn('a/planted-token-invented')).toMatchObject({ code: 2 });
    expect(await logIn('{"access_token":"a/planted-token-invented"}')).toMatchObject({ code: 64 });
    const token = await makeToken(watched);
    expect(await logIn(token, ['--scopes', 'entity.suppliers:r'])).toMatchObject({ code: 2 });
    expect(await run(['login', `--manual=${token}`])).toMatchObject({ code: 64 });
    expect(await logIn(token, ['--json'])).toMatchObject({ code: 0 });
    expect(await run(['rotate'], { input: token })).toMatchObject({ code: 64 });
    expect(await run(['rotate'], { input: await makeToken(watched) })).toMatchObject({ code: 0 });
    await watched.workspace.sandbox.request('POST', '/_sandbox/revoke');
    expect(await run(['rotate', '--if-due', '--json'])).toMatchObject({ code: 2 });
    expect(await run(['logout', '--yes', '--json'])).toMatchObject({ code: 0 });
    expect(await run(['token', '--json'])).toMatchObject({ code: 2 });
    expect(await leaks()).toEqual([]);
    expect(watched.seenIn(await stored(watched))).toBe(0);
  });

  it('over a device code that is approved, and the credential of a company is in no store either', async () => {
    const watched = await watchedWorkspace();
    const { run, begin, leaks, workspace, application } = watched;
    const ofCompanies = await credentials(watched);
    await workspace.sandbox.request('POST', '/_sandbox/state', { deviceIntervalSeconds: 1 });
    const login = begin(['login', '--device', '--json'], application);
    const shown = JSON.parse(await login.says(/^(\{.*\})$/m));
    const form = new URLSearchParams({ user_code: shown.userCode, decision: 'approve' });
    await fetch(shown.verificationUri, { method: 'POST', body: form });
    expect(await login.ended).toMatchObject({ code: 0 });
    expect(await run(['rotate', '--json'])).toMatchObject({ code: 0 });
    expect(await leaks()).toEqual([]);
    const text = await stored(watched);
    expect(text).toContain('Studio Esempio');
    expect(ofCompanies).not.toEqual([]);
    expect(ofCompanies.filter((credential) => text.includes(credential.slice(0, 12)))).toEqual([]);
  });
});
