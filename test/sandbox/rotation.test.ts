import { describe, expect, it } from 'vitest';
import type { Settings } from '../../src/sandbox/control/settings.ts';
import { type SandboxServer, startSandbox } from './sandbox-server.ts';

async function inMode(settings: Partial<Settings>): Promise<SandboxServer> {
  const server = await startSandbox();
  expect((await server.request('POST', '/_sandbox/state', settings)).status).toBe(200);
  return server;
}

describe('the five rotation modes', () => {
  it('same: the same string comes back, and works again', async () => {
    const server = await inMode({ rotationMode: 'same' });
    const { refresh_token } = await server.grant();
    for (let round = 0; round < 3; round += 1) {
      expect((await server.refresh(refresh_token)).json.refresh_token).toBe(refresh_token);
    }
  });

  it('keep-old: a new string comes, the old one stays valid', async () => {
    const server = await inMode({ rotationMode: 'keep-old' });
    const { refresh_token } = await server.grant();
    const { json } = await server.refresh(refresh_token);
    expect(json.refresh_token).not.toBe(refresh_token);
    expect((await server.refresh(refresh_token)).status).toBe(200);
    expect((await server.refresh(json.refresh_token)).status).toBe(200);
  });

  it.each([
    ['one second before the end of grace', 29, 200],
    ['at the end of grace', 30, 400],
  ])('grace: the old one %s → %i s, %i', async (_name, seconds, status) => {
    const server = await inMode({ rotationMode: 'grace', graceSeconds: 30 });
    const { refresh_token } = await server.grant();
    await server.refresh(refresh_token);
    server.sandbox.advance(seconds);
    expect((await server.refresh(refresh_token)).status).toBe(status);
  });

  it('grace: a replay does not lengthen it', async () => {
    const server = await inMode({ rotationMode: 'grace', graceSeconds: 30 });
    const { refresh_token } = await server.grant();
    await server.refresh(refresh_token);
    server.sandbox.advance(20);
    expect((await server.refresh(refresh_token)).status).toBe(200);
    server.sandbox.advance(10);
    expect((await server.refresh(refresh_token)).json.error).toBe('invalid_grant');
  });

  it('single-use: the old one is refused, the new one and the access token live on', async () => {
    const server = await inMode({ rotationMode: 'single-use' });
    const { refresh_token } = await server.grant();
    const { json } = await server.refresh(refresh_token);
    expect((await server.refresh(refresh_token)).json.error).toBe('invalid_grant');
    expect((await server.get('/user/info', json.access_token)).status).toBe(200);
    expect((await server.refresh(json.refresh_token)).status).toBe(200);
  });

  it('single-use-family: reuse kills the new one and the living access token', async () => {
    const server = await inMode({ rotationMode: 'single-use-family' });
    const { refresh_token } = await server.grant();
    const other = await server.grant();
    const { json } = await server.refresh(refresh_token);
    expect((await server.refresh(refresh_token)).json.error).toBe('invalid_grant');
    expect((await server.get('/user/info', json.access_token)).status).toBe(401);
    expect((await server.refresh(json.refresh_token)).json.error).toBe('invalid_grant');
    expect((await server.get('/user/info', other.access_token)).status).toBe(200);
    const { counters } = (await server.request('GET', '/_sandbox/state')).json;
    expect(counters.refreshTokensReused).toBe(1);
  });
});

describe('tokens', () => {
  it.each([
    ['a second before its end', 3_599, 200],
    ['at its end', 3_600, 401],
  ])('an access token %s: %i s → %i', async (_name, seconds, status) => {
    const server = await inMode({ accessTokenSeconds: 3_600 });
    const { access_token, expires_in } = await server.grant();
    expect(expires_in).toBe(3_600);
    server.sandbox.advance(seconds);
    expect((await server.get('/user/info', access_token)).status).toBe(status);
  });

  it('a refresh token lives a year from its last use', async () => {
    const server = await startSandbox();
    const { refresh_token } = await server.grant();
    server.sandbox.advance(364 * 86_400);
    expect((await server.refresh(refresh_token)).status).toBe(200);
    server.sandbox.advance(364 * 86_400);
    expect((await server.refresh(refresh_token)).status).toBe(200);
    server.sandbox.advance(365 * 86_400);
    expect((await server.refresh(refresh_token)).json.error).toBe('invalid_grant');
  });

  it('a refresh kills the earlier access token only where told to', async () => {
    const server = await startSandbox();
    const { access_token, refresh_token } = await server.grant();
    await server.refresh(refresh_token);
    expect((await server.get('/user/info', access_token)).status).toBe(200);
    await server.request('POST', '/_sandbox/state', { refreshKillsAccessToken: true });
    const { json } = await server.refresh(refresh_token);
    expect((await server.get('/user/info', access_token)).status).toBe(401);
    expect((await server.get('/user/info', json.access_token)).status).toBe(200);
  });

  it('omitRefreshToken leaves it out, and the old one stays valid even where tokens are single-use', async () => {
    const server = await inMode({ rotationMode: 'single-use', omitRefreshToken: true });
    const { refresh_token } = await server.grant();
    expect((await server.refresh(refresh_token)).json).not.toHaveProperty('refresh_token');
    expect((await server.refresh(refresh_token)).status).toBe(200);
  });

  it.each([
    ['0', 0],
    ['-1', -1],
    ['text', '3600'],
    ['nothing', null],
  ])('expires_in can be made odd: %s', async (_name, expiresInAnswer) => {
    const server = await inMode({ expiresInAnswer });
    const { refresh_token } = await server.grant();
    const { json } = await server.refresh(refresh_token);
    expect(json.expires_in).toBe(expiresInAnswer ?? undefined);
  });

  it('a manual token never expires and cannot be refreshed', async () => {
    const server = await startSandbox();
    const { json } = await server.request('POST', '/_sandbox/grants', { manual: true });
    expect(Object.keys(json).sort()).toEqual(['access_token', 'token_type']);
    await server.request('POST', '/_sandbox/expire');
    server.sandbox.advance(20 * 365 * 86_400);
    expect((await server.get('/user/info', json.access_token)).status).toBe(200);
    await server.request('POST', '/_sandbox/revoke');
    expect((await server.get('/user/info', json.access_token)).status).toBe(401);
  });

  it('expire ends access tokens, and revoke the grant, without moving the clock', async () => {
    const server = await startSandbox();
    const { access_token, refresh_token } = await server.grant();
    await server.request('POST', '/_sandbox/expire');
    expect((await server.get('/user/info', access_token)).status).toBe(401);
    expect((await server.refresh(refresh_token)).status).toBe(200);
    await server.request('POST', '/_sandbox/revoke');
    expect((await server.refresh(refresh_token)).json.error).toBe('invalid_grant');
  });
});
