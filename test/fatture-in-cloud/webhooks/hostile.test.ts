import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import { admissionOf } from '../../../src/core/webhooks/admission.ts';
import type { QueuedNotification } from '../../../src/core/webhooks/notification.ts';
import { receiveNotification } from '../../../src/core/webhooks/receive.ts';
import {
  parseWebhook,
  type WebhookRequest,
} from '../../../src/fatture-in-cloud/webhooks/request.ts';
import { webhookVerifier } from '../../../src/fatture-in-cloud/webhooks/signature.ts';
import { memorySenders } from '../../contract/admitted-senders.ts';
import { applicationId, nowMs, providerKey, sign, sink, strangerKey } from './signed-webhook.ts';

// Goal: each hostile or damaged request has one exact answer, and none that is not genuine costs a message.
// Method: parser, verifier and use case together, over a queue that keeps what it is sent.

const type = 'it.fattureincloud.webhooks.entities.clients.create';
const event = {
  id: '198:event-1',
  source: 'https://api-v2.fattureincloud.it',
  specversion: '1.0',
  type,
  subject: 'company:108000',
  time: '2026-11-23T03:00:00+01:00',
  data: { ids: [3062000] },
};
const ce = {
  'ce-id': event.id,
  'ce-type': type,
  'ce-subject': event.subject,
  'ce-time': event.time,
  'ce-specversion': '1.0',
};
const challengeName = 'x-fic-verification-challenge';
const challenge = 'ab'.repeat(32);
const big = 'x'.repeat(10 * 1024 * 1024);

interface Case {
  readonly name: string;
  readonly request: Partial<Omit<WebhookRequest, 'body'>> & { readonly body?: unknown };
  /** Claims that differ, or the whole Authorization header; `null`: none. */
  readonly token?: Readonly<Record<string, unknown>> | string | null;
  readonly status: 200 | 202 | 401 | 403 | 503;
  readonly queued?: number;
}

const unsigned = 401;
const ids = (value: unknown): object => ({ ...event, data: { ids: value } });

const cases: readonly Case[] = [
  { name: 'a genuine one, structured', request: { body: event }, status: 202, queued: 1 },
  {
    name: 'a genuine one, binary',
    request: { headers: ce, body: { data: { ids: [1] } } },
    status: 202,
    queued: 1,
  },
  { name: 'the same one again', request: { body: event }, status: 202, queued: 1 },
  {
    name: 'one of an old name',
    request: {
      body: { ...event, type: type.replace('entities.clients', 'issued_documents.self_invoices') },
    },
    status: 202,
    queued: 1,
  },
  {
    name: 'a byte order mark first',
    request: { body: `\ufeff${JSON.stringify(event)}` },
    status: 202,
    queued: 1,
  },
  {
    name: 'fields that nobody knows',
    request: { body: JSON.stringify(event).replace('{', '{"__proto__":{"a":1},"x":[],') },
    status: 202,
    queued: 1,
  },
  {
    name: '10,000 ids',
    request: { body: ids(Array.from({ length: 10_000 }, (_, i) => i + 1)) },
    status: 202,
    queued: 100,
  },
  {
    name: '20,001 ids',
    request: { body: ids(Array.from({ length: 20_001 }, (_, i) => i + 1)) },
    status: 503,
  },
  { name: 'a body of 10 MB', request: { headers: ce, body: big }, status: 503 },
  { name: 'a structured body of 10 MB', request: { body: { ...event, x: big } }, status: 503 },
  {
    name: 'the welcome event',
    request: {
      body: { ...event, type: 'it.fattureincloud.webhooks.subscriptions.welcome', data: null },
    },
    status: 200,
  },
  { name: 'an unknown type', request: { body: { ...event, type: `${type}d` } }, status: 200 },
  {
    name: 'a group type',
    request: { body: { ...event, type: 'it.fattureincloud.webhooks.entities.all.create' } },
    status: 200,
  },
  { name: 'no type', request: { body: { ...event, type: undefined } }, status: 200 },
  { name: 'a type that is a number', request: { body: { ...event, type: 7 } }, status: 200 },
  { name: 'no data', request: { body: { ...event, data: undefined } }, status: 200 },
  { name: 'a data that is null', request: { body: { ...event, data: null } }, status: 200 },
  { name: 'a data that is a list', request: { body: { ...event, data: [1] } }, status: 200 },
  { name: 'no ids', request: { body: ids([]) }, status: 200 },
  { name: 'ids that are a number', request: { body: ids(7) }, status: 200 },
  { name: 'ids that are strings', request: { body: ids(['3062000']) }, status: 200 },
  { name: 'an id that is a path', request: { body: ids(['../../user/companies']) }, status: 200 },
  {
    name: 'a cashbook id that is a path',
    request: { body: { ...ids(['../x']), type: 'it.fattureincloud.webhooks.cashbook.create' } },
    status: 200,
  },
  {
    name: 'a cashbook id that is dots',
    request: { body: { ...ids(['..']), type: 'it.fattureincloud.webhooks.cashbook.create' } },
    status: 200,
  },
  { name: 'a negative id', request: { body: ids([1, -2]) }, status: 200 },
  { name: 'an id of 0', request: { body: ids([0]) }, status: 200 },
  { name: 'a broken id', request: { body: ids([1.5]) }, status: 200 },
  { name: 'an id too large to be exact', request: { body: ids([2 ** 53]) }, status: 200 },
  { name: 'an id that is null', request: { body: ids([null]) }, status: 200 },
  { name: 'ids in ids', request: { body: ids([[1]]) }, status: 200 },
  {
    name: 'broken JSON',
    request: { body: '{"id":"198:event-1","specversion":"1.0"' },
    status: 200,
  },
  { name: 'broken JSON, binary', request: { headers: ce, body: '{"data":' }, status: 200 },
  { name: 'an empty body', request: { body: '' }, status: 200 },
  { name: 'HTML', request: { body: '<html></html>' }, status: 200 },
  { name: 'JSON that is a list', request: { body: [event] }, status: 200 },
  {
    name: 'JSON that is nested deeply',
    request: { body: `${'['.repeat(50_000)}${']'.repeat(50_000)}` },
    status: 200,
  },
  {
    name: 'no specversion and no ce headers',
    request: { body: { ...event, specversion: undefined } },
    status: 200,
  },
  { name: 'PUT', request: { method: 'PUT', body: event }, status: 200 },
  { name: 'DELETE', request: { method: 'DELETE', body: event }, status: 200 },
  {
    name: 'a handshake',
    request: { method: 'GET', headers: { [challengeName]: challenge } },
    status: 200,
  },
  {
    name: 'a handshake in the query',
    request: { method: 'GET', query: `${challengeName}=${challenge}` },
    token: { aud: [`${sink}?${challengeName}=${challenge}`] },
    status: 200,
  },
  { name: 'a GET without a challenge', request: { method: 'GET' }, status: 200 },
  {
    name: 'a challenge with a header in it',
    request: { method: 'GET', headers: { [challengeName]: 'a\r\nX: b' } },
    status: 200,
  },
  {
    name: 'a handshake without a token',
    request: { method: 'GET', headers: { [challengeName]: challenge } },
    token: null,
    status: unsigned,
  },
  {
    name: 'a handshake of another application',
    request: { method: 'GET', headers: { [challengeName]: challenge } },
    token: { aid: 99 },
    status: 403,
  },
  {
    name: 'a handshake for another sink',
    request: { method: 'GET', headers: { [challengeName]: challenge } },
    token: { aud: ['https://example.com/'] },
    status: unsigned,
  },
  { name: 'no token', request: { body: event }, token: null, status: unsigned },
  { name: 'no token and 10 MB', request: { body: big }, token: null, status: unsigned },
  { name: 'no token and broken JSON', request: { body: '{' }, token: null, status: unsigned },
  { name: 'no token and PUT', request: { method: 'PUT' }, token: null, status: unsigned },
  {
    name: 'another scheme',
    request: { body: event },
    token: 'Basic dXNlcjpwYXNz',
    status: unsigned,
  },
  {
    name: 'two tokens',
    request: { body: event },
    token: 'Bearer a.b.c, Bearer d.e.f',
    status: unsigned,
  },
  {
    name: 'a token with a new line',
    request: { body: event },
    token: 'Bearer a.b.c\r\nX: y',
    status: unsigned,
  },
  {
    name: 'an access token instead',
    request: { body: event },
    token: 'Bearer a/0001invented',
    status: unsigned,
  },
  {
    name: 'an expired token',
    request: { body: event },
    token: { exp: nowMs / 1000 - 3600 },
    status: unsigned,
  },
  {
    name: 'a token of another company',
    request: { body: event },
    token: { sub: 'company:108001' },
    status: unsigned,
  },
  {
    name: 'a token for another sink',
    request: { body: event },
    token: { aud: ['https://example.com/'] },
    status: unsigned,
  },
  {
    name: 'a token of another event',
    request: { body: event },
    token: { jti: '198:event-2' },
    status: unsigned,
  },
  {
    name: 'a token of another issuer',
    request: { body: event },
    token: { iss: 'https://example.com' },
    status: unsigned,
  },
  {
    name: 'a token of another application',
    request: { body: event },
    token: { aid: 1 },
    status: 403,
  },
  {
    name: 'a replayed token around another event',
    request: { body: { ...event, id: '198:event-9' } },
    status: unsigned,
  },
  {
    name: 'a replayed token around another company',
    request: { body: { ...event, subject: 'company:1' } },
    status: unsigned,
  },
  {
    name: 'a replayed token around another company, and nothing in it',
    request: { body: { ...event, subject: 'company:1', data: null } },
    status: unsigned,
  },
  {
    name: 'headers and body that disagree, with the token of the body',
    request: { headers: { ...ce, 'ce-id': '198:event-2' }, body: event },
    status: unsigned,
  },
  {
    name: 'a subject that is a path',
    request: { body: { ...event, subject: 'company:../1' } },
    token: { sub: 'company:../1' },
    status: 200,
  },
  {
    name: 'a company of 0',
    request: { body: { ...event, subject: 'company:0' } },
    token: { sub: 'company:0' },
    status: 200,
  },
  {
    name: 'a company too large to be exact',
    request: { body: { ...event, subject: 'company:9999999999999999' } },
    token: { sub: 'company:9999999999999999' },
    status: 200,
  },
  {
    name: 'an id with a new line',
    request: { headers: { ...ce, 'ce-id': '198:a\r\nX: y' }, body: event },
    token: { jti: '198:a\r\nX: y' },
    status: 200,
  },
  {
    name: 'an id of 300 characters',
    request: { body: { ...event, id: 'x'.repeat(300) } },
    token: { jti: 'x'.repeat(300) },
    status: 200,
  },
];

let forgedTokens: readonly (readonly [string, string])[] = [];

beforeAll(async () => {
  const [header, payload, signature] = (await sign()).split('.');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const hs256 = `${encode({ alg: 'HS256' })}.${payload}`;
  const mac = createHmac('sha256', providerKey.publicPem).update(hs256).digest('base64url');
  forgedTokens = [
    ['alg none', `${encode({ alg: 'none' })}.${payload}.`],
    ['HS256 with the public key', `${hs256}.${mac}`],
    ['another key', await sign({}, strangerKey)],
    ['no signature', `${header}.${payload}.`],
    ['another payload', `${header}.${encode({ jti: event.id })}.${signature}`],
    ['a key of its own', `${encode({ alg: 'ES256', jwk: {} })}.${payload}.${signature}`],
  ];
});

async function receive(
  request: Case['request'],
  authorization: string | undefined,
  refuses = false,
) {
  const sent: QueuedNotification[] = [];
  const { body = '', headers = {}, ...rest } = request;
  const { token, request: incoming } = parseWebhook({
    method: 'POST',
    query: '',
    ...rest,
    headers: { ...headers, authorization },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const verifier = webhookVerifier({
    clock: { nowMs: () => nowMs },
    publicKeys: [providerKey.publicPem],
  });
  const admission = admissionOf({
    senders: memorySenders(),
    clock: { nowMs: () => nowMs },
    application: applicationId,
  });
  const queue = {
    send: async (messages: readonly QueuedNotification[]) => {
      if (refuses) throw new StoreRefused('unavailable', 'the queue does not answer');
      sent.push(...messages);
    },
  };
  const received = await receiveNotification(
    { verifier, admission, queue },
    { connection: 'default', url: sink },
    { token, request: incoming },
  );
  return { received, sent };
}

async function authorizationOf(token: Case['token']): Promise<string | undefined> {
  if (token === null) return undefined;
  return typeof token === 'string' ? token : `Bearer ${await sign(token)}`;
}

describe('a request to the sink', () => {
  it.each(cases)('with $name is answered $status', async (row) => {
    const { received, sent } = await receive(row.request, await authorizationOf(row.token));
    expect(received.status).toBe(row.status);
    expect(sent).toHaveLength(row.queued ?? 0);
    if (row.status === 401) expect(received.body).toBe('{"error":"unauthorized"}');
    if (row.status === 202) expect(received.receipt.kind).toBe('queued');
  });

  it('with a token that the provider did not make is answered 401', async () => {
    expect(forgedTokens).toHaveLength(6);
    for (const [name, token] of forgedTokens) {
      const { received, sent } = await receive({ body: event }, `Bearer ${token}`);
      expect([name, received.status, sent.length]).toEqual([name, 401, 0]);
    }
  });

  it('with a genuine challenge is answered with the challenge', async () => {
    const request = { method: 'GET', headers: { [challengeName]: challenge } };
    const { received } = await receive(request, `Bearer ${await sign()}`);
    expect(JSON.parse(received.body)).toEqual({ verification: challenge });
    expect(received.receipt).toEqual({ kind: 'verified' });
  });

  it('that cannot be kept is answered 503, so that it comes again', async () => {
    const { received } = await receive({ body: event }, `Bearer ${await sign()}`, true);
    expect(received.status).toBe(503);
    expect(received.receipt).toEqual({ kind: 'not-kept', reason: 'the queue does not answer' });
  });

  it('is never answered with what it holds, nor is that in the receipt', async () => {
    const planted = { ...event, type: 'planted', data: { ids: ['planted'] } };
    for (const token of [{}, null] as const) {
      const { received } = await receive({ body: planted }, await authorizationOf(token));
      expect(JSON.stringify(received)).not.toContain('planted');
    }
  });
});
