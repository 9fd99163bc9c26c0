import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  eventTypes,
  renamedEventTypes,
} from '../../../src/fatture-in-cloud/webhooks/event-types.ts';
import {
  parseWebhook,
  type WebhookRequest,
} from '../../../src/fatture-in-cloud/webhooks/request.ts';

const type = 'it.fattureincloud.webhooks.entities.clients.create';
const ceHeaders = {
  'ce-type': type,
  'ce-time': '2026-04-04T12:54:21+02:00',
  'ce-subject': 'company:108000',
  'ce-specversion': '1.0',
  'ce-source': 'https://api-v2.fattureincloud.it',
  'ce-id': '198:event-1',
  authorization: 'Bearer aaa.bbb.ccc',
  'content-type': 'application/json',
};
const structured = {
  id: '198:event-1',
  source: 'https://api-v2.fattureincloud.it',
  specversion: '1.0',
  type,
  subject: 'company:108000',
  time: '2026-04-04T12:54:21+02:00',
  datacontenttype: 'application/json',
  data: { ids: [3062000] },
};
const notification = {
  id: '198:event-1',
  companyId: 108000,
  type,
  resource: 'clients',
  change: 'create',
  time: '2026-04-04T10:54:21Z',
  ids: [3062000],
};

function post(headers: WebhookRequest['headers'], body: unknown): WebhookRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', headers, query: '', body: text };
}

describe('a notification', () => {
  it('in binary mode is read from its headers', () => {
    expect(parseWebhook(post(ceHeaders, { data: { ids: [3062000] } }))).toEqual({
      token: 'aaa.bbb.ccc',
      request: { kind: 'notification', subject: 'company:108000', notification },
    });
  });

  it.each([
    'application/cloudevents+json',
    'application/json',
    'APPLICATION/CloudEvents+JSON; charset=UTF-8',
    'text/plain',
    undefined,
  ])('in structured mode is read from its body, with the content type %s', (contentType) => {
    const headers = { 'Content-Type': contentType, AUTHORIZATION: 'bearer aaa.bbb.ccc' };
    expect(parseWebhook(post(headers, structured))).toEqual({
      token: 'aaa.bbb.ccc',
      request: { kind: 'notification', subject: 'company:108000', notification },
    });
  });

  it('is read however its headers are spelled', () => {
    const headers = Object.fromEntries(
      Object.entries(ceHeaders).map(([name, value]) => [name.toUpperCase(), value]),
    );
    const { request } = parseWebhook(post(headers, { data: { ids: [3062000] } }));
    expect(request.kind).toBe('notification');
  });

  it('names each id once', () => {
    const { request } = parseWebhook(post({}, { ...structured, data: { ids: [2, 1, 2] } }));
    expect(request.kind === 'notification' && request.notification.ids).toEqual([2, 1]);
  });

  it('without a time that can be read has none', () => {
    const { request } = parseWebhook(post({}, { ...structured, time: 'yesterday' }));
    expect(request.kind === 'notification' && 'time' in request.notification).toBe(false);
  });

  it('of the cashbook may have texts as ids, of anything else not', () => {
    const data = { ids: ['12-a'] };
    const cashbook = { ...structured, type: 'it.fattureincloud.webhooks.cashbook.create', data };
    expect(parseWebhook(post({}, cashbook)).request.kind).toBe('notification');
    expect(parseWebhook(post({}, { ...structured, data })).request.kind).toBe('nothing');
  });

  it.each([...eventTypes, ...renamedEventTypes])('of type $type is known', (known) => {
    const { request } = parseWebhook(post({}, { ...structured, type: known.type }));
    const { resource, change } = known;
    expect(request).toMatchObject({ kind: 'notification', notification: { resource, change } });
  });
});

describe('a handshake', () => {
  const challenge = 'ab'.repeat(32);
  const name = 'x-fic-verification-challenge';

  it.each([
    ['in a header', { [name]: challenge }, ''],
    ['in a header, in capitals', { [name.toUpperCase()]: challenge }, ''],
    ['in the query', {}, `${name}=${challenge}`],
    ['among others in the query', {}, `a=b&${name}=${challenge}`],
  ])('%s is read', (_, headers, query) => {
    const request = { method: 'get', headers, query, body: '' };
    expect(parseWebhook(request).request).toEqual({ kind: 'challenge', challenge });
  });

  it.each([
    ['no challenge', {}, ''],
    ['an empty one', { [name]: '' }, ''],
    ['one with a new line', { [name]: 'a\r\nSet-Cookie: b' }, ''],
    ['one with a quote', {}, `${name}=%22%7D`],
    ['one too long', { [name]: 'a'.repeat(257) }, ''],
  ])('with %s is none', (_, headers, query) => {
    const request = { method: 'GET', headers, query, body: '' };
    expect(parseWebhook(request).request.kind).toBe('nothing');
  });
});

describe('any request', () => {
  it('is read without an exception, and into ids that are safe', () => {
    const anything = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'x'),
      headers: fc.dictionary(fc.constantFrom(...Object.keys(ceHeaders), 'x'), fc.string()),
      query: fc.string(),
      body: fc.oneof(
        fc.string(),
        fc.json(),
        fc.anything().map((ids) => JSON.stringify({ ...structured, data: { ids } }) ?? ''),
      ),
    });
    fc.assert(
      fc.property(anything, (request) => {
        const parsed = parseWebhook(request).request;
        if (parsed.kind !== 'notification') return;
        for (const id of parsed.notification.ids) {
          expect(Number.isSafeInteger(id) && Number(id) > 0).toBe(true);
        }
      }),
    );
  });
});
