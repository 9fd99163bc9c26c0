import {
  Configuration,
  OAuth2AuthorizationCodeManager,
  OAuth2DeviceCodeManager,
  Scope,
  UserApi,
} from '@fattureincloud/fattureincloud-ts-sdk';
import { expect, it } from 'vitest';
import { redirectUri, startSandbox } from './sandbox-server.ts';

it('the official SDK logs in, refreshes and reads who it is, with nothing changed but its base URL', async () => {
  const { url, request } = await startSandbox({ autoConsent: true });
  const oauth = new OAuth2AuthorizationCodeManager(
    'sandbox-client',
    'sandbox-secret',
    redirectUri,
    url,
  );
  const authorizationUrl = oauth.getAuthorizationUrl([Scope.ENTITY_CLIENTS_READ], 'state0001');
  const { headers } = await request('GET', authorizationUrl.slice(url.length));
  const { authorizationCode, state } = oauth.getParamsFromUrl(headers.get('location') ?? '');
  expect(state).toBe('state0001');

  const first = await oauth.fetchToken(authorizationCode);
  const second = await oauth.refreshToken(first?.refreshToken ?? '');
  expect(second?.expiresIn).toBe(86_400);
  expect(second?.accessToken).not.toBe(first?.accessToken);

  const configuration = new Configuration({
    basePath: url,
    accessToken: second?.accessToken ?? '',
  });
  const { data } = await new UserApi(configuration).getUserInfo();
  expect(data.data?.name).toBe('Mario Rossi');
});

it('the official SDK connects a device, once a person has typed its code', async () => {
  const { url, request, sandbox } = await startSandbox();
  const oauth = new OAuth2DeviceCodeManager('sandbox-client', url);
  const device = await oauth.getDeviceCode([Scope.ENTITY_CLIENTS_READ]);
  expect(device?.verificationUri).toBe(`${url}/connetti`);
  await request('POST', '/connetti', `user_code=${device?.userCode}&decision=approve`);
  sandbox.advance(5);
  const first = await oauth.fetchToken(device?.deviceCode ?? '');
  const second = await oauth.refreshToken(first?.refreshToken ?? '');
  expect(second?.accessToken).toMatch(/^a\//);
});
