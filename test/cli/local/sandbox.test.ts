import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeGrant } from '../../../src/core/records/grant.ts';
import { Secret } from '../../../src/core/secret.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { openFileStore } from '../../../src/local/file-store/file-store.ts';
import { startSandbox } from '../../sandbox/sandbox-server.ts';
import { createWorkspace } from '../workspace.ts';

const nobody = 'http://127.0.0.1:9';

async function startedOn(args: readonly string[] = []) {
  const workspace = await createWorkspace(nobody);
  const running = workspace.start(['sandbox', '--port', '0', ...args]);
  return { workspace, running, url: await running.says(/on (http:\S+)\n/) };
}

describe('fresco sandbox', () => {
  it('serves until it is interrupted, and says how to use it', async () => {
    const { running, url, workspace } = await startedOn(['--until-idle', '1h']);
    const login = ['login', '--sandbox', '--provider-url', url];
    const again = `run fresco rotate --provider-url ${url} --if-due from cron`;
    expect(await workspace.run(login)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(again),
    });
    running.process.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(0);
    expect(stderr).toContain(`log in:      fresco login --sandbox --provider-url ${url}`);
    expect(stderr).toContain('client id sandbox-client, client secret sandbox-secret');
  });

  it('ends by itself where nobody uses it', async () => {
    const { running } = await startedOn(['--until-idle', '1s']);
    expect(await running.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('ended: no request for 1 s'),
    });
  });

  it('says so where its port is taken', async () => {
    const other = await startSandbox();
    const workspace = await createWorkspace(nobody);
    const { port } = new URL(other.url);
    expect(await workspace.run(['sandbox', '--port', port])).toEqual({
      code: 64,
      stdout: '',
      stderr: `fresco: port ${port} is taken by another program: choose one with --port\n`,
    });
  });
});

describe('a login to the sandbox', () => {
  it('starts one where none is running', async () => {
    const { running, url, workspace } = await startedOn();
    running.process.kill('SIGTERM');
    await running.ended;
    const login = await workspace.run(['login', '--sandbox', '--provider-url', url]);
    const [, pid = ''] = /or by kill (\d+)/.exec(login.stderr) ?? [];
    try {
      expect(login).toMatchObject({
        code: 0,
        stderr: expect.stringContaining(`started a sandbox on ${url}`),
      });
      expect(await workspace.run(['rotate'], { env: { FRESCO_PROVIDER_URL: url } })).toMatchObject({
        code: 0,
      });
    } finally {
      process.kill(Number(pid));
    }
  });

  it('says before it asks for anything where it will be stored, and takes no real connection’s place', async () => {
    const { running, url } = await startedOn();
    onTestFinished(() => void running.process.kill('SIGTERM'));
    const workspace = await createWorkspace(url);
    const login = () => workspace.run(['login', '--sandbox']);
    const { stderr } = await login();
    const [first, then] = [/will be stored in (.*)/.exec(stderr), /logging in to/.exec(stderr)];
    expect(first?.[1]).toBe(`file store ${workspace.storePath}`);
    expect(first?.index).toBeLessThan(then?.index ?? 0);
    const store = await openFileStore(workspace.storePath, { clock: systemClock });
    const { accessToken } = store.connection('default');
    const { value } = (await accessToken.current()) ?? {};
    const real = value?.reveal().replaceAll(url, 'https://api-v2.fattureincloud.it') ?? '';
    await accessToken.put('real', new Secret(real));
    await accessToken.promote('real', (await accessToken.current())?.versionId ?? '');
    expect(await login()).toMatchObject({
      code: 64,
      stderr: expect.stringContaining(
        'holds the connection default with https://api-v2.fattureincloud.it',
      ),
    });
  });

  it('takes no place of a real grant that has brought no access token yet', async () => {
    const { url } = await startSandbox();
    const workspace = await createWorkspace(url);
    const store = await openFileStore(workspace.storePath, { clock: systemClock, create: true });
    const real = {
      connection: 'default',
      provider: 'https://api-v2.fattureincloud.it',
      environment: 'file-store',
      grant: 1,
      generation: 1,
      attempt: 0,
      refreshToken: new Secret('r/invented', 'https://api-v2.fattureincloud.it'),
      accessToken: null,
      sealKey: new Secret(Buffer.alloc(32).toString('base64')),
      issuedAtMs: systemClock.nowMs(),
      expiresAtMs: systemClock.nowMs(),
      companies: [],
    };
    await store.connection('default').grant.put('real', encodeGrant(real));
    expect(await workspace.run(['login', '--sandbox'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining(
        'holds the connection default with https://api-v2.fattureincloud.it',
      ),
    });
  });

  it('sends nothing to a server that is none', async () => {
    const { createServer } = await import('node:http');
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? '');
      response.end('something else');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const workspace = await createWorkspace(url);
    const { code, stderr } = await workspace.run(['login', '--sandbox']);
    server.close();
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: expect.stringContaining('is no sandbox'),
    });
    expect(requests).toEqual(['/_sandbox/state']);
  });
});
