import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenLocally } from '../../../../src/cli/local/server.ts';
import { type Stage, setStage } from '../../../../src/cli/local/story/demo.ts';
import { endedWell, type StoryEnd, tellStory } from '../../../../src/cli/local/story/story.ts';
import { closingText, openingLines, storyLines } from '../../../../src/cli/local/story/text.ts';
import { Session } from '../../../../src/cli/session.ts';
import { textOf } from '../../../../src/cli/terminal.ts';
import { enter } from '../../../console/console-fixture.ts';
import { runHere } from '../../in-process.ts';
import { createWorkspace, type Running } from '../../workspace.ts';

const patience = { timeout: 180_000 };

/** The built command in a home of its own; `left` is what it leaves in its folder for temporary files. */
async function startLocal(
  ...args: readonly string[]
): Promise<Running & { left(): Promise<string[]> }> {
  const workspace = await createWorkspace('http://127.0.0.1:1');
  const temporary = join(workspace.path, 'tmp');
  await mkdir(temporary);
  const running = workspace.start(['local', '--sandbox', ...args], { TMPDIR: temporary });
  return { ...running, left: () => readdir(temporary) };
}

const anyPorts = ['--port', '0', '--sandbox-port', '0', '--webhook-port', '0'];
const looksSecret = /\b[acdr]\/[\w-]{16,}|sandbox-secret|Bearer|eyJ[\w-]{16,}/;

describe('the story as npm start tells it', () => {
  it('ends with one line of figures, and leaves nothing behind', patience, async () => {
    const running = await startLocal('--once', '--json', ...anyPorts);
    const { code, stdout, stderr } = await running.ended;
    expect([code, stdout.endsWith('}\n'), stdout.trim().split('\n').length]).toEqual([0, true, 1]);
    const end = JSON.parse(stdout) as StoryEnd;
    expect(Object.keys(end)).toEqual([
      'connection',
      'generation',
      'tokenRequests',
      'accessTokenExpiresAt',
      'webhooks',
      'faults',
    ]);
    expect(end).toMatchObject({ connection: 'default', webhooks: { delivered: 2, published: 2 } });
    expect(end.generation).toBeGreaterThanOrEqual(3);
    expect(end.tokenRequests).toBeGreaterThan(end.generation);
    expect(Date.parse(end.accessTokenExpiresAt ?? '')).toBeGreaterThan(Date.now());
    expect(end.faults).toEqual([
      { fault: 'outage', served: true, healed: true },
      { fault: 'answer-lost', served: true, healed: true },
      { fault: 'token-forgotten', served: true, healed: true },
    ]);
    expect(stdout + stderr).not.toMatch(looksSecret);
    // What it says to people, which is nothing to open: each address ends with it.
    expect(stderr).toContain('This ends with the demo.');
    expect(stderr).not.toContain('://');
    expect(await running.left()).toEqual([]);
  });

  it(
    'ends by itself where there is no terminal, twice at once, with its ports taken',
    patience,
    async () => {
      const holders = await Promise.all([0, 0, 0].map((port) => listenLocally(port)));
      onTestFinished(() => void holders.map((holder) => holder.close()));
      const [port = '', sandbox = '', webhook = ''] = holders.map(({ url }) => new URL(url).port);
      const ports = ['--port', port, '--sandbox-port', sandbox, '--webhook-port', webhook];
      const both = await Promise.all([startLocal(...ports), startLocal(...ports)]);
      for (const running of both) {
        const { code, stdout } = await running.ended;
        expect(code).toBe(0);
        expect(stdout).toMatch(/\n\d+ h in \d+\.\d s: 8 token requests, 2 of 2 webhooks published/);
        expect(stdout).not.toContain('\u001b');
        expect(stdout).not.toContain('://');
        expect(stdout).not.toMatch(looksSecret);
      }
    },
  );

  it.each(['before it begins', 'in the middle'])(
    'leaves nothing behind when interrupted %s',
    patience,
    async (when) => {
      const running = await startLocal('--once', '--json', ...anyPorts);
      if (when === 'in the middle') await running.says(/Logged in once/);
      else await expect.poll(async () => (await running.left()).length, patience).toBe(1);
      running.process.kill('SIGINT');
      const { code, stdout, stderr } = await running.ended;
      expect([code, await running.left()]).toEqual([130, []]);
      expect(stderr).toMatch(/interrupted before it was done; nothing is left behind\n$/);
      expect(JSON.parse(stdout)).toMatchObject({ class: 'retry' });
    },
  );

  it.each([
    [['local', '--once'], /--once is for the demo: add --sandbox/],
    [
      ['local', '--sandbox', '--store', 'file:x'],
      /'--sandbox' cannot be used with option '--store/,
    ],
    [['local', '--sandbox', '--port', 'x'], /it must be a port/],
    [['local', '--sink', 'ftp://x'], /it must be an address/],
  ])('is refused as wrong usage: %j', patience, async (args, why) => {
    const { code, stderr } = await runHere({}, args);
    expect(code).toBe(64);
    expect(stderr).toMatch(why);
  });
});

async function openStage(): Promise<Stage> {
  const session = new Session();
  onTestFinished(() => session.end());
  const path = await session.folder();
  const ports = { consolePort: 0, sandboxPort: 0, webhookPort: 0 };
  const onError = (error: unknown) => expect.fail(String(error));
  return setStage(session, { path, ...ports, onError });
}

/** The values that must be seen nowhere: those stored now. */
async function secretsOf({ system }: Stage): Promise<readonly string[]> {
  const { grant, accessToken, client } = system.stored;
  const stored = await Promise.all([grant, accessToken, client].map((secret) => secret.current()));
  const texts = stored.map((version) => version?.value.reveal() ?? '{}');
  const fields = ['refreshToken', 'accessToken', 'sealKey', 'clientSecret'];
  return texts
    .map((text) => JSON.parse(text) as Record<string, string>)
    .flatMap((record) => fields.flatMap((field) => record[field] ?? []));
}

describe('the story on its stage', () => {
  it('lets no token, code or secret out, whatever happens', async () => {
    const stage = await openStage();
    const secrets = new Set<string>();
    const seen: string[] = [];
    const end = await tellStory({
      stage,
      narrate: async (line) => {
        seen.push(textOf(storyLines(line, 0), {}));
        for (const secret of await secretsOf(stage)) secrets.add(secret);
      },
    });
    expect(secrets.size).toBeGreaterThan(7);
    seen.push(
      textOf(openingLines(stage, true), {}),
      closingText(end, { hours: 74, seconds: '1.0' }),
    );
    seen.push(
      JSON.stringify(stage.events),
      await everythingOnThePage(await enter(stage.consoleUrl)),
    );
    const all = seen.join('\n');
    expect([...secrets].filter((secret) => all.includes(secret))).toEqual([]);
    expect(all).not.toMatch(looksSecret);
  });

  it('presses every button without a token coming out', async () => {
    const stage = await openStage();
    await stage.connect();
    const secrets = new Set<string>();
    const seen: string[] = [];
    const { origin, cookie } = await enter(stage.consoleUrl);
    for (const name of [
      'rotate',
      'pass-hour',
      'pass-half-day',
      'change-client',
      'expire',
      'lose-answer',
      'rotate',
      'break',
      'rotate',
      'consent',
      'mend',
      'revoke',
      'rotate',
      'rotate',
      'consent',
    ]) {
      const answer = await fetch(`${origin}/actions/${name}`, {
        method: 'POST',
        headers: { cookie },
      });
      seen.push(await answer.text());
      for (const secret of await secretsOf(stage)) secrets.add(secret);
    }
    seen.push(await everythingOnThePage({ origin, cookie }));
    expect(seen.at(-2)).toContain('logged in: generation');
    const all = seen.join('\n');
    expect([...secrets].filter((secret) => all.includes(secret))).toEqual([]);
    expect(all).not.toMatch(looksSecret);
  });
});

/** The page, and its feed until the connection has been drawn. */
async function everythingOnThePage({
  origin,
  cookie,
}: {
  readonly origin: string;
  readonly cookie: string;
}): Promise<string> {
  const headers = { cookie };
  const page = await (await fetch(origin, { headers })).text();
  const { body } = await fetch(`${origin}/feed`, { headers });
  let feed = '';
  for await (const chunk of body ?? []) {
    feed += Buffer.from(chunk).toString();
    if (/event: connection\n.*\n\n/.test(feed)) break;
  }
  expect(feed).toContain('event: recent');
  return page + feed;
}

describe('what the story looks like', () => {
  it('has the addresses of all that stays up after it', async () => {
    const stage = await openStage();
    const opening = textOf(openingLines(stage, true), {});
    for (const url of [stage.sandboxUrl, stage.consoleUrl, stage.sink]) {
      expect(opening).toContain(` ${url} `);
    }
    expect(opening).not.toContain('This ends');
  });

  const line = {
    act: 'Logged in once',
    happening: 'a person consents',
    results: ['generation 1', 'good for 24 h'],
    tone: 'good',
  } as const;

  it('is plain without a terminal, and where no colour is wanted', () => {
    const surroundings = [
      [{ isTTY: false }, {}],
      [{ isTTY: true }, { NO_COLOR: '1' }],
      [{ isTTY: true }, { TERM: 'dumb' }],
    ] as const;
    for (const [stream, env] of surroundings) {
      expect(textOf(storyLines(line, 12), stream, env).trimEnd().split('\n')).toEqual([
        '',
        'Logged in once',
        '  ✓  12 h  a person consents                      generation 1',
        '                                                  good for 24 h',
      ]);
    }
  });

  it('has emphasis on a terminal', () => {
    expect(textOf(storyLines(line, 12), { isTTY: true }, {})).toContain(
      '\u001b[1mLogged in once\u001b[22m\n  \u001b[32m✓\u001b[0m',
    );
  });
});

describe('a story that did not end well', () => {
  const good: StoryEnd = {
    connection: 'default',
    generation: 3,
    tokenRequests: 4,
    accessTokenExpiresAt: null,
    webhooks: { delivered: 1, published: 1 },
    faults: [{ fault: 'outage', served: true, healed: true }],
  };

  it.each<[string, Partial<StoryEnd>, boolean]>([
    ['everything as it should', {}, true],
    ['a webhook that was not published', { webhooks: { delivered: 2, published: 1 } }, false],
    ['a fault not healed', { faults: [{ fault: 'outage', served: true, healed: false }] }, false],
    ['nobody served', { faults: [{ fault: 'outage', served: false, healed: true }] }, false],
  ])('is one with %s: %o', (_, changes, well) => {
    expect(endedWell({ ...good, ...changes })).toBe(well);
  });
});
