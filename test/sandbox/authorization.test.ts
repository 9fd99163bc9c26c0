import { describe, expect, it } from 'vitest';
import { application, redirectUri, type SandboxServer, startSandbox } from './sandbox-server.ts';

const asked = {
  response_type: 'code',
  client_id: 'sandbox-client',
  redirect_uri: redirectUri,
  scope: 'entity.clients:r issued_documents.invoices:a',
  state: 'state0001',
};

function authorizePath(changes: Readonly<Record<string, string>> = {}): string {
  return `/oauth/authorize?${new URLSearchParams({ ...asked, ...changes })}`;
}

async function decide(server: SandboxServer, decision: string, path = authorizePath()) {
  const page = await server.request('GET', path);
  const id = /name="request" value="(?<id>\w+)"/.exec(page.text)?.groups?.['id'] ?? '';
  return server.request('POST', '/oauth/authorize', `request=${id}&decision=${decision}`);
}

function exchange(server: SandboxServer, code: string, changes: Record<string, string> = {}) {
  const body = { grant_type: 'authorization_code', ...application, redirect_uri: redirectUri };
  return server.request('POST', '/oauth/token', { ...body, code, ...changes });
}

async function newCode(server: SandboxServer, redirect?: string): Promise<string> {
  const wanted = redirect === undefined ? {} : { redirectUri: redirect };
  return (await server.request('POST', '/_sandbox/grants', wanted)).json.code;
}

describe('the consent page', () => {
  it('says who asks, for which company and for what, in words', async () => {
    const server = await startSandbox();
    const { status, text, headers } = await server.request('GET', authorizePath());
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const words of [
      'Fresco',
      'Mario Rossi',
      '108061',
      'Clients',
      'Invoices',
      'read and write',
    ]) {
      expect(text).toContain(words);
    }
  });

  it('sends an approval back with state and a code that works once', async () => {
    const server = await startSandbox();
    const approved = await decide(server, 'approve');
    expect(approved.status).toBe(302);
    const location = approved.headers.get('location') ?? '';
    expect(location).toContain('code=c%2F');
    const { searchParams } = new URL(location);
    expect(searchParams.get('state')).toBe('state0001');
    const code = searchParams.get('code') ?? '';
    expect((await exchange(server, code)).status).toBe(200);
    expect((await exchange(server, code)).json.error).toBe('invalid_grant');
  });

  it('sends a denial back as access_denied', async () => {
    const server = await startSandbox();
    const { searchParams } = new URL((await decide(server, 'deny')).headers.get('location') ?? '');
    expect(Object.fromEntries(searchParams)).toMatchObject({
      error: 'access_denied',
      state: 'state0001',
    });
  });

  it('takes one decision only', async () => {
    const server = await startSandbox();
    const page = await server.request('GET', authorizePath());
    const id = /value="(?<id>\w{32})"/.exec(page.text)?.groups?.['id'] ?? '';
    const body = `request=${id}&decision=approve`;
    expect((await server.request('POST', '/oauth/authorize', body)).status).toBe(302);
    expect((await server.request('POST', '/oauth/authorize', body)).status).toBe(400);
  });

  it.each([
    ['an unknown client', { client_id: 'someone-else' }, 'client id'],
    ['a redirect with a slash more', { redirect_uri: `${redirectUri}/` }, 'redirect URI'],
    ['a redirect elsewhere', { redirect_uri: 'http://localhost.example/callback' }, 'redirect URI'],
    [
      'the other name of loopback',
      { redirect_uri: 'http://127.0.0.1:8787/callback' },
      'redirect URI',
    ],
    ['an aggregate scope', { scope: 'entity.clients:r issued_documents:r' }, 'issued_documents:r'],
    ['no scope', { scope: '' }, 'scope'],
  ])('shows an error and does not redirect for %s', async (_name, changes, words) => {
    const server = await startSandbox();
    const { status, headers, text } = await server.request('GET', authorizePath(changes));
    expect(status).toBe(400);
    expect(headers.get('location')).toBeNull();
    expect(text).toContain(words);
  });

  it('escapes what it repeats', async () => {
    const server = await startSandbox();
    const { text } = await server.request(
      'GET',
      authorizePath({ scope: '<script>alert(1)</script>' }),
    );
    expect(text).not.toContain('<script>');
    expect(text).toContain('&lt;script&gt;');
  });

  it('accepts a loopback redirect that differs in the port only', async () => {
    const server = await startSandbox({ autoConsent: true });
    const redirect_uri = 'http://localhost:9191/callback';
    const { headers } = await server.request('GET', authorizePath({ redirect_uri }));
    expect(headers.get('location')).toMatch(/^http:\/\/localhost:9191\/callback\?state=/);
  });

  it('tells the application when the response type is another', async () => {
    const server = await startSandbox();
    const { headers } = await server.request('GET', authorizePath({ response_type: 'token' }));
    expect(headers.get('location')).toContain('error=unsupported_response_type');
  });
});

describe('the token endpoint', () => {
  it('answers an exchange with the four fields of the provider', async () => {
    const server = await startSandbox();
    const { json, headers } = await exchange(server, await newCode(server));
    expect(headers.get('content-type')).toContain('application/json');
    expect(json).toEqual({
      token_type: 'bearer',
      access_token: expect.stringMatching(/^a\/[\w-]{40,}$/),
      refresh_token: expect.stringMatching(/^r\/[\w-]{40,}$/),
      expires_in: 86_400,
    });
  });

  it('understands forms as well', async () => {
    const server = await startSandbox();
    const { refresh_token } = await server.grant();
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      ...application,
      refresh_token,
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status } = await server.request('POST', '/oauth/token', form.toString(), headers);
    expect(status).toBe(200);
  });

  it.each([
    ['nothing', '', 'invalid_request', 'The grant type field is required.'],
    ['JSON that is none', '{', 'invalid_request', 'The grant type field is required.'],
    [
      'no code',
      { grant_type: 'authorization_code', ...application, redirect_uri: redirectUri },
      'invalid_request',
      'The code field is required when grant type is authorization_code.',
    ],
    [
      'no refresh token',
      { grant_type: 'refresh_token', ...application },
      'invalid_request',
      'The refresh token field is required when grant type is refresh_token.',
    ],
    [
      'a grant type it lacks',
      { grant_type: 'password' },
      'unsupported_grant_type',
      'The grant type is not supported.',
    ],
  ])('answers %s with 400 and its reason', async (_name, body, error, error_description) => {
    const server = await startSandbox();
    const answer = await server.request('POST', '/oauth/token', body);
    expect([answer.status, answer.json]).toEqual([400, { error, error_description }]);
  });

  it.each([
    ['a second before its end', 59, 200],
    ['at its end', 60, 400],
  ])('takes a code %s: %s s → %s', async (_name, seconds, status) => {
    const server = await startSandbox();
    const code = await newCode(server);
    server.sandbox.advance(seconds);
    expect((await exchange(server, code)).status).toBe(status);
  });

  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
  it.each([
    ['its verifier', challenge, { code_verifier: verifier }, 200],
    ['another verifier', challenge, { code_verifier: `${verifier}x` }, 400],
    ['no verifier', challenge, {}, 400],
    ['a verifier, where none was announced', undefined, { code_verifier: verifier }, 400],
  ])('answers a code with %s: PKCE', async (_name, code_challenge, fields, status) => {
    const server = await startSandbox();
    const pkce = code_challenge && { code_challenge, code_challenge_method: 'S256' };
    const approved = await decide(server, 'approve', authorizePath({ ...pkce }));
    const { searchParams } = new URL(approved.headers.get('location') ?? '');
    const answer = await exchange(server, searchParams.get('code') ?? '', fields);
    expect([answer.status, answer.json.error ?? 'none']).toEqual([
      status,
      status === 200 ? 'none' : 'invalid_grant',
    ]);
  });

  it.each([
    ['plain', { code_challenge: challenge, code_challenge_method: 'plain' }],
    ['no method', { code_challenge: challenge }],
    ['a short challenge', { code_challenge: 'abc', code_challenge_method: 'S256' }],
  ])('refuses a challenge with %s at once', async (_name, changes) => {
    const server = await startSandbox();
    const { headers } = await server.request('GET', authorizePath(changes));
    const { searchParams } = new URL(headers.get('location') ?? '');
    expect(searchParams.get('error')).toBe('invalid_request');
  });

  it('refuses a code with another redirect than that of the request', async () => {
    const server = await startSandbox();
    const code = await newCode(server, 'http://localhost:9191/callback');
    expect((await exchange(server, code)).json.error).toBe('invalid_grant');
  });

  it.each([
    ['another secret', { client_secret: 'wrong' }],
    ['another client', { client_id: 'wrong' }],
    ['no secret', { client_secret: '' }],
  ])(
    'refuses %s as invalid_client, and keeps the code for the right one',
    async (_name, changes) => {
      const server = await startSandbox();
      const code = await newCode(server);
      const refused = await exchange(server, code, changes);
      expect([refused.status, refused.json.error]).toEqual([401, 'invalid_client']);
      expect((await exchange(server, code)).status).toBe(200);
    },
  );
});
