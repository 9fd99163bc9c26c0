import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { approveInSandbox } from '../../../src/cli/login/sandbox-consent.ts';
import { openProvider } from '../../../src/connection/provider.ts';
import { probeReplay } from '../../../src/core/operations/probe.ts';
import { Secret } from '../../../src/core/secret.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { sandboxApplication } from '../../../src/sandbox/oauth/application.ts';
import { startSandbox } from '../../sandbox/sandbox-server.ts';
import { loggedIn, tokenRequests } from '../logged-in.ts';
import { freePort } from '../workspace.ts';

// Some tests are some processes, and the first one may have to build the command.
/** A probe of a throw-away grant in a sandbox of some mode, whose clock moves with the waits. */
async function measured(settings: object, upToSeconds = 600) {
  const server = await startSandbox();
  await server.request('POST', '/_sandbox/state', settings);
  const { refresh_token } = await server.grant();
  let waitedMs = 0;
  const clock = {
    ...systemClock,
    monotonicMs: () => waitedMs,
    wait: async (ms: number) => {
      waitedMs += ms;
      server.sandbox.advance(ms / 1000);
    },
  };
  const provider = await openProvider(
    { providerUrl: server.url, providerFile: undefined },
    { clock, env: {} },
  );
  const { clientId, clientSecret } = sandboxApplication;
  const client = { clientId, clientSecret: new Secret(clientSecret, server.url) };
  const ports = { clock, endpoint: provider.endpoint, client };
  return probeReplay(ports, new Secret(refresh_token, server.url), upToSeconds);
}

describe('a probe', () => {
  it.each([
    ['the same token comes back', { rotationMode: 'same' }, { kind: 'reusable' }, null],
    ['the old one stays', { rotationMode: 'keep-old' }, { kind: 'grace', seconds: 600 }, null],
    [
      'the old one stays for a minute and a half',
      { rotationMode: 'grace', graceSeconds: 90 },
      { kind: 'grace', seconds: 80 },
      false,
    ],
    [
      'the old one stays for too short to be of use',
      { rotationMode: 'grace', graceSeconds: 2 },
      { kind: 'single-use' },
      false,
    ],
    ['it works once', { rotationMode: 'single-use' }, { kind: 'single-use' }, false],
    ['reuse ends all', { rotationMode: 'single-use-family' }, { kind: 'single-use' }, true],
  ])('tells that %s', async (_, settings, policy, endsFamily) => {
    expect(await measured(settings)).toMatchObject({ kind: 'measured', policy, endsFamily });
  });

  it('presents it further and further apart, and at the very end', async () => {
    const probed = await measured({ rotationMode: 'keep-old' }, 30);
    expect(probed).toMatchObject({
      presentations: [0, 5, 10, 20, 30].map((afterSeconds) => ({ afterSeconds, accepted: true })),
    });
  });

  it('says nothing where the provider does not answer', async () => {
    const server = await startSandbox();
    await server.close();
    const provider = await openProvider(
      { providerUrl: server.url, providerFile: undefined },
      { env: {} },
    );
    const ports = { clock: systemClock, endpoint: provider.endpoint, client: { clientId: 'id' } };
    expect(await probeReplay(ports, new Secret('r/0001invented', server.url), 0)).toMatchObject({
      kind: 'undecided',
      answer: { kind: 'never-sent' },
    });
  });
});

describe('fresco probe', () => {
  it('takes a consent of its own, and notes what it measures for every pass to come', async () => {
    const workspace = await loggedIn();
    const redirect = `http://localhost:${await freePort()}/callback`;
    const probing = workspace.begin(['probe', '--yes', '--up-to', '1s', '--json'], {
      FATTUREINCLOUD_REDIRECT_URI: redirect,
    });
    probing.input('');
    await fetch(await approveInSandbox(await probing.says(/(http:\S+authorize\S+)/)));
    const { code, stdout, stderr } = await probing.ended;
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      connection: 'default',
      policy: { kind: 'reusable' },
    });
    expect(stderr).toContain('a separate consent');
    const status = await workspace.run(['status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      replayPolicy: { kind: 'reusable' },
      generation: 1,
    });
    expect(`${stdout}${stderr}`).not.toMatch(/[acr]\/0/);
  });

  it('does not go on unconfirmed, and never presents a token of the connection', async () => {
    const workspace = await loggedIn();
    expect(await workspace.run(['probe'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('fresco probe --yes'),
    });
    const input = await storedToken(workspace.storePath);
    const own = await workspace.run(['probe', '--refresh-token', '--yes'], { input });
    expect(own).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a refresh token of the connection itself'),
    });
    expect(await tokenRequests(workspace)).toBe(0);
    const dry = await workspace.run(['probe', '--dry-run']);
    expect(dry.stdout).toContain('stored now: unknown');
  });
});

/** The refresh token that is stored, as somebody with a right to the store may read it. */
async function storedToken(storePath: string): Promise<string> {
  const text = await readFile(`${storePath}/connections/default/grant.json`, 'utf8');
  const [version] = JSON.parse(text).versions;
  return JSON.parse(version.value).refreshToken;
}
