import { describe, expect, it } from 'vitest';
import { EventRefused, handlerCallIn, requestIn } from '../../src/lambda/lambda-events.ts';

const record = {
  messageId: 'm1',
  receiptHandle: 'r1',
  body: '{}',
  attributes: { ApproximateReceiveCount: '2' },
};

describe('an event of the webhook handler', () => {
  it('is a batch of the queue, or the look at a connection’s subscriptions', () => {
    expect(handlerCallIn({ Records: [record] })).toEqual({
      kind: 'messages',
      messages: [{ messageId: 'm1', receiptHandle: 'r1', body: '{}', receiveCount: 2 }],
    });
    const watch = { kind: 'watch', connection: 'default' };
    expect(handlerCallIn({ watch: 'default', renew: true })).toEqual({ ...watch, renew: true });
    expect(handlerCallIn({ watch: 'default', renew: 'yes' })).toEqual({ ...watch, renew: false });
  });

  it.each([
    [null],
    ['text'],
    [{}],
    [{ watch: 5 }],
    [{ Records: {} }],
    [{ Records: [null] }],
    [{ Records: [record, { ...record, messageId: undefined }] }],
    [{ Records: [{ ...record, receiptHandle: 5 }] }],
    [{ Records: [{ ...record, body: { toString: null } }] }],
    [{ Records: [{ ...record, attributes: undefined }] }],
    [{ Records: [{ ...record, attributes: { ApproximateReceiveCount: 'x' } }] }],
    [{ Records: [{ ...record, attributes: { ApproximateReceiveCount: '0' } }] }],
    [{ Records: [{ ...record, attributes: { ApproximateReceiveCount: { toString: 1 } } }] }],
  ])('is refused as a whole if it is %j', (event) => {
    expect(() => handlerCallIn(event)).toThrow(EventRefused);
  });
});

describe('an event of a function behind an HTTP API', () => {
  const event = {
    rawPath: '/default',
    rawQueryString: 'a=b',
    headers: { 'ce-id': 'x', odd: 5 },
    requestContext: { http: { method: 'POST' } },
    body: 'bw==',
    isBase64Encoded: true,
  };

  it('is a request of an HTTP API; what is no text in it is left out', () => {
    const request = { method: 'POST', path: '/default', query: 'a=b', headers: { 'ce-id': 'x' } };
    expect(requestIn(event)).toEqual({ ...request, body: 'o' });
    expect(requestIn({ ...event, isBase64Encoded: false })).toEqual({ ...request, body: 'bw==' });
    expect(requestIn({ ...event, cookies: ['a=1', 5, 'b=2'] }).headers['cookie']).toBe('a=1; b=2');
    const bare = { rawPath: '/', requestContext: event.requestContext, body: {}, headers: null };
    expect(requestIn(bare)).toEqual({
      method: 'POST',
      path: '/',
      query: '',
      headers: {},
      body: '',
    });
  });

  it.each([
    [null],
    [{}],
    [{ ...event, rawPath: undefined }],
    [{ ...event, requestContext: {} }],
    [{ ...event, requestContext: { http: { method: 5 } } }],
  ])('is refused if it is %j', (odd) => {
    expect(() => requestIn(odd)).toThrow('called by an HTTP API alone');
  });
});
