import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/sandbox/control/faults.ts';
import { loggedIn } from '../logged-in.ts';

// Each is some processes: with FRESCO_FULL=1 all of them, otherwise every other one.
const isFull = process.env['FRESCO_FULL'] === '1';
const some = <T>(all: readonly T[]) => all.filter((_, at) => isFull || at % 2 === 0);

const on = 'POST /oauth/token';
const json = { 'content-type': 'application/json' };

/** A token answer that says this of its lifetime. */
function answerWith(expiresIn: unknown): string {
  const tokens = {
    token_type: 'bearer',
    access_token: 'a/0009invented',
    refresh_token: 'r/0009invented',
  };
  return JSON.stringify({ ...tokens, expires_in: expiresIn });
}

describe('a provider that does not answer as one, while the tokens are rotated', () => {
  const faults: readonly [string, Omit<Fault, 'on'>, number, RegExp][] = [
    [
      'a page of HTML',
      { kind: 'html', status: 403 },
      1,
      /the provider has answered 403 \(text\/html\) since/,
    ],
    [
      'a redirect',
      { kind: 'redirect', location: 'http://127.0.0.1:1/' },
      1,
      /the provider has answered 30\d/,
    ],
    ['an endless body', { kind: 'endless-body' }, 1, /the response to the refresh at \S+ was lost/],
    ['half an answer', { kind: 'bad-json' }, 1, /the response to the refresh at \S+ was lost/],
    ['a gateway’s page', { kind: 'html', status: 502 }, 1, /was lost \(502, text\/html came/],
    [
      'a captive portal’s page',
      { kind: 'html', status: 200 },
      1,
      /was lost \(200, text\/html came/,
    ],
    ['a request timeout', { kind: 'html', status: 408 }, 1, /rate-limited by the provider until/],
    ['a reset', { kind: 'reset-before' }, 1, /the response to the refresh at \S+ was lost/],
    [
      'a rate limit',
      { kind: 'status', status: 429, retryAfter: 60 },
      1,
      /rate-limited by the provider until/,
    ],
    [
      'a wrong secret',
      { kind: 'status', status: 401, error: 'invalid_client' },
      1,
      /refuses the application \(invalid_client, since/,
    ],
  ];

  it.each(some(faults))(
    'with %s: one sentence, the right exit code, and the token is served on',
    async (_, fault, code, sentence) => {
      const workspace = await loggedIn();
      const before = await workspace.run(['token']);
      await workspace.sandbox.request('POST', '/_sandbox/faults', [{ on, ...fault }]);
      const rotated = await workspace.run(['rotate']);
      expect(rotated).toMatchObject({ code, stdout: '' });
      expect(rotated.stderr).toMatch(/^fresco: .*\n$/);
      expect(rotated.stderr).toMatch(sentence);
      expect(await workspace.run(['token'])).toEqual(before);
    },
  );

  it.each(some([0, -1, '3600', null, 'soon', undefined]))(
    'with an expires_in of %j: the new token is kept all the same',
    async (expiresIn) => {
      const workspace = await loggedIn();
      const body = answerWith(expiresIn);
      await workspace.sandbox.request('POST', '/_sandbox/faults', [
        { on, kind: 'body', status: 200, body, headers: json },
      ]);
      const { code, stdout, stderr } = await workspace.run(['rotate', '--json']);
      const isOdd = expiresIn !== '3600';
      expect({ code, outcome: JSON.parse(stdout).outcome }).toEqual({
        code: 0,
        outcome: 'refreshed',
      });
      expect(
        stderr.includes("expires_in was missing or odd: the provider's default was taken"),
      ).toBe(isOdd);
      expect(await workspace.run(['token'])).toMatchObject({ stdout: 'a/0009invented\n' });
    },
  );
});

describe('what a provider answers in place of tokens', () => {
  const page = { on, kind: 'html', status: 403 } as const;

  it('is told by status, doctor and history, which exit as rotate does: a person at the second time', async () => {
    const workspace = await loggedIn();
    await workspace.sandbox.request('POST', '/_sandbox/faults', [page]);
    for (const code of [1, 2]) {
      const told = expect.stringMatching(/has answered 403 \(text\/html\) since \S+Z, .*any proxy/);
      expect(await workspace.run(['rotate'])).toMatchObject({ code, stderr: told });
      expect(await workspace.run(['status'])).toMatchObject({ code, stdout: told });
      expect(await workspace.run(['doctor'])).toMatchObject({ code, stdout: told });
    }
    const { stdout } = await workspace.run(['history']);
    expect(stdout).toContain('unexpected: the provider answered 403 (text/html)');
    await workspace.sandbox.request('POST', '/_sandbox/faults', []);
    expect(await workspace.run(['rotate', '--if-due'])).toMatchObject({ code: 0 });
    expect(await workspace.run(['status', '--json'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"providerAnswer":null'),
    });
  });

  it('is told where it is a captive portal’s, though the token may be spent', async () => {
    const workspace = await loggedIn();
    await workspace.sandbox.request('POST', '/_sandbox/faults', [{ ...page, status: 200 }]);
    await workspace.run(['rotate']);
    const { stdout } = await workspace.run(['status', '--json']);
    expect(JSON.parse(stdout).providerAnswer).toMatchObject({
      kind: 'unusable',
      answer: '200 (text/html)',
      since: expect.stringMatching(/Z$/),
    });
    expect((await workspace.run(['doctor'])).stdout).toContain('(200, text/html came');
    expect((await workspace.run(['history'])).stdout).toContain('answered 200 (text/html)');
  });
});

describe('a provider that does not answer as one, while somebody logs in', () => {
  const faults: readonly [string, Omit<Fault, 'on'>, number, RegExp][] = [
    [
      'a page of HTML',
      { kind: 'html', status: 403 },
      2,
      /the provider answered 403 \(text\/html\)/,
    ],
    [
      'a redirect',
      { kind: 'redirect', location: 'http://127.0.0.1:1/' },
      2,
      /the provider answered 30\d/,
    ],
    [
      'an endless body',
      { kind: 'endless-body' },
      1,
      /gave no usable answer \(answer larger than 65536 bytes\)/,
    ],
    ['a reset', { kind: 'reset-after' }, 1, /gave no usable answer/],
    [
      'a rate limit',
      { kind: 'status', status: 503, retryAfter: 60 },
      1,
      /rate-limited by the provider \(503\)/,
    ],
    [
      'invalid_grant',
      { kind: 'status', status: 400, error: 'invalid_grant' },
      2,
      /does not accept the code/,
    ],
    [
      'no refresh token',
      {
        kind: 'body',
        status: 200,
        body: '{"access_token":"a/0009invented","expires_in":60}',
        headers: json,
      },
      2,
      /gave no refresh token/,
    ],
  ];

  it.each(some(faults))(
    'with %s: one sentence, the right exit code, and the old grant stays',
    async (_, fault, code, sentence) => {
      const workspace = await loggedIn();
      const before = await workspace.run(['token', '--json']);
      await workspace.sandbox.request('POST', '/_sandbox/faults', [{ on, ...fault, times: 1 }]);
      const login = await workspace.run(['login', '--sandbox', '--json']);
      expect(login.code).toBe(code);
      expect(JSON.parse(login.stdout)).toEqual({
        error: expect.stringMatching(sentence),
        class: code === 2 ? 'person' : 'retry',
      });
      expect(login.stderr.match(/^fresco: /gm)).toHaveLength(1);
      expect(await workspace.run(['token', '--json'])).toEqual(before);
      expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
    },
  );
});

describe('a provider that cannot be reached', () => {
  it('is no reason not to serve the token, and says so when it has to be asked', async () => {
    const workspace = await loggedIn();
    const before = await workspace.run(['token']);
    await workspace.sandbox.close();
    expect(await workspace.run(['token'])).toEqual(before);
    const { code, stderr } = await workspace.run(['rotate']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'fresco: the provider could not be reached: ECONNREFUSED\n',
    });
  });
});
