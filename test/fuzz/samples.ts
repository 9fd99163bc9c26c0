import type { Journal } from '../../src/core/journal/journal.ts';
import { accessTokenOf, encodeAccessToken } from '../../src/core/records/access-token.ts';
import { encodeClient } from '../../src/core/records/client.ts';
import { encodeGrant, type Grant } from '../../src/core/records/grant.ts';
import { seal } from '../../src/core/records/seal.ts';
import { Secret } from '../../src/core/secret.ts';
import { grantOf, startMs } from '../core/memory-connection.ts';
import type { Json } from './hostile.ts';

const jsonOf = (secret: Secret): Json => JSON.parse(secret.reveal());

/** A grant, and what is stored of it. */
export const grant: Grant = grantOf(20 * 3_600_000, {
  companies: [{ id: 108061, name: 'Esempio' }],
});
export const grantJson = jsonOf(encodeGrant(grant));

const published = accessTokenOf(grant, 'arn:aws:lambda:eu-south-1:111122223333:function:x:c');
if (published === undefined) throw new Error('there is nothing to publish');
export const accessTokenJson = jsonOf(encodeAccessToken(published));

export const clientJson = jsonOf(
  encodeClient({
    clientId: 'invented-client',
    clientSecret: new Secret('invented-secret'),
    redirectUri: 'http://localhost:8787/callback',
  }),
);

const position = { grant: 1, generation: 1, attempt: 0 };

/** A journal in which everything that can be noted is. */
export const journal: Journal = {
  lease: { owner: 'dead', fence: 3, expiresAtMs: startMs - 1 },
  fence: 3,
  known: position,
  dispatch: {
    parent: position,
    sends: [{ versionId: 'v'.repeat(32), attempt: 1, sentAtMs: startMs - 60_000 }],
  },
  lastAttempt: 1,
  seals: [
    seal(
      encodeGrant({ ...grant, generation: 2, attempt: 1 }),
      {
        versionId: 'v'.repeat(32),
        position: { grant: 1, generation: 2, attempt: 1 },
        sealKey: grant.sealKey,
      },
      { bytes: (count) => new Uint8Array(count).fill(7) },
    ),
  ],
  latch: { kind: 'revoked', position, sinceMs: startMs - 3_600_000 },
  called: { forMs: startMs - 3_600_000, by: 'owner' },
  refusal: { position, atMs: startMs - 7_200_000 },
  badAnswer: {
    kind: 'unexpected',
    status: 403,
    contentType: 'text/html',
    sinceMs: startMs - 7_200_000,
    atMs: startMs - 3_600_000,
    needsPerson: true,
  },
  acceptedClient: 'c1',
  retryAtMs: startMs - 1,
  pausedAtMs: null,
  canary: { position, verdict: 'accepted', sinceMs: 1, atMs: 2, fromFirst: true, checkedAtMs: 2 },
  sentAtMs: [startMs - 60_000],
  liftedFor: null,
  failingSinceMs: null,
  history: [{ atMs: startMs - 60_000, outcome: 'refreshed', generation: 1 }],
  measured: { provider: grant.provider, policy: { kind: 'grace', seconds: 60 }, atMs: 1 },
};
export const journalJson: Json = JSON.parse(JSON.stringify(journal));

/** What a stack leaves about itself. */
export const stackJson: Json = {
  v: 1,
  environment: '111122223333/eu-south-1/prod',
  connections: ['default'],
  table: 'fresco',
  bus: 'fresco',
  consumersAlias: 'arn:aws:lambda:eu-south-1:111122223333:function:x:consumers',
  operatorAlias: 'arn:aws:lambda:eu-south-1:111122223333:function:x:operator',
  webhookSink: 'https://hooks.example.com/webhooks',
  queueUrl: 'https://sqs.example.com/111122223333/q',
};

/** The ARN of that parameter. */
export const stackArn = 'arn:aws:ssm:eu-south-1:111122223333:parameter/fresco/stack';

/** A notification on its way through the queue. */
export const notificationJson: Json = {
  v: 1,
  connection: 'default',
  part: 0,
  id: '198:event-1',
  companyId: 108061,
  type: 'it.fattureincloud.webhooks.entities.clients.update',
  resource: 'clients',
  change: 'update',
  time: '2026-11-23T02:00:00Z',
  ids: [1, 2],
};

/** The record of a sync under way, and the place in one list. */
export const syncJson: Json = {
  v: 1,
  id: 'abcd',
  startedAtMs: startMs,
  until: '2026-11-23 02:00:00',
  since: null,
  done: ['1/clients'],
  failures: { '1/clients': 1 },
  skipped: [{ list: 'x', why: 'y' }],
  counts: { requests: 1, pages: 1, changed: 1, deleted: 0, alreadyTold: 0 },
  resources: { clients: 1 },
  isComplete: false,
};
export const cursorJson: Json = {
  v: 1,
  since: { at: '2026-11-22 02:00:00', inclusive: true },
  walk: { since: null, until: '2026-11-23 02:00:00', page: 2, total: 300 },
  newest: '2026-11-22 02:00:00',
  recent: [{ stamp: '2026-11-22 02:00:00', ids: '5 a', texts: ['x'] }],
  rewoundBy: null,
};
