import { describe, expect, it } from 'vitest';
import { fattureInCloud, parseProviderProfile } from '../../src/fatture-in-cloud/profile.ts';

describe('the profile of Fatture in Cloud', () => {
  it('has all its addresses on one host, and a replay policy that is not known', () => {
    expect(fattureInCloud()).toEqual({
      baseUrl: 'https://api-v2.fattureincloud.it',
      tokenUrl: 'https://api-v2.fattureincloud.it/oauth/token',
      authorizeUrl: 'https://api-v2.fattureincloud.it/oauth/authorize',
      deviceUrl: 'https://api-v2.fattureincloud.it/oauth/device',
      pageOrigins: ['https://fattureincloud.it', 'https://secure.fattureincloud.it'],
      canaryUrl: 'https://api-v2.fattureincloud.it/user/info',
      companiesUrl: 'https://api-v2.fattureincloud.it/user/companies',
      clientAuthentication: 'body',
      encoding: 'json',
      pkce: true,
      defaultLifetimeSeconds: 86_400,
      replayPolicy: { kind: 'unknown' },
    });
  });

  it('does not mind a slash at the end of another base', () => {
    expect(fattureInCloud('http://localhost:4010/').tokenUrl).toBe(
      'http://localhost:4010/oauth/token',
    );
  });
});

describe('a provider file', () => {
  it('with a token endpoint alone is a server as the RFC has it', () => {
    expect(parseProviderProfile('{"tokenEndpoint":"https://id.example.com/o/token"}')).toEqual({
      kind: 'profile',
      profile: {
        baseUrl: 'https://id.example.com',
        tokenUrl: 'https://id.example.com/o/token',
        clientAuthentication: 'basic',
        encoding: 'form',
        pkce: true,
        defaultLifetimeSeconds: 3600,
        replayPolicy: { kind: 'unknown' },
      },
    });
  });

  it('may say everything', () => {
    const file = {
      tokenEndpoint: 'http://127.0.0.1:4020/token',
      authorizationEndpoint: 'http://127.0.0.1:4020/auth',
      deviceAuthorizationEndpoint: 'http://127.0.0.1:4020/device',
      canaryUrl: 'http://127.0.0.1:4020/me',
      clientAuthentication: 'body',
      encoding: 'json',
      pkce: false,
      defaultLifetimeSeconds: 60,
      replayPolicy: { grace: 30 },
    };
    expect(parseProviderProfile(JSON.stringify(file))).toEqual({
      kind: 'profile',
      profile: {
        baseUrl: 'http://127.0.0.1:4020',
        tokenUrl: file.tokenEndpoint,
        authorizeUrl: file.authorizationEndpoint,
        deviceUrl: file.deviceAuthorizationEndpoint,
        canaryUrl: file.canaryUrl,
        clientAuthentication: 'body',
        encoding: 'json',
        pkce: false,
        defaultLifetimeSeconds: 60,
        replayPolicy: { kind: 'grace', seconds: 30 },
      },
    });
  });

  it.each([
    ['hello', 'the provider file is not JSON'],
    ['[]', 'the provider file must hold a JSON object'],
    ['null', 'the provider file must hold a JSON object'],
    ['{}', 'tokenEndpoint is missing'],
    ['{"tokenEndpoint":7}', 'tokenEndpoint must be a URL, got 7'],
    [
      '{"tokenEndpoint":"http://id.example.com/t"}',
      'tokenEndpoint must be an https URL (http on this machine alone) without credentials or fragment, got "http://id.example.com/t"',
    ],
    [
      '{"tokenEndpoint":"https://me:hush@id.example.com/t?key=hush"}',
      'tokenEndpoint must be an https URL (http on this machine alone) without credentials or fragment, got "https://…@id.example.com/t"',
    ],
    [
      '{"tokenEndpoint":"https://a.example/t","encoding":"xml"}',
      `encoding must be 'json' or 'form', got "xml"`,
    ],
    [
      '{"tokenEndpoint":"https://a.example/t","clientAuthentication":"jwt"}',
      `clientAuthentication must be 'body' or 'basic', got "jwt"`,
    ],
    [
      '{"tokenEndpoint":"https://a.example/t","replayPolicy":"maybe"}',
      `replayPolicy must be 'reusable', 'single-use', 'unknown' or {"grace": seconds}, got "maybe"`,
    ],
    [
      '{"tokenEndpoint":"https://a.example/t","defaultLifetimeSeconds":0}',
      'defaultLifetimeSeconds must be a whole number of seconds above 0, got 0',
    ],
    [
      '{"tokenEndpoint":"https://a.example/t","tokenURL":"x"}',
      'tokenURL is not a setting of a provider',
    ],
  ])('%s is rejected', (text, problem) => {
    expect(parseProviderProfile(text)).toEqual({ kind: 'rejected', problems: [problem] });
  });

  it('is told all its problems at once', () => {
    const parsed = parseProviderProfile('{"tokenEndpoint":"x","encoding":"y","canaryUrl":"z"}');
    expect(parsed.kind === 'rejected' && parsed.problems).toHaveLength(3);
  });
});
