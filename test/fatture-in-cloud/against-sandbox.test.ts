import { describe, expect, it, onTestFinished } from 'vitest';
import type { TokenSource } from '../../src/core/consumers/token-source.ts';
import type { FrescoEvent } from '../../src/core/events/event.ts';
import type { Client, TokenAnswer } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import { admissionOf } from '../../src/core/webhooks/admission.ts';
import type { QueuedNotification } from '../../src/core/webhooks/notification.ts';
import { processNotifications } from '../../src/core/webhooks/process.ts';
import { type Receipt, receiveNotification } from '../../src/core/webhooks/receive.ts';
import { canary } from '../../src/fatture-in-cloud/api/canary.ts';
import { apiClient } from '../../src/fatture-in-cloud/api/client.ts';
import { listCompanies } from '../../src/fatture-in-cloud/api/companies.ts';
import { entityReader } from '../../src/fatture-in-cloud/api/entity-reader.ts';
import {
  authorizationUrl,
  parseRedirect,
} from '../../src/fatture-in-cloud/oauth/authorization-request.ts';
import { deviceFlow } from '../../src/fatture-in-cloud/oauth/device-flow.ts';
import { tokenEndpoint } from '../../src/fatture-in-cloud/oauth/token-endpoint.ts';
import { fattureInCloud } from '../../src/fatture-in-cloud/profile.ts';
import { eventTypes } from '../../src/fatture-in-cloud/webhooks/event-types.ts';
import { parseWebhook } from '../../src/fatture-in-cloud/webhooks/request.ts';
import { webhookVerifier } from '../../src/fatture-in-cloud/webhooks/signature.ts';
import { memorySenders } from '../contract/admitted-senders.ts';
import { readBody, startLoopback } from '../doubles/http/loopback.ts';
import {
  bearer,
  redirectUri,
  type SandboxServer,
  startedAtMs,
  startSandbox,
} from '../sandbox/sandbox-server.ts';

const client: Client = {
  clientId: 'sandbox-client',
  clientSecret: new Secret('sandbox-secret'),
  redirectUri,
};
const clock = { nowMs: () => startedAtMs };
const options = { clock, requestMs: 5000 };

function clientOf({ url }: SandboxServer): Client {
  return { ...client, clientSecret: new Secret('sandbox-secret', url) };
}

function endpointOf(server: SandboxServer, requestMs = 5000) {
  return tokenEndpoint(fattureInCloud(server.url), { clock, requestMs });
}

function tokensOf(answer: TokenAnswer) {
  if (answer.kind !== 'granted') throw new Error(`not granted but ${answer.kind}`);
  return answer.tokens;
}

describe('against the sandbox, a login', () => {
  it('comes back from the consent page with a code that is exchanged once', async () => {
    const server = await startSandbox();
    const profile = fattureInCloud(server.url);
    const scopes = ['entity.clients:r', 'settings:a'];
    const request = { clientId: 'sandbox-client', redirectUri, scopes, state: 'state-invented' };
    const page = await fetch(authorizationUrl(profile.authorizeUrl ?? '', request));
    const consent =
      /name="request" value="(\w+)"/.exec(await page.text())?.[1] ?? 'no consent page';
    const approved = await fetch(`${server.url}/oauth/authorize`, {
      method: 'POST',
      body: new URLSearchParams({ request: consent, decision: 'approve' }),
      redirect: 'manual',
    });
    const redirect = parseRedirect(approved.headers.get('location') ?? '', 'state-invented');
    if (redirect.kind !== 'code') throw new Error(redirect.kind);
    const tokens = tokensOf(await endpointOf(server).exchange(redirect.code, clientOf(server)));
    expect(tokens).toMatchObject({
      expiresInSeconds: 86_400,
      lifetimeAssumed: false,
      dateMs: expect.any(Number),
    });
    expect(await endpointOf(server).exchange(redirect.code, clientOf(server))).toEqual({
      kind: 'invalid-grant',
    });
  });

  it('on a device waits for consent', async () => {
    const server = await startSandbox();
    const device = deviceFlow(fattureInCloud(server.url), options);
    const started = await device?.start({ clientId: 'sandbox-client' }, 'situation:r');
    if (started?.kind !== 'started') throw new Error(`not started: ${JSON.stringify(started)}`);
    const { deviceCode } = started.authorization;
    expect(await device?.poll(deviceCode, { clientId: 'sandbox-client' })).toEqual({
      kind: 'pending',
    });
  });

  it('tells which companies the token reaches, and nothing else of them', async () => {
    const server = await startSandbox();
    const { access_token } = await server.grant();
    const listed = await listCompanies(
      new Secret(access_token, server.url),
      fattureInCloud(server.url),
      options,
    );
    if (listed.kind !== 'companies') throw new Error(listed.kind);
    expect(listed.companies).toContainEqual({ id: 108061, name: expect.any(String) });
    expect(listed.companies.every((it) => Object.keys(it).join() === 'id,name')).toBe(true);
  });
});

describe('against the sandbox, a refresh', () => {
  it('gives a token that the canary accepts, and it rejects any other', async () => {
    const server = await startSandbox();
    const { refresh_token } = await server.grant();
    const { accessToken } = tokensOf(
      await endpointOf(server).refresh(new Secret(refresh_token, server.url), clientOf(server)),
    );
    const watch = canary(fattureInCloud(server.url), options);
    expect(await watch.check(accessToken)).toBe('accepted');
    expect(await watch.check(new Secret('a/0009invented', server.url))).toBe('rejected');
  });

  it.each([
    ['status', { status: 429, retryAfter: 7 }, 'throttled'],
    ['status', { status: 403, retryAfter: 60 }, 'throttled'],
    ['status', { status: 500 }, 'uncertain'],
    ['status', { status: 403 }, 'unexpected'],
    ['status', { status: 400, error: 'invalid_grant' }, 'invalid-grant'],
    ['status', { status: 401, error: 'invalid_client' }, 'invalid-client'],
    ['html', {}, 'uncertain'],
    ['hang', {}, 'uncertain'],
    ['reset-before', {}, 'uncertain'],
    ['reset-after', {}, 'uncertain'],
    ['status-after', { status: 503 }, 'uncertain'],
    ['redirect', { location: 'http://127.0.0.1:9/' }, 'unexpected'],
    ['endless-body', {}, 'uncertain'],
    ['bad-json', {}, 'uncertain'],
    ['body', { status: 200, body: '{"access_token":"a/1","expires_in":-1}' }, 'granted'],
  ])('under the fault %s %j is %s, after one request', async (kind, fault, want) => {
    const server = await startSandbox();
    const { refresh_token } = await server.grant();
    const on = 'POST /oauth/token';
    await server.request('POST', '/_sandbox/faults', [{ on, kind, ...fault }]);
    const answer = await endpointOf(server, 300).refresh(
      new Secret(refresh_token, server.url),
      clientOf(server),
    );
    expect(answer.kind).toBe(want);
    expect((await server.request('GET', '/_sandbox/faults')).json).toMatchObject([{ served: 1 }]);
  });
});

interface Receiver {
  readonly url: string;
  readonly queued: QueuedNotification[];
  readonly receipts: Receipt[];
}

/** The webhook receiver behind a real server. */
async function startReceiver({ sandbox }: SandboxServer): Promise<Receiver> {
  const queued: QueuedNotification[] = [];
  const receipts: Receipt[] = [];
  const { publicKeyPem, applicationId } = sandbox;
  const verifier = webhookVerifier({ clock, publicKeys: [publicKeyPem] });
  const senders = memorySenders();
  const admission = admissionOf({ senders, clock, application: String(applicationId) });
  const queue = {
    send: async (messages: readonly QueuedNotification[]) => void queued.push(...messages),
  };
  const server = await startLoopback(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const names = Object.entries(headers).map(([name, value]) => [name, String(value)]);
    const parsed = parseWebhook({
      method,
      headers: Object.fromEntries(names),
      query: url.split('?')[1] ?? '',
      body: (await readBody(request)).toString(),
    });
    const sink = { connection: 'default', url: receiver.url };
    const received = await receiveNotification({ verifier, admission, queue }, sink, parsed);
    receipts.push(received.receipt);
    response.writeHead(received.status, { 'content-type': 'application/json' });
    response.end(received.body);
  });
  onTestFinished(server.stop);
  const receiver = { url: `${server.endpoint}/default`, queued, receipts };
  return receiver;
}

async function subscribe(server: SandboxServer, sink: string, mapping: string, types: string[]) {
  const { access_token } = await server.grant();
  const data = { sink, types, verification_method: 'header', config: { mapping } };
  await server.request('POST', '/c/108061/subscriptions', { data }, bearer(access_token));
  await server.sandbox.settle();
  return access_token;
}

async function process(server: SandboxServer, accessToken: string, queued: QueuedNotification[]) {
  const token = {
    connection: 'default',
    grant: 1,
    generation: 1,
    attempt: 1,
    accessToken: new Secret(accessToken, server.url),
    issuedAtMs: startedAtMs,
    expiresAtMs: null,
    companies: [],
  };
  const obtain = async () => ({ kind: 'token', token }) as const;
  const tokens: TokenSource = { obtain, rejected: obtain };
  const events: FrescoEvent[] = [];
  const api = apiClient({ baseUrl: server.url, tokens, fetch, requestMs: 5000 });
  const noNote = async () => undefined;
  const ports = {
    clock,
    tokens,
    reader: entityReader(api),
    seen: {
      claim: async () => ({ kind: 'claimed', settled: [] }) as const,
      confirm: async () => {},
      release: async () => {},
      countReads: async () => true,
    },
    senders: memorySenders(),
    subscriptions: { list: async () => [] },
    published: { entities: { note: noNote, doubt: noNote }, stampOf: () => undefined },
    pauses: { untilMs: async () => undefined, raise: async () => {} },
    bus: { publish: async (more: readonly FrescoEvent[]) => void events.push(...more) },
  };
  const bounds = { claimMs: 60_000, readsMax: 4, deadlineAtMs: startedAtMs + 1 };
  const deliveries = queued.map((notification) => ({ notification, failures: 0 }));
  const ends = await processNotifications(ports, { entity: 'full', ...bounds }, deliveries);
  return { ends, events };
}

describe('against the sandbox, a webhook', () => {
  it.each(['binary', 'structured'])(
    'in %s mode goes from its handshake to the bus',
    async (mapping) => {
      const server = await startSandbox();
      const receiver = await startReceiver(server);
      const types = eventTypes.map(({ type }) => type);
      const accessToken = await subscribe(server, receiver.url, mapping, types);
      expect(receiver.receipts.map(({ kind }) => kind)).toEqual(['verified', 'ignored']);
      await server.request('POST', '/_sandbox/changes', {
        type: 'entities.clients.create',
        count: 2,
        idsPerEvent: 3,
      });
      await server.sandbox.settle();
      expect(receiver.receipts.slice(2).map(({ kind }) => kind)).toEqual(['queued', 'queued']);
      const { ends, events } = await process(server, accessToken, receiver.queued);
      expect(ends).toEqual([
        { kind: 'done', published: 3 },
        { kind: 'done', published: 3 },
      ]);
      for (const { detail } of events) {
        expect(detail).toMatchObject({
          resource: 'clients',
          change: 'create',
          company: 108061,
          entity: { id: detail['id'], name: expect.any(String) },
        });
      }
    },
  );

  it('of every type brings what it speaks of', async () => {
    const server = await startSandbox();
    const receiver = await startReceiver(server);
    const types = eventTypes.map(({ type }) => type);
    const accessToken = await subscribe(server, receiver.url, 'binary', types);
    for (const { type, change, resource } of eventTypes) {
      await server.request('POST', '/_sandbox/changes', { type, count: 1 });
      await server.sandbox.settle();
      const { events } = await process(server, accessToken, receiver.queued.splice(0));
      expect(events.map(({ detail }) => detail)).toMatchObject([{ type, change, resource }]);
      expect([type, 'entity' in (events[0]?.detail ?? {})]).toEqual([type, change !== 'delete']);
    }
  });
});
