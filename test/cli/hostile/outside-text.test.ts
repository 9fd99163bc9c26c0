import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';
import { textOf } from '../../../src/cli/terminal.ts';
import { sandboxApplication } from '../../../src/sandbox/oauth/application.ts';
import { runHere } from '../in-process.ts';
import { loggedIn } from '../logged-in.ts';
import { consentAddress } from '../secrets/planted-secrets.ts';
import type { Ended } from '../workspace.ts';

// Goal: whatever a provider, a redirect or a file says, a terminal gets text and each line is one of ours.
// Method: the company, the subscriptions, every refusal and the redirect carry the same hostile text, and every
// command is run on them.

const forged = 'fresco: all is well';
const hostile = `Co\u001b[31mmpany\u009b2J\u0007\r\n${forged}\u2028${forged}\u0085${forged}\u202egnp`;
const commanding = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

const wrongIn = ({ stdout, stderr }: Ended) =>
  `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => commanding.test(line) || line.startsWith(forged))
    .map((line) => JSON.stringify(line));

const says = (on: string, status: number, body: object) => ({
  on,
  kind: 'body',
  status,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json; \u009b31m' },
});
const subscription = { id: hostile, sink: hostile, verified: true, types: [hostile] };
const list = says('GET /c/*', 200, { data: [subscription] });
const apiRefuses = (status: number) =>
  ['GET', 'POST', 'DELETE'].flatMap((method) =>
    ['/c/*', '/user/*'].map((path) =>
      says(`${method} ${path}`, status, { error: { code: hostile, message: hostile } }),
    ),
  );
const refuses = (status: number) =>
  says('POST /oauth/token', status, { error: hostile, error_description: hostile, hint: hostile });
const startsDevice = says('POST /oauth/device', 200, {
  device_code: 'd/invented',
  user_code: hostile,
  verification_uri: hostile,
  expires_in: 1,
  interval: 1,
});

/** Each command, with what the provider answers while it runs. */
const runs: readonly (readonly [string, readonly string[], readonly object[]])[] = [
  ['choose', ['--json'], []],
  ['login', ['--device'], [startsDevice]],
  ['login', ['--refresh-token'], [refuses(400)]],
  ['login', ['--manual'], apiRefuses(422)],
  ['token', ['--json'], []],
  ['token', ['--min-validity', hostile], []],
  ['exec', ['--', hostile], []],
  ['status', [], []],
  ['status', ['--json'], []],
  ['status', ['--connection', hostile], []],
  ['history', [], []],
  ['cost', ['--webhooks', '0'], []],
  ['doctor', [], []],
  ['doctor', [], apiRefuses(422)],
  ['probe', ['--dry-run'], []],
  ['pause', ['--dry-run'], []],
  ['resume', ['--dry-run'], []],
  ['webhooks', ['list', '--company', '108061'], [list]],
  ['webhooks', ['list', '--company', '108061', '--json'], [list]],
  ['webhooks', ['list'], []],
  ['webhooks', ['delete', hostile, '--company', '108061'], apiRefuses(422)],
  [
    'webhooks',
    [
      'create',
      '--company',
      '108061',
      '--types',
      'entities.clients.*',
      '--sink',
      'https://x.example',
    ],
    apiRefuses(422),
  ],
  ['sync', ['--dry-run', '--resource', 'products'], []],
  ['rotate', ['--dry-run'], []],
  ['rotate', [], [refuses(400)]],
  ['recover', ['--dry-run'], []],
  ['rotate', [], [refuses(401)]],
  ['status', [], []],
  ['logout', ['--yes'], []],
  [hostile, [], []],
];

describe('text from outside', () => {
  it('commands no terminal and forges no line, by any command', async () => {
    const company = { id: 108061, name: hostile, type: 'company' } as const;
    const workspace = await loggedIn({ companies: [company, { ...company, id: 7 }] });
    const { run, start, begin, sandbox, path } = workspace;
    const env = {
      ...workspace.env,
      FATTUREINCLOUD_CLIENT_ID: sandboxApplication.clientId,
      FATTUREINCLOUD_CLIENT_SECRET: sandboxApplication.clientSecret,
    };
    const login = begin(['login', '--paste'], env);
    const state = new URL(await consentAddress(login)).searchParams.get('state') ?? '';
    const redirect = { state, error: hostile, error_description: hostile };
    login.input(`http://localhost/callback?${new URLSearchParams(redirect)}`);
    const wrong = [{ args: ['login'], lines: wrongIn(await login.ended) }];
    const secretFile = join(path, 'serve-secret');
    for (const args of [
      ['serve', '--port', '0', '--secret-file', secretFile],
      ['sandbox', '--port', '0'],
      ['local', '--port', '0'],
      ['console', '--port', '0'],
    ]) {
      const running = start(args, env);
      await running.says(/Ctrl-C/);
      running.process.kill('SIGTERM');
      wrong.push({ args, lines: wrongIn(await running.ended) });
    }
    for (const [command, args, faults] of runs) {
      await sandbox.request('POST', '/_sandbox/faults', [...faults]);
      const line = [command, ...args];
      const input = args.includes('--manual') ? 'a/invented' : 'r/invented';
      // Input comes by a pipe of its own.
      const isPiped = command === 'login' && !args.includes('--device');
      const ended = await (isPiped ? run(line, { env, input }) : runHere({ env }, line));
      wrong.push({ args: [command, ...args], lines: wrongIn(ended) });
    }
    expect(wrong.filter(({ lines }) => lines.length > 0)).toEqual([]);
    const names = createProgram().commands.map((command) => command.name());
    const ran = wrong.map(({ args }) => args[0]);
    // A process of the kill demonstration, which nobody runs by hand.
    expect(names.filter((name) => !ran.includes(name))).toEqual(['doomed-rotator']);
  }, 120_000);

  it('is in the style of its place, and in no style of its own', () => {
    const line = textOf([[{ text: hostile, on: 1, off: 22 }]], { isTTY: true }, {});
    expect(line.split('\u001b[1m').join('').split('\u001b[22m\n').join('')).not.toMatch(commanding);
    expect(line.split('\n')).toHaveLength(2);
  });
});
