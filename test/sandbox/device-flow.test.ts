import { describe, expect, it } from 'vitest';
import { type SandboxServer, startSandbox } from './sandbox-server.ts';

const client_id = 'sandbox-client';
const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';

async function startDevice(server: SandboxServer) {
  const scope = 'situation:r settings:a';
  return (await server.request('POST', '/oauth/device', { client_id, scope })).json.data;
}

function poll(server: SandboxServer, device_code: string) {
  return server.request('POST', '/oauth/token', { grant_type, client_id, device_code });
}

describe('the device flow', () => {
  it('answers inside data, with scopes as an object', async () => {
    const server = await startSandbox();
    expect(await startDevice(server)).toEqual({
      device_code: expect.stringMatching(/^d\//),
      user_code: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
      scope: { situation: 'r', settings: 'a' },
      verification_uri: `${server.url}/connetti`,
      interval: 5,
      expires_in: 300,
    });
  });

  it('is pending until a person has approved, and needs no secret to refresh', async () => {
    const server = await startSandbox();
    const { device_code, user_code } = await startDevice(server);
    expect((await poll(server, device_code)).json.error).toBe('authorization_pending');
    const typed = user_code.toLowerCase().replace('-', ' ');
    const page = await server.request('GET', `/connetti?user_code=${encodeURIComponent(typed)}`);
    expect(page.text).toContain('Dashboard');
    await server.request('POST', '/connetti', `user_code=${user_code}&decision=approve`);
    const { json } = await poll(server, device_code);
    const refresh = { grant_type: 'refresh_token', client_id, refresh_token: json.refresh_token };
    expect((await server.request('POST', '/oauth/token', refresh)).status).toBe(200);
    expect((await poll(server, device_code)).json.error).toBe('invalid_grant');
  });

  it('tells a device that polls too often to slow down by five seconds', async () => {
    const server = await startSandbox();
    const { device_code } = await startDevice(server);
    const errors = [];
    for (const seconds of [0, 4, 9, 10]) {
      server.sandbox.advance(seconds);
      errors.push((await poll(server, device_code)).json.error);
    }
    expect(errors).toEqual(['authorization_pending', 'slow_down', 'slow_down', 'slow_down']);
    server.sandbox.advance(20);
    expect((await poll(server, device_code)).json.error).toBe('authorization_pending');
  });

  it.each([
    ['denied', 'deny', 0, 'access_denied'],
    ['left for five minutes', undefined, 300, 'expired_token'],
  ])('ends when %s', async (_name, decision, seconds, error) => {
    const server = await startSandbox();
    const { device_code, user_code } = await startDevice(server);
    if (decision !== undefined) {
      await server.request('POST', '/connetti', `user_code=${user_code}&decision=${decision}`);
    }
    server.sandbox.advance(seconds);
    expect((await poll(server, device_code)).json.error).toBe(error);
  });

  it.each([
    ['an unknown client', { client_id: 'wrong', scope: 'settings:r' }, 'invalid_client'],
    ['an unknown scope', { client_id, scope: 'moons:r' }, 'invalid_scope'],
    ['no scope', { client_id }, 'invalid_request'],
  ])('refuses %s', async (_name, body, error) => {
    const server = await startSandbox();
    expect((await server.request('POST', '/oauth/device', body)).json.error).toBe(error);
  });

  it('says so on the page when no device waits for a code', async () => {
    const server = await startSandbox();
    const asked = await server.request('GET', '/connetti?user_code=AAAA-AAAA');
    expect([asked.status, asked.text.includes('No device waits')]).toEqual([400, true]);
    const decided = await server.request(
      'POST',
      '/connetti',
      'user_code=AAAA-AAAA&decision=approve',
    );
    expect(decided.status).toBe(400);
  });
});
