import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenLocally } from '../../../src/cli/local/server.ts';
import { webhookApp } from '../../../src/cli/local/webhook-app.ts';
import type { LocalWebhooks } from '../../../src/connection/local/webhooks.ts';
import type { WebhookRequest } from '../../../src/fatture-in-cloud/webhooks/request.ts';
import { webhookBodyBytesMax } from '../../../src/fatture-in-cloud/webhooks/request.ts';

async function startReceiver(answer: () => Promise<202> = async () => 202) {
  const taken: WebhookRequest[] = [];
  const webhooks: Pick<LocalWebhooks, 'receive'> = {
    receive: async (incoming) => {
      taken.push(incoming);
      const status = await answer();
      return { status, body: '{}', receipt: { kind: 'verified' } };
    },
  };
  const server = await listenLocally(0);
  onTestFinished(() => server.close());
  server.serve(webhookApp(webhooks, '/hooks/fresco'));
  return { taken, url: `${server.url}/hooks/fresco`, base: server.url };
}

describe('the webhook receiver on this machine', () => {
  it('passes method, headers, query and body on', async () => {
    const { taken, url } = await startReceiver();
    const answer = await fetch(`${url}?a=b%20c`, {
      method: 'POST',
      headers: { 'ce-id': '198:1' },
      body: '{"data":{}}',
    });
    expect(answer.status).toBe(202);
    expect(taken).toMatchObject([
      { method: 'POST', query: 'a=b%20c', body: '{"data":{}}', headers: { 'ce-id': '198:1' } },
    ]);
  });

  it('takes a handshake, which has no body', async () => {
    const { taken, url } = await startReceiver();
    expect((await fetch(`${url}?x-fic-verification-challenge=abc`)).status).toBe(202);
    expect(taken).toMatchObject([{ method: 'GET', body: '' }]);
  });

  it('reads no more of an endless body than shows that it is too large', async () => {
    const { taken, url } = await startReceiver();
    const sent = request(url, { method: 'POST' });
    onTestFinished(() => void sent.destroy());
    sent.on('error', () => undefined);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const answered = new Promise<number | undefined>((resolve) => {
      sent.on('response', (response) => resolve(response.statusCode));
    });
    const pour = () => {
      while (!sent.destroyed && sent.write(chunk));
    };
    sent.on('drain', pour);
    pour();
    expect(await answered).toBe(202);
    const size = taken[0]?.body.length ?? 0;
    expect(size).toBeGreaterThan(webhookBodyBytesMax);
    expect(size).toBeLessThanOrEqual(2 * webhookBodyBytesMax);
  });

  it('answers 503 when it fails: anything less would drop the event for good', async () => {
    const { url } = await startReceiver(() => Promise.reject(new Error('planted a/0001invented')));
    const answer = await fetch(url, { method: 'POST', body: '{}' });
    expect([answer.status, await answer.text()]).toEqual([503, '{}']);
  });

  it('has nothing else behind its port', async () => {
    const { taken, base } = await startReceiver();
    const statuses = await Promise.all(
      ['/', '/feed', '/hooks', '/hooks/fresco/more'].map(
        async (path) => (await fetch(base + path)).status,
      ),
    );
    expect([statuses, taken]).toEqual([[404, 404, 404, 404], []]);
  });
});
