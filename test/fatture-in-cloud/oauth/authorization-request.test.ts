import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { randomText } from '../../../src/core/text/random-text.ts';
import {
  authorizationUrl,
  describeRedirect,
  hasState,
  parseRedirect,
} from '../../../src/fatture-in-cloud/oauth/authorization-request.ts';

const state = 'state-invented';

describe('an authorization request', () => {
  it('asks for a code with scopes, state and the exact redirect URI', () => {
    const url = new URL(
      authorizationUrl('https://api-v2.fattureincloud.it/oauth/authorize', {
        clientId: 'client-1',
        redirectUri: 'http://localhost:8787/callback',
        scopes: ['entity.clients:r', 'settings:a'],
        state,
      }),
    );
    expect(`${url.origin}${url.pathname}`).toBe('https://api-v2.fattureincloud.it/oauth/authorize');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'client-1',
      redirect_uri: 'http://localhost:8787/callback',
      scope: 'entity.clients:r settings:a',
      state,
    });
  });

  it('has the challenge of a verifier, as the example of RFC 7636 (appendix B) has it', () => {
    const codeVerifier = new Secret('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk');
    const request = { clientId: 'x', redirectUri: 'http://localhost/', scopes: [], state };
    const url = new URL(authorizationUrl('https://x.example/', { ...request, codeVerifier }));
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(url.searchParams.get('code_challenge')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
    expect(url.href).not.toContain(codeVerifier.reveal());
  });

  it('has a state of 32 unpredictable bytes', () => {
    const bytes = (count: number): Uint8Array => new Uint8Array(count).fill(255);
    expect(randomText({ bytes })).toBe(Buffer.alloc(32, 255).toString('base64url'));
  });
});

describe('a redirect', () => {
  it.each([
    'http://localhost:8787/callback?state=state-invented&code=c%2F0001invented',
    '  http://localhost:8787/callback?code=c%2F0001invented&state=state-invented\n',
    '/callback?code=c%2F0001invented&state=state-invented',
    '?code=c%2F0001invented&state=state-invented',
    'code=c%2F0001invented&state=state-invented',
    'https://example.com/cb?x=1&code=c/0001invented&state=state-invented#fragment',
  ])('%s brings the code', (text) => {
    const redirect = parseRedirect(text, state);
    expect(redirect.kind === 'code' && redirect.code.reveal()).toBe('c/0001invented');
  });

  it.each([
    ['/callback?code=c%2F0001invented&state=other', { kind: 'state-mismatch' }],
    ['/callback?code=c%2F0001invented', { kind: 'state-mismatch' }],
    ['/callback?code=c%2F0001invented&state=', { kind: 'state-mismatch' }],
    ['/callback?code=c%2F1&state=state-invented%20', { kind: 'state-mismatch' }],
    ['/callback?error=access_denied&state=other', { kind: 'state-mismatch' }],
    ['/callback#code=c%2F0001invented&state=state-invented', { kind: 'state-mismatch' }],
    ['/callback?code=a&code=b&state=state-invented', { kind: 'repeated', parameter: 'code' }],
    ['/callback?code=a&state=state-invented&state=x', { kind: 'repeated', parameter: 'state' }],
    ['/callback?error=a&error=b&state=state-invented', { kind: 'repeated', parameter: 'error' }],
    ['/callback?error=access_denied&state=state-invented', { kind: 'denied' }],
    ['/callback?error=access_denied&code=c%2F1&state=state-invented', { kind: 'denied' }],
    ['/cb?error=invalid_scope&state=state-invented', { kind: 'failed', error: 'invalid_scope' }],
    [
      '/cb?error=%1b[31mhello&state=state-invented',
      { kind: 'failed', error: 'an error without a readable code' },
    ],
    ['/callback?state=state-invented', { kind: 'no-code' }],
    ['/callback?state=state-invented&code=', { kind: 'no-code' }],
    ['', { kind: 'not-a-url' }],
    ['http://', { kind: 'not-a-url' }],
    ['/callback?code=a b&state=state-invented', { kind: 'not-a-url' }],
  ])('%s is none: %j', (text, want) => {
    const redirect = parseRedirect(text, state);
    expect(redirect).toEqual(want);
    if (redirect.kind !== 'code') expect(describeRedirect(redirect)).toMatch(/^[\x20-\x7e]+$/);
  });

  it.each([
    ['/callback?state=state-invented', true],
    ['/callback?error=x&state=state-invented', true],
    ['/callback?state=state-invented&state=x', true],
    ['/callback?state=state-invente', false],
    ['/callback?code=c%2F1', false],
    ['/callback', false],
  ])('%s has the state of this login: %s', (text, isOwn) => {
    expect(hasState(text, state)).toBe(isOwn);
  });

  it('longer than any address is none', () => {
    const text = `?state=state-invented&code=${'x'.repeat(20_000)}`;
    expect(parseRedirect(text, state)).toEqual({ kind: 'not-a-url' });
  });

  it('never throws, and gives a code only with the state that was sent', () => {
    const parameter = fc.tuple(fc.constantFrom('code', 'state', 'error', 'x'), fc.string());
    fc.assert(
      fc.property(fc.array(parameter), fc.string(), (parameters, text) => {
        const query = new URLSearchParams(parameters);
        const redirect = parseRedirect(`/callback?${query}`, state);
        if (redirect.kind === 'code') expect(query.get('state')).toBe(state);
        parseRedirect(text, state);
      }),
    );
  });

  it('brings any code back as it was sent', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 500 }), (code) => {
        const redirect = parseRedirect(`?${new URLSearchParams({ code, state })}`, state);
        expect(redirect.kind === 'code' && redirect.code.reveal()).toBe(code);
      }),
    );
  });
});
