import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loggedIn } from '../logged-in.ts';
import { createSandboxWorkspace, type Ended, type Workspace } from '../workspace.ts';

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
      code: 1,
      told: [
        expect.stringMatching(
          /refuses the application .*the refresh token was not used up.*fresco login --application-only/,
        ),
      ],
    });
    expect(await workspace.run(['token'])).toMatchObject({ code: 0 });
    expect(await stored(workspace)).toEqual(before);
    await workspace.run(['login', '--application-only'], { env: application });
    expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
  });
});
