import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startDeployed } from '../deployed.ts';
import { loggedIn } from '../logged-in.ts';
import { hasTerminal, seat } from '../pseudo-terminal.ts';
import { createWorkspace } from '../workspace.ts';

const loggedOut = {
  code: 2,
  stdout: '',
  stderr: expect.stringMatching(/^fresco: the connection was logged out at \S+: fresco login\n$/),
};

describe('logout', () => {
  it('leaves no token in any file, says where to revoke, and every command names the next one', async () => {
    const workspace = await loggedIn();
    await workspace.run(['rotate']);
    const folder = join(workspace.storePath, 'connections/default');
    // As a login leaves them that finds them damaged.
    for (const name of ['grant', 'access-token'])
      await copyFile(join(folder, `${name}.json`), join(folder, `${name}.json.damaged`));
    const before = await workspace.run(['token']);
    expect(await workspace.run(['logout'])).toMatchObject({ code: 64 });
    const dry = await workspace.run(['logout', '--dry-run', '--json']);
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true });
    expect(await workspace.run(['token'])).toEqual(before);

    const { code, stdout, stderr } = await workspace.run(['logout', '--yes', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'logged-out',
      revoke: expect.stringContaining('Applicazioni collegate'),
      next: 'fresco login',
    });
    const files = (await readdir(folder)).filter((name) => name.includes('.json'));
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    expect(texts.join('\n')).not.toMatch(/\b[ar]\/[\w-]{8,}|sealKey|"box"/);
    for (const command of ['token', 'status']) {
      expect(await workspace.run([command])).toEqual(loggedOut);
    }
    expect(await workspace.run(['exec', '--', 'true'])).toEqual(loggedOut);
    expect(await workspace.run(['rotate'])).toMatchObject({ code: 2 });
  });

  it('of nothing names what may be mistyped', async () => {
    const workspace = await loggedIn();
    expect(await workspace.run(['logout', '--yes', '--connection', 'other'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing is stored of connection other'),
    });
  });

  it('with the store in AWS takes the place of current and previous versions', async () => {
    const { stack, env, stop } = await startDeployed();
    onTestFinished(() => stop());
    await stack.logIn();
    const workspace = await createWorkspace(stack.providerUrl);
    expect(await workspace.run(['logout', '--yes'], { env })).toMatchObject({ code: 0 });
    expect(await workspace.run(['token'], { env })).toEqual(loggedOut);
    expect(await workspace.run(['rotate'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('logged out'),
    });
  });
});

describe.skipIf(!hasTerminal)('logout at a terminal', () => {
  it('asks, and does nothing unless it is confirmed', async () => {
    const workspace = await loggedIn();
    const refused = seat(workspace, ['logout']);
    await refused.shows(/Forget the tokens of connection default/);
    refused.types('n');
    expect(await refused.ended).toMatchObject({ code: 1 });
    expect(await workspace.run(['token'])).toMatchObject({ code: 0 });
    const confirmed = seat(workspace, ['logout']);
    await confirmed.shows(/Forget the tokens of connection default/);
    confirmed.types('y');
    expect(await confirmed.ended).toMatchObject({ code: 0 });
    expect(await workspace.run(['token'])).toEqual(loggedOut);
  });
});
