import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../src/fatture-in-cloud/http/exchange.ts';
import { classify, oauthError } from '../../../src/fatture-in-cloud/oauth/token-answer.ts';

const context = { nowMs: Date.parse('2026-11-23T02:00:00Z'), defaultLifetimeSeconds: 86_400 };
const tokens = {
  token_type: 'bearer',
  access_token: 'a/0001invented',
  refresh_token: 'r/0001invented',
};

function answer(status: number, body: unknown, headers: HttpAnswer['headers'] = {}): HttpAnswer {
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

describe('the answer of a token endpoint', () => {
  it.each([
    ['200 with tokens', answer(200, { ...tokens, expires_in: 86_400 }), 'granted'],
    ['201 with tokens', answer(201, tokens), 'granted'],
    ['200 with tokens called Bearer', answer(200, { ...tokens, token_type: 'BEARER' }), 'granted'],
    ['200 with no token type', answer(200, { access_token: 'a/0001invented' }), 'granted'],
    ['200 with an empty error', answer(200, { ...tokens, error: null }), 'granted'],
    ['200 with a token of another type', answer(200, { ...tokens, token_type: 'mac' }), 'granted'],
    ['200 with an empty access token', answer(200, { ...tokens, access_token: '' }), 'uncertain'],
    [
      '200 with a token on two lines',
      answer(200, { ...tokens, access_token: 'a/\n1' }),
      'uncertain',
    ],
    ['200 with HTML', answer(200, '<html>hello</html>'), 'uncertain'],
    ['200 with a list', answer(200, [tokens]), 'uncertain'],
    ['200 with null', answer(200, 'null'), 'uncertain'],
    ['200 with nothing', answer(200, ''), 'uncertain'],
    ['204', answer(204, ''), 'uncertain'],
    ['200 with invalid_grant', answer(200, { error: 'invalid_grant' }), 'invalid-grant'],
    ['200 with invalid_client', answer(200, { error: 'invalid_client' }), 'invalid-client'],
    ['200 with error 0', answer(200, { ...tokens, error: 0 }), 'granted'],
    ['200 with error false', answer(200, { ...tokens, error: false }), 'granted'],
    [
      '200 with an invalid_grant inside',
      answer(200, { error: { code: 'invalid_grant' } }),
      'invalid-grant',
    ],
    ['200 with a stranger error', answer(200, { ...tokens, error: 'oops' }), 'uncertain'],
    ['200 with an error object', answer(200, { error: { message: 'no' } }), 'uncertain'],
    ['400 invalid_grant', answer(400, { error: 'invalid_grant' }), 'invalid-grant'],
    ['401 invalid_grant', answer(401, { error: 'invalid_grant' }), 'invalid-grant'],
    ['400 invalid_client', answer(400, { error: 'invalid_client' }), 'invalid-client'],
    ['401 invalid_client', answer(401, { error: 'invalid_client' }), 'invalid-client'],
    ['400 invalid_request', answer(400, { error: 'invalid_request' }), 'refused'],
    ['400 invalid_scope', answer(400, { error: 'invalid_scope' }), 'invalid-client'],
    ['400 unauthorized_client', answer(400, { error: 'unauthorized_client' }), 'invalid-client'],
    [
      '400 unsupported_grant_type',
      answer(400, { error: 'unsupported_grant_type' }),
      'invalid-client',
    ],
    ['400 access_denied', answer(400, { error: 'access_denied' }), 'refused'],
    ['400 with a stranger error', answer(400, { error: 'oops' }), 'refused'],
    ['400 in JSON with no error', answer(400, { message: 'Forbidden' }), 'unexpected'],
    ['400 with HTML', answer(400, '<html>bad</html>'), 'unexpected'],
    ['400 cut off', { ...answer(400, '{"error":"inv'), cutOff: 'ECONNRESET' }, 'uncertain'],
    ['403 without Retry-After', answer(403, { error: 'access_denied' }), 'refused'],
    ['403 invalid_grant', answer(403, { error: 'invalid_grant' }), 'invalid-grant'],
    ['403 with HTML', answer(403, '<html>blocked</html>'), 'unexpected'],
    ['403 with an odd Retry-After', answer(403, '', { 'retry-after': 'soon' }), 'unexpected'],
    ['403 with Retry-After', answer(403, '', { 'retry-after': '60' }), 'throttled'],
    ['404 invalid_grant', answer(404, { error: 'invalid_grant' }), 'invalid-grant'],
    [
      '404 with a stranger error',
      answer(404, { error: { message: 'no such page' } }),
      'unexpected',
    ],
    ['408', answer(408, ''), 'throttled'],
    ['425', answer(425, ''), 'throttled'],
    ['429', answer(429, ''), 'throttled'],
    ['301', answer(301, '', { location: 'https://example.com/' }), 'unexpected'],
    ['307', answer(307, '', { location: 'https://example.com/' }), 'unexpected'],
    ['500 with invalid_grant', answer(500, { error: 'invalid_grant' }), 'uncertain'],
    ['502 with HTML', answer(502, '<html>gateway</html>'), 'uncertain'],
    ['503', answer(503, ''), 'uncertain'],
    ['503 with Retry-After', answer(503, '', { 'retry-after': '5' }), 'throttled'],
  ])('%s is %3$s', (_, given, kind) => {
    expect(classify(given, context).kind).toBe(kind);
  });

  const passport = { error: 'invalid_request', message: 'The refresh token is invalid.' };

  it.each([
    [
      401,
      { ...passport, error_description: passport.message, hint: 'Token has been revoked' },
      { kind: 'invalid-grant', said: 'invalid_request' },
    ],
    [
      401,
      { ...passport, hint: 'Token is not linked to client' },
      { kind: 'invalid-grant', said: 'invalid_request' },
    ],
    [400, { error: { code: 'invalid_grant', message: 'no' } }, { kind: 'invalid-grant' }],
    [
      401,
      { error: { code: 'invalid_client', message: 'no' } },
      { kind: 'invalid-client', error: 'invalid_client' },
    ],
    [401, { error: { message: 'Unauthorized.' } }, { kind: 'refused', said: '401 in JSON' }],
    [400, { error: { message: 'Unauthorized.' } }, { kind: 'refused', said: '400 in JSON' }],
    [
      400,
      { error: { message: 'Il token di aggiornamento è SCADUTO' } },
      { kind: 'invalid-grant', said: '400 in JSON' },
    ],
    [
      401,
      { error: { message: "L'applicazione non è abilitata." } },
      { kind: 'invalid-client', error: '401 in JSON', inWords: true },
    ],
    [
      401,
      {
        error: 'unauthorized',
        error_description: 'The given user is not authorized to use this application.',
      },
      { kind: 'invalid-client', error: '401 in JSON', inWords: true },
    ],
    [
      401,
      { error: 'oops', error_description: 'The client secret has expired.' },
      { kind: 'invalid-client', error: '401 in JSON', inWords: true },
    ],
    [
      400,
      { error: 'oops', error_description: 'The grant type is not supported.' },
      { kind: 'refused', said: '400 in JSON' },
    ],
  ])('(%d %j) tells token from application by code, then by its words', (status, body, want) => {
    expect(classify(answer(status, body), context)).toEqual(want);
  });

  it.each([
    ['The grant type field is required.', 'grant_type'],
    ['The refresh token field is required when grant type is refresh_token.', 'refresh_token'],
    ['Missing required parameter: client_id', 'client_id'],
    ['Il campo client id è obbligatorio.', 'client_id'],
  ])('that misses a field in our request is our own fault: %s', (error_description, missing) => {
    const given = answer(400, { error: 'invalid_request', error_description });
    expect(classify(given, context)).toMatchObject({ kind: 'unexpected', status: 400, missing });
    const hint = 'Check the `client_id` parameter';
    const league = answer(400, { error: 'invalid_request', error_description: 'malformed', hint });
    expect(classify(league, context)).toMatchObject({ missing: 'client_id' });
  });

  it.each([
    ['86400', 86_400, { expiresInSeconds: 86_400, lifetimeAssumed: false }],
    ['"3600"', '3600', { expiresInSeconds: 3600, lifetimeAssumed: false }],
    ['59.9', 59.9, { expiresInSeconds: 59, lifetimeAssumed: false }],
    ['1', 1, { expiresInSeconds: 1, lifetimeAssumed: false }],
    ['0.5', 0.5, { expiresInSeconds: 86_400, lifetimeAssumed: true }],
    ['0', 0, { expiresInSeconds: 86_400, lifetimeAssumed: true }],
    ['-1', -1, { expiresInSeconds: 86_400, lifetimeAssumed: true }],
    ['"-1"', '-1', { expiresInSeconds: 86_400, lifetimeAssumed: true }],
    ['"soon"', 'soon', { expiresInSeconds: 86_400, lifetimeAssumed: true }],
    ['nothing', undefined, { expiresInSeconds: 86_400, lifetimeAssumed: true }],
    ['null', null, { expiresInSeconds: 86_400, lifetimeAssumed: true }],
    ['1e300', 1e300, { expiresInSeconds: 86_400, lifetimeAssumed: true }],
    ['a list', [60], { expiresInSeconds: 86_400, lifetimeAssumed: true }],
  ])('with expires_in of %s keeps the tokens', (_, value, lifetime) => {
    const given = classify(answer(200, { ...tokens, expires_in: value }), context);
    expect(given).toMatchObject({ kind: 'granted', tokens: lifetime });
  });

  it.each([undefined, null, '', 7, {}])(
    'with a refresh token of %j leaves the old one',
    (value) => {
      const given = classify(answer(200, { ...tokens, refresh_token: value }), context);
      expect(given.kind === 'granted' && 'refreshToken' in given.tokens).toBe(false);
    },
  );

  it.each([
    ['60', 60_000],
    ['0', 0],
    ['999999999', 21_600_000],
    ['Mon, 23 Nov 2026 02:00:30 GMT', 30_000],
    ['Mon, 23 Nov 2026 01:00:00 GMT', 0],
    ['Tue, 23 Nov 2032 02:00:30 GMT', 21_600_000],
    ['-5', 60_000],
    ['soon', 60_000],
  ])('with 429 and Retry-After %j asks for %d ms', (value, retryAfterMs) => {
    const given = classify(answer(429, '', { 'retry-after': value }), context);
    expect(given).toEqual({ kind: 'throttled', status: 429, retryAfterMs });
  });

  it('counts a Retry-After date from its own Date, whatever the clock here says', () => {
    const headers = {
      'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT',
      date: 'Mon, 23 Nov 2026 10:00:00 GMT',
    };
    expect(classify(answer(503, '', headers), context)).toMatchObject({ retryAfterMs: 30_000 });
  });

  it('that was cut off keeps tokens that came through whole', () => {
    const whole = { ...answer(200, tokens), cutOff: 'ECONNRESET' };
    expect(classify(whole, context).kind).toBe('granted');
  });

  it('that was cut off anywhere inside the tokens is uncertain', () => {
    const { body } = answer(200, tokens);
    for (let length = 0; length < body.length; length += 1) {
      const cut = { status: 200, headers: {}, body: body.slice(0, length), cutOff: 'ECONNRESET' };
      expect(classify(cut, context)).toEqual({
        kind: 'uncertain',
        cause: 'ECONNRESET',
        status: 200,
        contentType: 'no type',
      });
    }
  });

  it('says no more of its content type than the type', () => {
    const html = answer(404, '<html>', { 'content-type': 'text/html; charset=utf-8' });
    expect(classify(html, context)).toMatchObject({ status: 404, contentType: 'text/html' });
    expect(classify(answer(404, ''), context)).toMatchObject({ contentType: 'no type' });
    const own = answer(404, '', { 'content-type': 'text/0001invented' });
    expect(classify(own, context)).toMatchObject({ contentType: 'another type' });
  });

  it('never throws, and is granted by a 2xx alone', () => {
    const headers = fc.record(
      { 'retry-after': fc.string(), 'content-type': fc.string(), date: fc.string() },
      { requiredKeys: [] },
    );
    const body = fc.oneof(fc.string(), fc.json(), fc.constant(JSON.stringify(tokens)));
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), headers, body, (status, given, text) => {
        const { kind } = classify({ status, headers: given, body: text }, context);
        if (kind === 'granted') expect(Math.floor(status / 100)).toBe(2);
        if (status >= 500) expect(['uncertain', 'throttled']).toContain(kind);
      }),
    );
  });

  it('never carries what it said into a message', () => {
    const secret = 'a/planted0001';
    for (const status of [200, 201, 301, 400, 401, 403, 429, 500]) {
      const body = { error: secret, error_description: secret, access_token: { secret } };
      const given = classify(answer(status, body, { 'content-type': secret }), context);
      expect(JSON.stringify(given)).not.toContain('planted');
    }
  });
});

describe('the error of an OAuth answer', () => {
  it.each([
    ['{"error":"slow_down"}', 'slow_down'],
    ['{"error":"with\\u001b[31m"}', undefined],
    ['{"error":{"message":"Unauthorized."}}', undefined],
    ['{"error":{"code":"slow_down"}}', 'slow_down'],
    ['<html>', undefined],
  ])('of %s is %s', (body, error) => {
    expect(oauthError(body)).toBe(error);
  });
});
