import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import {
  deviceAuthorization,
  deviceFlow,
} from '../../../src/fatture-in-cloud/oauth/device-flow.ts';
import { fattureInCloud } from '../../../src/fatture-in-cloud/profile.ts';
import { answerWith, httpAnswer, type RawServer, startRaw } from '../raw-server.ts';

const client = { clientId: 'client-1' };
let server: RawServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function flow(status: string, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  server = await startRaw(answerWith(httpAnswer(status, [], text)));
  const profile = fattureInCloud(`http://127.0.0.1:${server.port}`);
  const made = deviceFlow(profile, { clock: { nowMs: () => 0 }, requestMs: 20_000 });
  if (made === undefined) throw new Error('no device flow');
  return made;
}

function sentBody(): unknown {
  return JSON.parse((server?.received() ?? '').split('\r\n\r\n')[1] ?? '');
}

const started = {
  device_code: 'd/0001invented',
  user_code: 'ABCD-EFGH',
  scope: { situation: 'r' },
  verification_uri: 'https://fattureincloud.it/connetti',
  interval: 5,
  expires_in: 300,
};

describe('the start of a device login', () => {
  it.each([
    ['wrapped in data, as Fatture in Cloud does', { data: started }],
    ['bare, as the RFC has it', started],
  ])('reads an answer %s', async (_, body) => {
    const device = await flow('200 OK', body);
    expect(await device.start(client, 'situation:r settings:a')).toEqual({
      kind: 'started',
      authorization: {
        deviceCode: new Secret('d/0001invented'),
        userCode: 'ABCD-EFGH',
        verificationUri: 'https://fattureincloud.it/connetti',
        isProvidersPage: false,
        intervalSeconds: 5,
        expiresInSeconds: 300,
      },
    });
    expect(sentBody()).toEqual({ client_id: 'client-1', scope: 'situation:r settings:a' });
  });

  it.each<readonly [string, unknown, string]>([
    ['400 Bad Request', { error: 'unauthorized_client' }, 'refused'],
    ['404 Not Found', { error: { message: 'no' } }, 'unavailable'],
    ['500 Internal Server Error', { error: 'invalid_client' }, 'unavailable'],
    ['200 OK', '<html>', 'unavailable'],
    ['200 OK', { data: null }, 'unavailable'],
    ['200 OK', { data: { ...started, device_code: '' } }, 'unavailable'],
    ['200 OK', { data: { ...started, user_code: '\u001b[2J' } }, 'unavailable'],
    ...[
      'file:///etc/passwd',
      'smb://evil.example/share',
      '/usr/bin/id',
      '--incognito',
      'javascript:alert(1)',
      'http://fattureincloud.it/connetti',
      'https://user:secret@fattureincloud.it/',
    ].map((verification_uri) => {
      const data = { ...started, verification_uri };
      return ['200 OK', { data }, 'unavailable'] as const;
    }),
  ])('with %s and %j is %s', async (status, body, kind) => {
    expect((await (await flow(status, body)).start(client, 'x')).kind).toBe(kind);
  });

  it.each([
    ['http://127.0.0.1:9', 'http://127.0.0.1:9/connetti', true],
    ['http://127.0.0.1:9', 'http://127.0.0.1:8/connetti', false],
    ['http://127.0.0.1:9', 'https://secure.fattureincloud.it/connetti', false],
    [undefined, 'https://secure.fattureincloud.it/connetti', true],
    [undefined, 'https://fattureincloud.it/connetti', true],
    [undefined, 'https://fattureincloud.it.evil.example/connetti', false],
  ])('at %s knows the page %s as the provider’s own: %s', (base, verification_uri, isOwn) => {
    const data = JSON.stringify({ data: { ...started, verification_uri } });
    expect(deviceAuthorization(data, fattureInCloud(base))).toMatchObject({
      verificationUri: verification_uri,
      isProvidersPage: isOwn,
    });
  });

  it('is not there where the provider has no such endpoint', () => {
    const { deviceUrl: _, ...profile } = fattureInCloud('http://127.0.0.1:9');
    const options = { clock: { nowMs: () => 0 }, requestMs: 50 };
    expect(deviceFlow(profile, options)).toBeUndefined();
  });
});

describe('a poll of a device login', () => {
  const tokens = {
    token_type: 'bearer',
    access_token: 'a/1invented',
    refresh_token: 'r/1invented',
  };

  it.each([
    ['400 Bad Request', { error: 'authorization_pending' }, 'pending'],
    ['401 Unauthorized', { error: 'authorization_pending' }, 'pending'],
    ['400 Bad Request', { error: 'slow_down' }, 'slow-down'],
    ['400 Bad Request', { error: 'access_denied' }, 'denied'],
    ['400 Bad Request', { error: 'expired_token' }, 'expired'],
    ['400 Bad Request', { error: 'invalid_grant' }, 'invalid-grant'],
    ['400 Bad Request', { error: 'invalid_client' }, 'invalid-client'],
    ['429 Too Many Requests', { error: 'slow_down' }, 'throttled'],
    ['500 Internal Server Error', { error: 'slow_down' }, 'uncertain'],
    ['200 OK', tokens, 'granted'],
  ])('with %s and %j is %s', async (status, body, kind) => {
    const device = await flow(status, body);
    expect((await device.poll(new Secret('d/0001invented'), client)).kind).toBe(kind);
    expect(sentBody()).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'd/0001invented',
      client_id: 'client-1',
    });
  });
});
