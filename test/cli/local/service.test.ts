import { describe, expect, it, onTestFinished } from 'vitest';
import { listenLocally } from '../../../src/cli/local/server.ts';
import { enter } from '../../console/console-fixture.ts';
import { loggedIn, withExpiredToken } from '../logged-in.ts';
import { createSandboxWorkspace, createWorkspace } from '../workspace.ts';

const patience = { timeout: 180_000 };

describe('fresco local without a sandbox', () => {
  it('keeps a connection fresh until it is interrupted', patience, async () => {
    const workspace = await loggedIn();
    await withExpiredToken(workspace);
    const running = workspace.start(['local', '--port', '0', '--json']);
    const page = await running.says(/page: +(\S+)/);
    expect((await fetch(new URL('/', page))).status).toBe(401);
    const { origin, cookie } = await enter(page);
    const shown = await (await fetch(origin, { headers: { cookie } })).text();
    expect(shown).toContain('data-action="rotate"');
    expect(shown).not.toContain('data-action="revoke"');
    const published = async () =>
      JSON.parse((await workspace.run(['status', '--json'])).stdout) as { generation: number };
    await expect.poll(async () => (await published()).generation, patience).toBe(3);
    running.process.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      connection: 'default',
      store: `file store ${workspace.storePath}`,
      provider: workspace.sandbox.url,
      console: page,
      sink: null,
    });
  });

  it(
    'receives what is sent to its sink, behind a port that has nothing else',
    patience,
    async () => {
      const workspace = await loggedIn();
      const free = await listenLocally(0);
      await free.close();
      const { port } = new URL(free.url);
      const sink = 'https://hooks.example.org/fresco';
      const running = workspace.start([
        'local',
        '--port',
        '0',
        '--webhook-port',
        port,
        '--sink',
        sink,
      ]);
      expect(await running.says(/webhooks: (.+)/)).toBe(
        `${sink}, which has to lead to ${free.url}`,
      );
      await running.says(/Ctrl-C/);
      const statusOf = async (path: string) => (await fetch(free.url + path)).status;
      expect([await statusOf('/fresco'), await statusOf('/'), await statusOf('/feed')]).toEqual([
        401, 404, 404,
      ]);
      running.process.kill('SIGTERM');
      expect((await running.ended).code).toBe(0);
    },
  );

  it('serves a connection that has a manual token and no grant', patience, async () => {
    const workspace = await createSandboxWorkspace();
    const wish = { scope: 'entity.clients:r', manual: true };
    const { json } = await workspace.sandbox.request('POST', '/_sandbox/grants', wish);
    await workspace.run(['login', '--manual'], { input: json.access_token });
    const running = workspace.start(['local', '--port', '0']);
    const { origin, cookie } = await enter(await running.says(/page: +(\S+)/));
    const feed = await fetch(new URL('/feed', origin), { headers: { cookie } });
    let drawn = '';
    for await (const chunk of feed.body ?? []) {
      drawn += Buffer.from(chunk as Uint8Array).toString();
      if (/event: (connection|trouble)\ndata: .*\n/.test(drawn)) break;
    }
    expect(drawn).toMatch(/event: connection\ndata: .*never/);
    running.process.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });

  it('says who has to act where nobody has logged in', patience, async () => {
    const workspace = await createWorkspace('http://127.0.0.1:1');
    const missing = await workspace.run(['local']);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      `fresco: there is no store at ${workspace.storePath}: mount its disk if it has one, or run fresco login\n`,
    ]);
    const other = await loggedIn();
    const ended = await other.run(['local', '--port', '0', '--connection', 'other']);
    expect([ended.code, ended.stderr]).toEqual([
      2,
      'fresco: nobody has logged in yet: fresco login --connection other\n',
    ]);
  });

  it('works on a file store alone', patience, async () => {
    const workspace = await createWorkspace('http://127.0.0.1:1');
    const { code, stderr } = await workspace.run(['local', '--store', 'aws']);
    expect(code).toBe(64);
    expect(stderr).toMatch(
      /local works on a file store, and this one is 'aws': name one with --store/,
    );
  });

  it('does not move on from a webhook port that is taken', patience, async () => {
    const workspace = await loggedIn();
    const holder = await listenLocally(0);
    onTestFinished(() => holder.close());
    const { port } = new URL(holder.url);
    const ended = await workspace.run([
      'local',
      '--sink',
      'https://x.example',
      '--webhook-port',
      port,
    ]);
    expect([ended.code, ended.stderr]).toEqual([
      64,
      `fresco: port ${port} is taken by another program: choose another with --webhook-port\n`,
    ]);
  });
});
