// Goal: the example does what docs/webhooks.md says of it.
// Method: its handlers are run over a store and the sandbox, and over a secret and a chat.
import { createServer } from 'node:http';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, it, onTestFinished } from 'vitest';
import { loggedInStore } from '../connection/logged-in-store.ts';
import { clientConfig } from '../doubles/http/client-config.ts';
import { startSecretsManager } from '../doubles/secrets-manager/secrets-manager.ts';
import { bundledHandler } from './bundled-handler.ts';

const patience = { timeout: 180_000 };

it('reads the client that an event speaks of, with a token of ours', patience, async () => {
  const handle = await bundledHandler('bus-rule/on-client-changed.ts');
  const server = await loggedInStore();
  const env = { FRESCO_STORE: `file:${server.path}`, FRESCO_PROVIDER_URL: server.url };
  const made = await server.request('POST', '/_sandbox/changes', {
    type: 'entities.clients.create',
  });
  const [id] = made.json.ids as [number];
  const about = (change: string) => ({
    source: 'fresco',
    'detail-type': 'Entity Changed',
    detail: { v: 1, connection: 'default', company: 108061, resource: 'clients', id, change },
  });
  expect(await handle(about('update'), env)).toEqual({
    kind: 'changed',
    id,
    name: expect.any(String),
  });
  expect(await handle(about('delete'), env)).toEqual({ kind: 'deleted', id });
});

it('posts to the chat whose address is a secret when a person is needed', patience, async () => {
  const handle = await bundledHandler('bus-rule/tell-chat.ts');
  const chat = await startChat();
  const secrets = await startSecretsManager();
  onTestFinished(() => secrets.stop());
  const client = new SecretsManagerClient(clientConfig(secrets.endpoint));
  await client.send(
    new CreateSecretCommand({ Name: 'chat/incoming-webhook', SecretString: chat.url }),
  );
  const detail = {
    connection: 'default',
    why: 'the provider no longer accepts the refresh token',
    command: 'fresco login',
  };
  const event = { 'detail-type': 'Reauthorization Required', detail };
  const env = {
    AWS_ENDPOINT_URL: secrets.endpoint,
    AWS_REGION: 'eu-south-1',
    AWS_ACCESS_KEY_ID: 'AKIAINVENTED',
    AWS_SECRET_ACCESS_KEY: 'invented',
  };
  await handle(event, env);
  const text =
    '{"text":"Fresco: default needs a person. the provider no longer accepts the refresh token. Run: fresco login"}';
  expect(chat.posted).toEqual([text]);
  // EventBridge tries again, most often in the same process.
  secrets.faults.add({ on: 'GetSecretValue', kind: 'access-denied' });
  const [failed, tried] = (await handle([event, event], env)) as readonly unknown[];
  expect(failed).toEqual({ failed: expect.any(String) });
  expect(tried).toBeNull();
  expect(chat.posted).toEqual([text, text]);
});

async function startChat(): Promise<{ readonly url: string; readonly posted: string[] }> {
  const posted: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    posted.push(body);
    outgoing.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { url: `http://127.0.0.1:${port}/hooks/invented`, posted };
}
