import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loggedIn } from '../logged-in.ts';
import type { Workspace } from '../workspace.ts';

const fileOf = (workspace: Workspace, name: string) =>
  join(workspace.storePath, 'connections/default', name);

describe('a store that is not as it was left', () => {
  it.each([
    ['the access token', 'access-token.json', ['token']],
    ['the grant', 'grant.json', ['rotate']],
    ['the journal', 'journal.json', ['rotate']],
    ['the journal', 'journal.json', ['status']],
  ])('with %s (%s) damaged: one sentence, a person, and the file stays', async (_, name, args) => {
    const workspace = await loggedIn();
    const path = fileOf(workspace, name);
    const damaged = `${(await readFile(path, 'utf8')).slice(0, 40)}`;
    await writeFile(path, damaged);
    const { code, stdout, stderr } = await workspace.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^fresco: .*\n$/);
    expect(stderr).toContain(path);
    expect(await readFile(path, 'utf8')).toBe(damaged);
  });

  it('open to others, is refused', async () => {
    const workspace = await loggedIn();
    const path = fileOf(workspace, 'access-token.json');
    await chmod(path, 0o644);
    const { code, stderr } = await workspace.run(['token']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`run chmod 600 ${path}`),
    });
  });

  it('of a newer version, is refused', async () => {
    const workspace = await loggedIn();
    await writeFile(join(workspace.storePath, 'store.json'), '{"v":2,"store":"fresco"}\n');
    const { code, stderr } = await workspace.run(['token']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('update fresco') });
  });

  it('gone, is not taken for an empty one', async () => {
    const workspace = await loggedIn();
    await rename(workspace.storePath, `${workspace.storePath}-moved`);
    const { code, stderr } = await workspace.run(['token']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('mount its disk'),
    });
  });

  it('that is some other folder, is not made a store', async () => {
    const workspace = await loggedIn();
    const path = join(workspace.path, 'documents');
    await mkdir(path, { mode: 0o700 });
    await writeFile(join(path, 'letter.txt'), 'dear');
    const { code, stderr } = await workspace.run(['login', '--sandbox', '--store', `file:${path}`]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('choose an empty folder'),
    });
  });
});
