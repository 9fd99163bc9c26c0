import { sign as signBytes } from 'node:crypto';
import fc from 'fast-check';
import { StoreRefused } from '../../src/core/ports.ts';
import { admissionOf } from '../../src/core/webhooks/admission.ts';
import { receiveNotification } from '../../src/core/webhooks/receive.ts';
import { parseWebhook } from '../../src/fatture-in-cloud/webhooks/request.ts';
import { webhookVerifier } from '../../src/fatture-in-cloud/webhooks/signature.ts';
import { anyone, memorySenders } from '../contract/admitted-senders.ts';
import {
  applicationId,
  claims,
  nowMs,
  providerKey,
  sink,
} from '../fatture-in-cloud/webhooks/signed-webhook.ts';
import { hostileHeaders, hostileJson, hostileText, type Json, spoilt } from './hostile.ts';
import { type Ending, type Target, target } from './target.ts';

const base64url = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token whose signature is good whatever its header and claims are. */
function signed(header: Json, payload: Json): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  const signature = signBytes('sha256', Buffer.from(input), {
    key: providerKey.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${input}.${signature.toString('base64url')}`;
}

const token = fc.oneof(
  {
    weight: 4,
    arbitrary: spoilt(claims).map((payload) => signed({ alg: 'ES256', typ: 'JWT' }, payload)),
  },
  {
    weight: 1,
    arbitrary: spoilt({ alg: 'ES256', typ: 'JWT', kid: 'x' }).map((header) =>
      signed(header, claims),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(hostileText, hostileText, hostileText)
      .map((parts) => parts.map((part) => Buffer.from(part).toString('base64url')).join('.')),
  },
  { weight: 1, arbitrary: hostileText },
);

const event = {
  id: claims.jti,
  type: 'it.fattureincloud.webhooks.entities.clients.create',
  subject: claims.sub,
  time: '2026-11-23T02:00:00Z',
};
const binaryHeaders = {
  'ce-id': event.id,
  'ce-type': event.type,
  'ce-subject': event.subject,
  'ce-time': event.time,
  'ce-specversion': '1.0',
  'content-type': 'application/json',
};
const structured = { specversion: '1.0', ...event, data: { ids: [1, 2] } };

const request = fc
  .record({
    method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'post', 'PUT', ''),
    headers: fc.oneof(
      hostileHeaders(binaryHeaders),
      hostileHeaders({ 'x-fic-verification-challenge': 'challenge' }),
      hostileHeaders({ 'content-type': 'application/cloudevents+json' }),
    ),
    query: hostileText,
    body: fc.oneof(hostileJson({ data: { ids: [1, 2] } }), hostileJson(structured)),
    token,
  })
  .map(({ token, headers, ...rest }) => ({
    ...rest,
    headers: { ...headers, authorization: `Bearer ${token}` },
  }));

const verifier = webhookVerifier({
  clock: { nowMs: () => nowMs },
  publicKeys: [providerKey.publicPem],
});
const admission = admissionOf({
  senders: memorySenders(),
  clock: { nowMs: () => nowMs },
  application: applicationId,
});

const requests = target('webhooks', {
  share: 20,
  input: request,
  feed: async (webhook): Promise<Ending> => {
    const sent: unknown[] = [];
    const { status, body } = await receiveNotification(
      { verifier, admission, queue: { send: async (messages) => void sent.push(...messages) } },
      { connection: 'default', url: sink },
      parseWebhook(webhook),
    );
    JSON.parse(body);
    if (status !== 202 && sent.length > 0) throw new Error('a refused webhook was kept');
    return status === 202 || status === 200 ? 'taken' : 'refused';
  },
});

const refusing = target('webhooks that the queue refuses', {
  share: 2,
  input: request,
  feed: async (webhook): Promise<Ending> => {
    const { status } = await receiveNotification(
      {
        verifier: { verify: async () => ({ kind: 'genuine', sender: {} }) },
        admission: anyone,
        queue: { send: () => Promise.reject(new StoreRefused('unavailable', 'invented')) },
      },
      { connection: 'default', url: sink },
      parseWebhook(webhook),
    );
    if (status === 202) throw new Error('a webhook that was not kept was accepted');
    return status === 200 ? 'taken' : 'refused';
  },
});

const keys = target('public keys of webhooks', {
  share: 1,
  input: fc.oneof(
    hostileText,
    fc
      .tuple(fc.nat(providerKey.publicPem.length), hostileText)
      .map(([at, text]) => providerKey.publicPem.slice(0, at) + text),
    fc.constant(providerKey.publicPem),
  ),
  feed: (pem) => {
    try {
      webhookVerifier({ clock: { nowMs: () => nowMs }, publicKeys: [pem] });
      return 'taken';
    } catch (error) {
      // What OpenSSL or the check of the curve says: told at start, before anything is served.
      if (error instanceof Error) return 'refused';
      throw error;
    }
  },
});

/** What reaches the sink of webhooks. */
export const webhookTargets: readonly Target[] = [requests, refusing, keys];
