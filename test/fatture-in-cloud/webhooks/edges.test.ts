import { describe, expect, it } from 'vitest';
import { receiveNotification } from '../../../src/core/webhooks/receive.ts';
import { welcomeEventType } from '../../../src/fatture-in-cloud/webhooks/event-types.ts';
import {
  parseWebhook,
  type WebhookRequest,
  webhookBodyBytesMax,
  webhookIdsMax,
} from '../../../src/fatture-in-cloud/webhooks/request.ts';
import { webhookVerifier } from '../../../src/fatture-in-cloud/webhooks/signature.ts';
import { anyone } from '../../contract/admitted-senders.ts';
import { claims, nowMs, providerKey, sign, sink } from './signed-webhook.ts';

const type = 'it.fattureincloud.webhooks.entities.clients.create';
const headers = { 'ce-id': 'event-1', 'ce-type': type, 'ce-subject': 'company:1' };
const body = '{"data":{"ids":[1]}}';
const post = (changes: Partial<WebhookRequest> = {}): WebhookRequest => ({
  method: 'POST',
  headers,
  query: '',
  body,
  ...changes,
});
const reasonOf = (request: WebhookRequest) => {
  const parsed = parseWebhook(request).request;
  return 'reason' in parsed ? parsed.reason : parsed.kind;
};

describe('what is no notification says why', () => {
  it.each<[string, Partial<WebhookRequest>]>([
    ['another method than GET and POST', { method: 'PUT' }],
    ['a GET without a challenge', { method: 'GET' }],
    ['a challenge that is none', { method: 'GET', query: 'x-fic-verification-challenge=%00' }],
    ['a body that is not a JSON object', { headers: {}, body: '[]' }],
    ['no event at all', { headers: {}, body: '{}' }],
    ['an event without an id', { headers: {}, body: '{"specversion":"1.0"}' }],
    ['an event without an id', { headers: { ...headers, 'ce-id': 'with blank' } }],
    ['an event without an id', { headers: {}, body: '{"specversion":"1.0","id":5}' }],
    ['the welcome event', { headers: { ...headers, 'ce-type': welcomeEventType } }],
    ['an event type that is not known', { headers: { 'ce-id': 'x' } }],
    ['a subject that is not a company', { headers: { 'ce-id': 'x', 'ce-type': type } }],
    ['a subject that is not a company', { headers: { ...headers, 'ce-subject': 'of company:1' } }],
    ['a subject that is not a company', { headers: { ...headers, 'ce-subject': 'company:1/2' } }],
    ['ids that are none', { body: '{"data":{"ids":[]}}' }],
    ['notification', {}],
    ['notification', { body: `\ufeff${body}` }],
    ['ids that are none', { body: `{"x":1}\ufeff` }],
  ])('%s', (want, changes) => {
    expect(reasonOf(post(changes))).toBe(want);
  });

  it.each([
    { name: 'as large as may be', bytes: webhookBodyBytesMax, want: 'ids that are none' },
    {
      name: 'one byte larger',
      bytes: webhookBodyBytesMax + 1,
      want: `a body of more than ${webhookBodyBytesMax} bytes`,
    },
  ])('a body $name', ({ bytes, want }) => {
    expect(reasonOf(post({ body: 'x'.repeat(bytes) }))).toBe(want);
  });

  it.each([
    { count: webhookIdsMax, want: 'notification' },
    { count: webhookIdsMax + 1, want: `more than ${webhookIdsMax} ids` },
  ])('$count ids → $want', ({ count, want }) => {
    const ids = Array.from({ length: count }, (_, at) => at + 1);
    expect(reasonOf(post({ body: JSON.stringify({ data: { ids } }) }))).toBe(want);
  });

  it('and names the event and its company, if it has them, for the token to be checked by', () => {
    const named = (more: object) =>
      parseWebhook(post({ headers: { ...more, 'ce-type': 'other' } })).request;
    expect(named({ 'ce-id': 'x' })).toEqual({
      kind: 'nothing',
      reason: 'an event type that is not known',
      eventId: 'x',
    });
    expect(named({ 'ce-id': 'x', 'ce-subject': 'y' })).toMatchObject({ subject: 'y' });
    const large = 'x'.repeat(webhookBodyBytesMax + 1);
    expect(parseWebhook(post({ headers: { 'ce-id': 'x' }, body: large })).request).toEqual({
      kind: 'oversized',
      reason: `a body of more than ${webhookBodyBytesMax} bytes`,
      eventId: 'x',
    });
    expect(parseWebhook(post({ headers: {}, body: large })).request).not.toHaveProperty('eventId');
  });
});

describe('the token of a webhook', () => {
  it.each([
    ['Bearer a.b.c', 'a.b.c'],
    ['bearer   a.b.c', 'a.b.c'],
    ['  Bearer a.b.c  ', 'a.b.c'],
    ['Bearer a.b.', 'a.b.'],
    ['XBearer a.b.c', undefined],
    ['Bearer a.b.c d', undefined],
    ['Bearer a.b', undefined],
    ['', undefined],
  ])('in %j is %s', (authorization, want) => {
    expect(parseWebhook(post({ headers: { ...headers, authorization } })).token).toBe(want);
  });

  it('is none where the header is', () => {
    expect(parseWebhook(post({ headers: { ...headers, authorization: undefined } })).token).toBe(
      undefined,
    );
  });
});

const verifier = webhookVerifier({
  clock: { nowMs: () => nowMs },
  publicKeys: [providerKey.publicPem],
});
const verified = async (changes: object) =>
  verifier.verify({ token: await sign({ ...changes }), sink, eventId: claims.jti });

describe('claims of any kind are judged, and never fail', () => {
  it.each<[string, object, string]>([
    ['an object for an audience', { aud: { toString: null } }, 'audience'],
    ['a list of odd audiences', { aud: [null, {}, [], 5] }, 'audience'],
    ['an object for an event', { jti: {} }, 'malformed'],
  ])('%s', async (_, changes, reason) => {
    const verification = await verified(changes);
    const allowed = reason === 'malformed' ? ['malformed', 'event-id'] : [reason];
    expect(verification).toMatchObject({ kind: 'forged', reason: expect.any(String) });
    expect(allowed).toContain(verification.kind === 'forged' ? verification.reason : '');
  });

  it.each<[string, object]>([
    ['one audience among others of any kind', { aud: ['https://other.example', sink, null] }],
    ['a text with a query for an audience', { aud: `${sink}?x=1` }],
  ])('%s is genuine', async (_, changes) => {
    expect(await verified(changes)).toMatchObject({ kind: 'genuine' });
  });

  it('a token of 8192 characters is read, a longer one is not', async () => {
    const short = await sign({ x: '' });
    const room = Math.floor(((8192 - short.length) * 3) / 4);
    const tokens = await Promise.all(
      Array.from({ length: 8 }, (_, at) => sign({ x: 'y'.repeat(room - 4 + at) })),
    );
    const longest = tokens.filter(({ length }) => length <= 8192).at(-1) ?? '';
    const proof = (token: string) => ({ token, sink, eventId: claims.jti });
    expect(await verifier.verify(proof(longest))).toMatchObject({ kind: 'genuine' });
    const longer = await sign({ x: 'y'.repeat(room + 20) });
    expect(longer.length).toBeGreaterThan(8192);
    expect(await verifier.verify(proof(longer))).toEqual({ kind: 'forged', reason: 'malformed' });
  });
});

it('an oversized webhook is not kept, and is asked for again', async () => {
  const large = post({ headers: {}, body: 'x'.repeat(webhookBodyBytesMax + 1) });
  const received = await receiveNotification(
    {
      verifier: { verify: async () => ({ kind: 'genuine', sender: {} }) },
      admission: anyone,
      queue: { send: async () => {} },
    },
    { connection: 'default', url: sink },
    parseWebhook(large),
  );
  expect(received).toMatchObject({ status: 503, receipt: { kind: 'not-kept' } });
});
