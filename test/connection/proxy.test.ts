import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openFileConnection } from '../../src/connection/file.ts';
import { openProvider, type Provider } from '../../src/connection/provider.ts';
import { Secret } from '../../src/core/secret.ts';
import { openTokenSource } from '../../src/library/token-source.ts';
import { answerWith, httpAnswer, startRaw } from '../fatture-in-cloud/raw-server.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';

const providerUrl = 'https://api.example.com';
const token = new Secret('a/0001invented', providerUrl);
const refreshToken = new Secret('r/0001invented', providerUrl);
const client = { clientId: '1', clientSecret: new Secret('s', providerUrl) };

it.each<[string, (provider: Provider) => unknown]>([
  ['webhooks and a sync', ({ fetch }) => fetch(`${providerUrl}/x`)],
  ['a refresh', ({ endpoint }) => endpoint.refresh(refreshToken, client)],
  ['the canary', ({ canary }) => canary.check(token)],
  ['a device code', ({ device }) => device?.start(client, 'entity.clients:r')],
  [
    'a look at permissions',
    ({ permissions }) => permissions.lacking(token, 1, ['entity.clients:r']),
  ],
  ['a list of companies', ({ companies }) => companies(token)],
  ['the doctor', ({ examine }) => examine(`${providerUrl}/x`, token)],
  [
    'fetch of the library',
    async (provider) => {
      const path = join(await temporaryFolder(), 'store');
      const connection = await openFileConnection({
        path,
        name: 'default',
        provider,
        create: true,
      });
      const life = { requestedAtMs: Date.now(), expiresInSeconds: 86_400 };
      await connection.login({ accessToken: token, refreshToken, ...life, companies: [] });
      const env = { ...proxied, FRESCO_STORE: `file:${path}`, FRESCO_PROVIDER_URL: providerUrl };
      return openTokenSource({}, { env }).fetch('/x');
    },
  ],
])('%s goes through the proxy that is set', async (_, ask) => {
  const proxy = await startRaw(answerWith(httpAnswer('502 Bad Gateway', [], '')));
  onTestFinished(proxy.stop);
  proxied = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  const provider = await openProvider({ providerUrl, providerFile: undefined }, { env: proxied });
  await Promise.resolve(ask(provider)).catch(() => undefined);
  expect(proxy.received()).toMatch(/^CONNECT api\.example\.com:443 /);
});

let proxied: Readonly<Record<string, string>> = {};
