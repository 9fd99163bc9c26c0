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

type Request = Partial<Omit<WebhookRequest, 'body'>> & { readonly body?: unknown };
type Token = Readonly<Record<string, unknown>> | string | null;

/** A request, and claims of its token that differ, or the whole Authorization header; `null`: none. */
type Row = readonly [name: string, request: Request, token?: Token];

const told = (changes: object = {}): Request => ({ body: { ...event, ...changes } });
const ids = (value: unknown) => ({ data: { ids: value } });
const handshake = { method: 'GET', headers: { [challengeName]: challenge } };
const cashbook = 'it.fattureincloud.webhooks.cashbook.create';
const selfInvoices = type.replace('entities.clients', 'issued_documents.self_invoices');

/** What is kept, and in how many messages. */
const kept: readonly (readonly [name: string, request: Request, messages: number])[] = [
  ['a genuine one, structured', told(), 1],
  ['a genuine one, binary', { headers: ce, body: { data: { ids: [1] } } }, 1],
  ['the same one again', told(), 1],
  ['one of an old name', told({ type: selfInvoices }), 1],
  ['a byte order mark first', { body: `\ufeff${JSON.stringify(event)}` }, 1],
  [
    'fields that nobody knows',
    { body: JSON.stringify(event).replace('{', '{"__proto__":{"a":1},"x":[],') },
    1,
  ],
  ['10,000 ids', told(ids(Array.from({ length: 10_000 }, (_, i) => i + 1))), 100],
];

const answered: Readonly<Record<number, readonly Row[]>> = {
  503: [
    ['20,001 ids', told(ids(Array.from({ length: 20_001 }, (_, i) => i + 1)))],
    ['a body of 10 MB', { headers: ce, body: big }],
    ['a structured body of 10 MB', told({ x: big })],
  ],
  200: [
    [
      'the welcome event',
      told({ type: 'it.fattureincloud.webhooks.subscriptions.welcome', data: null }),
    ],
    ['an unknown type', told({ type: `${type}d` })],
    ['a group type', told({ type: 'it.fattureincloud.webhooks.entities.all.create' })],
    ['no type', told({ type: undefined })],
    ['a type that is a number', told({ type: 7 })],
    ['no data', told({ data: undefined })],
    ['a data that is null', told({ data: null })],
    ['a data that is a list', told({ data: [1] })],
    ['no ids', told(ids([]))],
    ['ids that are a number', told(ids(7))],
    ['ids that are strings', told(ids(['3062000']))],
    ['an id that is a path', told(ids(['../../user/companies']))],
    ['a cashbook id that is a path', told({ ...ids(['../x']), type: cashbook })],
    ['a cashbook id that is dots', told({ ...ids(['..']), type: cashbook })],
    ['a negative id', told(ids([1, -2]))],
    ['an id of 0', told(ids([0]))],
    ['a broken id', told(ids([1.5]))],
    ['an id too large to be exact', told(ids([2 ** 53]))],
    ['an id that is null', told(ids([null]))],
    ['ids in ids', told(ids([[1]]))],
    ['broken JSON', { body: '{"id":"198:event-1","specversion":"1.0"' }],
    ['broken JSON, binary', { headers: ce, body: '{"data":' }],
    ['an empty body', { body: '' }],
    ['HTML', { body: '<html></html>' }],
    ['JSON that is a list', { body: [event] }],
    ['JSON that is nested deeply', { body: `${'['.repeat(50_000)}${']'.repeat(50_000)}` }],
    ['no specversion and no ce headers', told({ specversion: undefined })],
    ['PUT', { method: 'PUT', body: event }],
    ['DELETE', { method: 'DELETE', body: event }],
    ['a handshake', handshake],
    [
      'a handshake in the query',
      { method: 'GET', query: `${challengeName}=${challenge}` },
      { aud: [`${sink}?${challengeName}=${challenge}`] },
    ],
    ['a GET without a challenge', { method: 'GET' }],
    [
      'a challenge with a header in it',
      { method: 'GET', headers: { [challengeName]: 'a\r\nX: b' } },
    ],
    ['a subject that is a path', told({ subject: 'company:../1' }), { sub: 'company:../1' }],
    ['a company of 0', told({ subject: 'company:0' }), { sub: 'company:0' }],
    [
      'a company too large to be exact',
      told({ subject: 'company:9999999999999999' }),
      { sub: 'company:9999999999999999' },
    ],
    [
      'an id with a new line',
      { headers: { ...ce, 'ce-id': '198:a\r\nX: y' }, body: event },
      { jti: '198:a\r\nX: y' },
    ],
    ['an id of 300 characters', told({ id: 'x'.repeat(300) }), { jti: 'x'.repeat(300) }],
  ],
  401: [
    ['a handshake without a token', handshake, null],
    ['a handshake for another sink', handshake, { aud: ['https://example.com/'] }],
    ['no token', told(), null],
    ['no token and 10 MB', { body: big }, null],
    ['no token and broken JSON', { body: '{' }, null],
    ['no token and PUT', { method: 'PUT' }, null],
    ['another scheme', told(), 'Basic dXNlcjpwYXNz'],
    ['two tokens', told(), 'Bearer a.b.c, Bearer d.e.f'],
    ['a token with a new line', told(), 'Bearer a.b.c\r\nX: y'],
    ['an access token instead', told(), 'Bearer a/0001invented'],
    ['an expired token', told(), { exp: nowMs / 1000 - 3600 }],
    ['a token of another company', told(), { sub: 'company:108001' }],
    ['a token for another sink', told(), { aud: ['https://example.com/'] }],
    ['a token of another event', told(), { jti: '198:event-2' }],
    ['a token of another issuer', told(), { iss: 'https://example.com' }],
    ['a replayed token around another event', told({ id: '198:event-9' })],
    ['a replayed token around another company', told({ subject: 'company:1' })],
    [
      'a replayed token around another company, and nothing in it',
      told({ subject: 'company:1', data: null }),
    ],
    [
      'headers and body that disagree, with the token of the body',
      { headers: { ...ce, 'ce-id': '198:event-2' }, body: event },
    ],
  ],
  403: [
    ['a handshake of another application', handshake, { aid: 99 }],
    ['a token of another application', told(), { aid: 1 }],
  ],
};

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

async function receive(request: Request, authorization: string | undefined, refuses = false) {
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

async function authorizationOf(token?: Token): Promise<string | undefined> {
  if (token === null) return undefined;
  return typeof token === 'string' ? token : `Bearer ${await sign(token)}`;
}

describe('a request to the sink', () => {
  it.each(kept)('with %s is kept', async (_, request, messages) => {
    const { received, sent } = await receive(request, await authorizationOf());
    expect([received.status, received.receipt.kind, sent.length]).toEqual([
      202,
      'queued',
      messages,
    ]);
  });

  const rows = Object.entries(answered).flatMap(([status, some]) =>
    some.map(([name, request, token]) => ({ name, status: Number(status), request, token })),
  );
  it.each(rows)('with $name is answered $status', async ({ status, request, token }) => {
    const { received, sent } = await receive(request, await authorizationOf(token));
    expect([received.status, sent.length]).toEqual([status, 0]);
    if (status === 401) expect(received.body).toBe('{"error":"unauthorized"}');
  });

  it('with a token that the provider did not make is answered 401', async () => {
    expect(forgedTokens).toHaveLength(6);
    for (const [name, token] of forgedTokens) {
      const { received, sent } = await receive(told(), `Bearer ${token}`);
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
    const { received } = await receive(told(), `Bearer ${await sign()}`, true);
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
