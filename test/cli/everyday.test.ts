import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import metadata from '../../package.json' with { type: 'json' };
import { runHere } from './in-process.ts';
import { loggedIn, tokenRequests, withExpiredToken } from './logged-in.ts';
import { createSandboxWorkspace } from './workspace.ts';

describe('fresco', () => {
  it('says which version it is, on which Node, over which stored format', async () => {
    expect(await runHere({}, ['--version'])).toEqual({
      code: 0,
      stdout: `fresco ${metadata.version}, Node ${process.versions.node}, store format 1\n`,
      stderr: '',
    });
  });

  it.each([
    [['token'], 'default: 5m'],
    [['exec'], 'default: 5m'],
    [['probe'], 'default: 10m'],
  ])('shows what %s takes by default as people write it', async (command, shown) => {
    const { stdout } = await runHere({}, [...command, '--help']);
    expect(stdout).toContain(`(${shown})`);
    expect(stdout).not.toMatch(/default: \d{5,}/);
  });
});

describe('fresco token', () => {
  it('prints the bare token and nothing else', async () => {
    const workspace = await loggedIn();
    const { code, stdout, stderr } = await workspace.run(['token']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^a\/\S+\n$/);
    expect((await workspace.sandbox.get('/user/info', stdout.trim())).status).toBe(200);
  });

  it('tells programs when it expires and what it reaches', async () => {
    const workspace = await loggedIn();
    const { stdout } = await workspace.run(['token', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      accessToken: expect.stringMatching(/^a\//),
      tokenType: 'Bearer',
      generation: 1,
      expiresAt: expect.stringMatching(/Z$/),
      companies: [{ id: 108061, name: 'Studio Esempio' }],
    });
  });

  it('refreshes an expired one, once', async () => {
    const workspace = await loggedIn();
    await withExpiredToken(workspace);
    const sent = await tokenRequests(workspace);
    const tokens = await Promise.all([1, 2, 3].map(() => workspace.run(['token'])));
    expect(tokens.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(new Set(tokens.map(({ stdout }) => stdout)).size).toBe(1);
    expect(await tokenRequests(workspace)).toBe(sent + 1);
  });

  it.each([
    [
      'more than the provider gives',
      ['--min-validity', '25h'],
      'no token lasts 25 h 0 min: the newest one lasts 23 h 59 min',
    ],
    [
      'what is no length of time',
      ['--min-validity', 'soon'],
      "it must be a length of time such as '5m', '3h' or '2d'",
    ],
    ['an argument', ['a/0001invented'], 'too many arguments'],
    ['an unknown option', ['--token=a/0001invented'], 'unknown option'],
  ])('asked for %s, says what is wrong', async (_, args, sentence) => {
    const workspace = await loggedIn();
    const { code, stdout, stderr } = await workspace.run(['token', ...args]);
    expect({ code, stdout, stderr }).toEqual({
      code: 64,
      stdout: '',
      stderr: expect.stringContaining(sentence),
    });
    expect(stderr).not.toContain('invented');
  });

  it('before any login, sends a person there', async () => {
    const workspace = await createSandboxWorkspace();
    const { code, stdout, stderr } = await workspace.run(['token', '--json']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('run fresco login'),
    });
    expect(JSON.parse(stdout)).toEqual({ error: expect.any(String), class: 'person' });
  });
});

describe('fresco rotate', () => {
  it('spends the refresh token now, and says what came of it', async () => {
    const workspace = await loggedIn();
    const { code, stdout } = await workspace.run(['rotate', '--json']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      outcome: 'refreshed',
      class: 'done',
      generation: 2,
      warnings: [],
    });
  });

  it('with --if-due, leaves alone what is fresh', async () => {
    const workspace = await loggedIn();
    const sent = await tokenRequests(workspace);
    const silent = { code: 0, stdout: '', stderr: '' };
    expect(await runHere(workspace, ['rotate', '--if-due'])).toEqual(silent);
    expect(await runHere(workspace, ['rotate', '--if-due', '-v'])).toEqual({
      ...silent,
      stdout: expect.stringMatching(
        /^generation 1 is fresh, nothing was due \(default, in .*\)\n$/,
      ),
    });
    const json = await runHere(workspace, ['rotate', '--if-due', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ outcome: 'fresh' });
    expect(await tokenRequests(workspace)).toBe(sent);
  });

  it('tells whoever is named that a person is needed, until it was taken, and then no more', async () => {
    const workspace = await loggedIn();
    const path = `${workspace.path}/told`;
    await workspace.sandbox.request('POST', '/_sandbox/revoke');
    const rotate = (command: string) =>
      runHere(workspace, ['rotate', '--on-person-needed', command]);
    expect(await rotate(`cat >> ${path}`)).toMatchObject({ code: 1 });
    expect(existsSync(path)).toBe(false);
    // One that tells nobody takes nothing away from the one that does.
    expect(await runHere(workspace, ['rotate'])).toMatchObject({ code: 2 });
    const failed = await rotate('exit 3');
    expect(failed).toMatchObject({ code: 2 });
    expect(failed.stderr).toContain(
      'the notice that a person is needed was not delivered: it ended with 3',
    );
    for (let at = 0; at < 2; at += 1)
      expect(await rotate(`cat >> ${path}`)).toMatchObject({ code: 2 });
    const told = readFileSync(path, 'utf8').trim().split('\n');
    expect(told.map((line) => JSON.parse(line))).toEqual([
      {
        source: 'fresco',
        'detail-type': 'Reauthorization Required',
        detail: expect.objectContaining({
          connection: 'default',
          command: `fresco login --store file:${workspace.storePath} --connection default --provider-url ${workspace.sandbox.url}`,
        }),
      },
    ]);
  });

  it('takes a variable that is empty for one that is not set', async () => {
    const workspace = await loggedIn();
    const env = { ...workspace.env, FRESCO_ON_PERSON_NEEDED: '' };
    expect(await runHere({ env }, ['rotate', '--if-due', '-v'])).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await runHere(workspace, ['rotate', '--on-person-needed', ''])).toMatchObject({
      code: 64,
    });
  });

  it('with -q, says nothing but what has failed', async () => {
    const workspace = await loggedIn();
    expect(await runHere(workspace, ['rotate', '-q'])).toEqual({ code: 0, stdout: '', stderr: '' });
    await workspace.sandbox.request('POST', '/_sandbox/faults', [
      { on: 'POST /oauth/token', kind: 'status', status: 429, retryAfter: 60, times: 1 },
    ]);
    expect(await runHere(workspace, ['rotate', '-q'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^fresco: /),
    });
  });

  it.each([
    [[], 'would use the refresh token of generation 1: an operator asks for it\n'],
    [['--if-due'], 'nothing is due\n'],
  ])('with --dry-run and %j, only says what it would do', async (args, stdout) => {
    const workspace = await loggedIn();
    const sent = await tokenRequests(workspace);
    expect(await workspace.run(['rotate', '--dry-run', ...args])).toEqual({
      code: 0,
      stdout,
      stderr: '',
    });
    expect(await tokenRequests(workspace)).toBe(sent);
  });

  it('with --dry-run, foresees what stands in the way', async () => {
    const workspace = await loggedIn();
    await runHere(workspace, ['pause']);
    const { stdout } = await runHere(workspace, ['rotate', '--dry-run', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: true,
      would: 'stop',
      detail: expect.stringContaining('paused'),
    });
  });

  it('after a revocation, ends with a person’s task and keeps serving the token', async () => {
    const workspace = await loggedIn();
    await workspace.run(['rotate']);
    await workspace.sandbox.request('POST', '/_sandbox/revoke');
    const refused = await workspace.run(['rotate', '--json']);
    expect({ code: refused.code, ...JSON.parse(refused.stdout) }).toMatchObject({
      code: 1,
      outcome: 'refused',
      class: 'retry',
    });
    const { code, stderr } = await workspace.run(['rotate']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^fresco: the provider no longer accepts the refresh token \(since \S+\): fresco login\n$/,
      ),
    });
    expect(await workspace.run(['token'])).toMatchObject({ code: 0 });
    const status = await workspace.run(['status', '--json']);
    expect(status.code).toBe(2);
    expect(JSON.parse(status.stdout)).toMatchObject({ latch: { kind: 'revoked' }, generation: 2 });
  });
});

describe('fresco status and history', () => {
  it('show the life of the connection without a value of it', async () => {
    const workspace = await loggedIn();
    await workspace.run(['rotate']);
    const status = await workspace.run(['status', '--json']);
    expect(JSON.parse(status.stdout)).toEqual({
      connection: 'default',
      store: `file store ${workspace.storePath}`,
      provider: workspace.sandbox.url,
      method: 'oauth',
      generation: 2,
      expiresAt: expect.stringMatching(/Z$/),
      hoursLeft: expect.closeTo(24, 0),
      companies: [{ id: 108061, name: 'Studio Esempio' }],
      lastOutcome: { at: expect.stringMatching(/Z$/), outcome: 'refreshed' },
      failingSince: null,
      pausedSince: null,
      uncertainSince: null,
      latch: null,
      providerAnswer: null,
      reconnectUrl: null,
      schedule: expect.stringContaining('cron'),
      replayPolicy: { kind: 'unknown' },
      waitingFor: null,
      problem: null,
    });
    const history = await workspace.run(['history', '--json']);
    expect(JSON.parse(history.stdout)).toEqual([
      { at: expect.any(String), generation: 1, outcome: 'logged-in' },
      { at: expect.any(String), generation: 2, outcome: 'refreshed' },
    ]);
    const newest = await workspace.run(['history', '--limit', '1']);
    expect(newest.stdout).toMatch(/generation {2}outcome\n\S+ +2 {2}refreshed\n$/);
    const text = await workspace.run(['status']);
    expect(text.stdout).toMatch(/^access token {4}23 h 59 min left, until \S+Z$/m);
  });

  it.each([
    ['the provider wants no request', { kind: 'status', status: 429, retryAfter: 3600 }],
    ['answers are lost', { kind: 'reset-after' }],
  ])('tell that the token has ended while %s, by exit code too', async (_, fault) => {
    const workspace = await loggedIn();
    await withExpiredToken(workspace);
    await workspace.sandbox.request('POST', '/_sandbox/faults', [
      { on: 'POST /oauth/token', ...fault },
    ]);
    expect(await runHere(workspace, ['rotate', '--if-due'])).toMatchObject({ code: 1 });
    const status = await runHere(workspace, ['status', '--json']);
    expect({ code: status.code, ...JSON.parse(status.stdout) }).toMatchObject({
      code: 1,
      hoursLeft: 0,
      waitingFor: expect.stringMatching(
        /^the access token expired at \S+Z and no check has brought/,
      ),
      problem: null,
    });
  });

  it('of a connection that nobody has logged in send a person there', async () => {
    const workspace = await loggedIn();
    const other = ['--connection', 'other'];
    const status = await workspace.run(['status', ...other]);
    expect({ code: status.code, stdout: status.stdout }).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('nobody has logged in yet: fresco login'),
    });
    expect(await workspace.run(['history', ...other])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'nothing has happened yet: fresco login --connection other\n',
    });
  });
});

describe('a reader that is gone', () => {
  it.each([['--help'], ['status'], ['history'], ['token']])(
    'ends %s quietly, as SIGPIPE would',
    async (command) => {
      const { start } = await loggedIn();
      const running = start([command]);
      running.process.stdout.destroy();
      expect(await running.ended).toEqual({ code: 141, stdout: '', stderr: '' });
    },
  );
});

describe('the help', () => {
  it.each(['login', 'token', 'exec', 'serve', 'rotate', 'status', 'history', 'sandbox', 'local'])(
    'of %s has a description and examples',
    async (command) => {
      const workspace = await createSandboxWorkspace();
      const { code, stdout } = await workspace.run([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: fresco ${command}`);
      expect(stdout).toMatch(/Examples:\n( {2}\$ .*fresco.*\n)+/);
    },
  );

  it('without a command is wrong usage', async () => {
    const workspace = await createSandboxWorkspace();
    expect(await workspace.run([])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('Usage: fresco'),
    });
  });
});
