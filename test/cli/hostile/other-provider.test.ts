import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RawServer, startRaw } from '../../fatture-in-cloud/raw-server.ts';
import { loggedIn } from '../logged-in.ts';

/** Every command that may ask a provider, with what a person would pipe in. */
const commands: readonly (readonly [line: string, input?: string])[] = [
  ['rotate'],
  ['rotate --if-due'],
  ['token --min-validity 40h'],
  ['exec -- true'],
  ['status'],
  ['history'],
  ['doctor'],
  ['recover'],
  ['webhooks list --company 108061'],
  ['webhooks list'],
  ['webhooks create --company 108061 --sink https://sink.example --types entities.clients.*'],
  ['webhooks verify SUB1 --company 108061'],
  ['webhooks delete SUB1 --company 108061'],
  ['sync'],
  ['sync --dry-run'],
  ['probe --yes --refresh-token', 'r/0009invented'],
  ['login --paste', 'http://localhost:8787/callback?code=c%2F0009invented&state=x'],
  ['login --refresh-token', 'r/0009invented'],
  ['rotate --compromised'],
  ['logout'],
];

/** What 0.1.0 left: records that name no origin. */
async function withoutOrigins(storePath: string): Promise<void> {
  for (const name of ['client', 'access-token']) {
    const path = join(storePath, 'connections/default', `${name}.json`);
    const text = await readFile(path, 'utf8');
    const before = text.replaceAll(/,\\"origin\\":\\"[^"]*\\"/g, '');
    expect(before).not.toBe(text);
    await writeFile(path, before);
  }
}

async function otherProvider(): Promise<RawServer & { readonly url: string }> {
  const server = await startRaw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{}'));
  onTestFinished(server.stop);
  return { ...server, url: `http://127.0.0.1:${server.port}` };
}

describe.each(['of today', 'of 0.1.0'])('with records %s', (age) => {
  it('no command lets another provider hear anything', { timeout: 60_000 }, async () => {
    const workspace = await loggedIn();
    if (age === 'of 0.1.0') await withoutOrigins(workspace.storePath);
    const other = await otherProvider();
    const env = { FRESCO_PROVIDER_URL: other.url };
    for (const [line, input = ''] of commands) {
      await workspace.run(line.split(' '), { env, input });
      expect(other.connections(), line).toBe(0);
    }
  });

  it('every command works with the provider that they are for', async () => {
    const workspace = await loggedIn();
    if (age === 'of 0.1.0') await withoutOrigins(workspace.storePath);
    for (const line of ['webhooks list', 'sync --dry-run', 'doctor', 'rotate', 'exec -- true']) {
      expect(await workspace.run(line.split(' ')), line).toMatchObject({ code: 0 });
    }
  });
});

it('doctor says whose the tokens are, and login whose the application is', async () => {
  const workspace = await loggedIn();
  const { url } = await otherProvider();
  const env = { FRESCO_PROVIDER_URL: url };
  const { stdout, code } = await workspace.run(['doctor', '--json'], { env });
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toContainEqual({
    check: 'provider',
    state: 'broken',
    detail: `the tokens were issued by ${workspace.sandbox.url}, but FRESCO_PROVIDER_URL is ${url}: nothing was sent there`,
    next: `set FRESCO_PROVIDER_URL to ${workspace.sandbox.url}, or fresco login`,
  });
  const login = await workspace.run(['login', '--paste', '--no-browser'], { env });
  expect(login).toMatchObject({
    code: 64,
    stderr: expect.stringContaining(`the application is stored for ${workspace.sandbox.url} alone`),
  });
});
