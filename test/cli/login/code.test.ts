import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { approveInSandbox } from '../../../src/cli/login/sandbox-consent.ts';
import type { Begun } from '../in-process.ts';
import { loggedIn } from '../logged-in.ts';
import { hasTerminal, seat } from '../pseudo-terminal.ts';
import { createSandboxWorkspace, freePort, type Workspace } from '../workspace.ts';

const application = {
  FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
  FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
};

/** Starts a login whose page listens on a free port; resolves with the address to open. */
async function startLogin(
  workspace: Workspace,
  args: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly login: Begun; readonly url: string; readonly redirectUri: string }> {
  const redirectUri = `http://localhost:${await freePort()}/callback`;
  const env = { ...application, FATTUREINCLOUD_REDIRECT_URI: redirectUri, ...more };
  const login = workspace.begin(['login', ...args], env);
  return { login, redirectUri, url: await login.says(/(http:\S+authorize\S+)/) };
}

/** What the provider is asked for; the login is given up. */
async function parametersOf(workspace: Workspace, args: readonly string[] = []) {
  const { login, url } = await startLogin(workspace, ['--paste', ...args]);
  login.input('');
  await login.ended;
  return new URL(url).searchParams;
}

const hasIpv6 = Object.values(networkInterfaces()).some((of) =>
  of?.some(({ address }) => address === '::1'),
);

const withParameter = (redirect: string, name: string, value: string) => {
  const url = new URL(redirect);
  url.searchParams.append(name, value);
  return url.href;
};

describe('login by authorization code', () => {
  it('takes the redirect on its page, stores the tokens, and says where', async () => {
    const workspace = await createSandboxWorkspace();
    const { login, url } = await startLogin(workspace, ['--json']);
    const page = await fetch(await approveInSandbox(url));
    const html = await page.text();
    const { code, stdout, stderr } = await login.ended;

    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toEqual({
      connection: 'default',
      store: `file store ${workspace.storePath}`,
      provider: workspace.sandbox.url,
      generation: 1,
      expiresAt: expect.stringMatching(/^20\d\d-.*Z$/),
      companies: [{ id: 108061, name: 'Studio Esempio' }],
      schedule: expect.stringContaining('cron'),
    });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(html).toContain('<h1>Connected</h1>');
    expect(html).toContain(workspace.storePath);
    expect(html).toContain('Studio Esempio (108061)');
  });

  it('asks for reading clients alone unless it is told otherwise', async () => {
    const workspace = await createSandboxWorkspace();
    const asked = async (...args: readonly string[]) =>
      (await parametersOf(workspace, args)).get('scope');
    expect(await asked()).toBe('entity.clients:r');
    const scopes = 'entity.clients:r,issued_documents.invoices:a';
    expect(await asked('--scopes', scopes)).toBe(scopes.replace(',', ' '));
  });

  it('remembers nothing for a job', async () => {
    const workspace = await createSandboxWorkspace();
    const { login, url } = await startLogin(workspace, ['--connection', 'work']);
    await fetch(await approveInSandbox(url));
    expect((await login.ended).stderr).toContain(
      `next          fresco token --store file:${workspace.storePath} --connection work --provider-url ${workspace.sandbox.url}\n`,
    );
    await expect(stat(join(workspace.path, 'config'))).rejects.toThrow('ENOENT');
  });

  it('takes a pasted address instead', async () => {
    const workspace = await createSandboxWorkspace();
    const { login, url } = await startLogin(workspace, ['--paste', '--json']);
    login.input(`${await approveInSandbox(url)}\n`);
    const { code, stdout } = await login.ended;
    expect({ code, generation: JSON.parse(stdout).generation }).toEqual({ code: 0, generation: 1 });
  });

  it('waits on after redirects of other logins and pages, and says so on their page', async () => {
    const workspace = await createSandboxWorkspace();
    const { login, url, redirectUri } = await startLogin(workspace);
    const redirect = await approveInSandbox(url);
    for (const stray of [
      '?state=wrong',
      '?code=c/0001invented',
      '?error=access_denied',
      redirect.slice(redirect.indexOf('?')).replace(/state=[^&]+/, 'state=other'),
    ]) {
      const page = await fetch(`${redirectUri}${stray}`);
      expect([stray, page.status, await page.text()]).toEqual([
        stray,
        400,
        expect.stringContaining('does not belong to the login that is waiting'),
      ]);
    }
    expect((await fetch(redirect)).status).toBe(200);
    expect(await login.ended).toMatchObject({ code: 0 });
  });

  it.runIf(hasIpv6)('comes back over either address of localhost', async () => {
    const workspace = await createSandboxWorkspace();
    const { login, url, redirectUri } = await startLogin(workspace);
    const { port } = new URL(redirectUri);
    const answers = ['127.0.0.1', '[::1]'].map(
      async (host) => (await fetch(`http://${host}:${port}/callback?state=wrong`)).status,
    );
    expect(await Promise.all(answers)).toEqual([400, 400]);
    await fetch((await approveInSandbox(url)).replace('localhost', '[::1]'));
    expect(await login.ended).toMatchObject({ code: 0 });
  });

  it('ties the code to itself by S256, unless the description of the provider turns it off', async () => {
    const workspace = await createSandboxWorkspace();
    const parameters = await parametersOf(workspace);
    expect(parameters.get('code_challenge_method')).toBe('S256');
    expect(parameters.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    const file = join(workspace.path, 'provider.json');
    const address = (path: string) => workspace.sandbox.url + path;
    const provider = {
      tokenEndpoint: address('/oauth/token'),
      authorizationEndpoint: address('/oauth/authorize'),
      pkce: false,
    };
    await writeFile(file, JSON.stringify(provider));
    const args = ['--provider', file, '--scopes', 'entity.clients:r'];
    expect((await parametersOf(workspace, args)).has('code_challenge')).toBe(false);
  });

  it('answers other paths with nothing, and a second redirect with its end', async () => {
    const workspace = await createSandboxWorkspace();
    await workspace.sandbox.request('POST', '/_sandbox/faults', [
      { on: 'POST /oauth/token', kind: 'delay', delayMs: 300 },
    ]);
    const { login, url, redirectUri } = await startLogin(workspace);
    const icon = await fetch(new URL('/favicon.ico', redirectUri));
    expect(icon.status).toBe(404);
    const redirect = await approveInSandbox(url);
    const [first, second] = await Promise.all([fetch(redirect), fetch(redirect)]);
    expect([first.status, second.status].sort()).toEqual([200, 410]);
    expect((await login.ended).code).toBe(0);
  });

  it('proves a new application before it takes the place of one that works', async () => {
    const workspace = await createSandboxWorkspace();
    await workspace.run(['login', '--sandbox']);
    const { login, url } = await startLogin(workspace, [], {
      FATTUREINCLOUD_CLIENT_SECRET: 'wrong-secret-invented',
    });
    const page = await fetch(await approveInSandbox(url));
    const { code, stderr } = await login.ended;
    expect(code).toBe(2);
    expect(stderr).toContain('the provider refuses the application (invalid_client)');
    expect(await page.text()).toContain('The provider refuses the application (invalid_client)');
    expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
  });
});

describe('a redirect that is not the one that was asked for', () => {
  it.each([
    ['two codes', (r: string) => withParameter(r, 'code', 'c/0002invented'), 'more than one code'],
    [
      'a refusal',
      (r: string) => r.replace(/code=[^&]+/, 'error=access_denied'),
      'the access was refused',
    ],
    [
      'an error',
      (r: string) => r.replace(/code=[^&]+/, 'error=server_error'),
      'the provider reports server_error',
    ],
    ['no code', (r: string) => r.replace(/&?code=[^&]+/, ''), 'the redirect has no code'],
  ])('with %s ends in one sentence, and what is stored stays', async (_, spoil, sentence) => {
    const workspace = await createSandboxWorkspace();
    await workspace.run(['login', '--sandbox']);
    const before = await workspace.run(['token']);
    const { login, url } = await startLogin(workspace);
    const page = await fetch(spoil(await approveInSandbox(url)));
    const { code, stderr } = await login.ended;

    expect(code).toBe(2);
    expect(stderr.split('\n').filter((line) => line.startsWith('fresco: '))).toEqual([
      expect.stringContaining(sentence),
    ]);
    expect(await page.text()).toContain('<h1>Not connected</h1>');
    expect(await workspace.run(['token'])).toEqual(before);
  });

  it.each([
    ['is only some text', 'no address at all', 'this is not the address of a redirect'],
    ['is of another login', '/?state=other&code=c/1', 'does not belong to this login'],
  ])('and %s when it is pasted, ends in one sentence too', async (_, text, sentence) => {
    const workspace = await createSandboxWorkspace();
    const { login } = await startLogin(workspace, ['--paste']);
    login.input(text);
    expect(await login.ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(sentence),
    });
  });
});

describe('the page of a login', () => {
  async function takenPort(host: string): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  it.each(hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'])(
    'does not move to another port where that of %s is taken',
    async (address) => {
      const workspace = await createSandboxWorkspace();
      const redirectUri = `http://localhost:${await takenPort(address)}/callback`;
      const env = { ...application, FATTUREINCLOUD_REDIRECT_URI: redirectUri };
      const { code, stderr } = await workspace.run(['login'], { env });
      expect(code).toBe(1);
      expect(stderr).toContain(
        `of ${address} is taken by another program, and the provider sends the browser to ${redirectUri}`,
      );
    },
  );
});

describe.skipIf(!hasTerminal || process.platform !== 'linux')(
  'the browser that is opened for a consent',
  () => {
    it.each([
      ['login', createSandboxWorkspace, ['--scopes', 'entity.clients:r']],
      ['probe', loggedIn, ['--yes', '--up-to', '1s']],
    ] as const)(
      'by %s has nothing of it in its arguments, which every user can read, and is led on',
      async (command, workspaceOf, args) => {
        const workspace = await workspaceOf();
        const opener = join(workspace.path, 'xdg-open');
        await writeFile(opener, `#!/bin/sh\nprintf '%s\\n' "$@" > ${opener}.said\n`, {
          mode: 0o755,
        });
        const asking = seat(workspace, [command, ...args], {
          ...application,
          FATTUREINCLOUD_REDIRECT_URI: `http://localhost:${await freePort()}/callback`,
          PATH: `${workspace.path}:${process.env['PATH']}`,
          DISPLAY: ':0',
        });
        const shown = await asking.shows(/(http:\S+authorize\S+)/);
        const said = () => readFile(`${opener}.said`, 'utf8').catch(() => '');
        await vi.waitFor(async () => expect(await said()).toMatch(/\n$/));
        const opened = (await said()).trim();
        expect(opened).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}$/);
        const led = await fetch(opened, { redirect: 'manual' });
        expect(led.headers.get('location')).toBe(shown);
        await fetch(await approveInSandbox(shown));
        expect(await asking.ended).toMatchObject({ code: 0 });
      },
    );
  },
);
