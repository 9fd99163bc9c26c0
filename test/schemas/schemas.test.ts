import { describe, expect, it } from 'vitest';
import { entityChanged } from '../../src/core/events/entity-changed.ts';
import type { FrescoEvent, SubscriptionLostDetail } from '../../src/core/events/event.ts';
import type { Outcome } from '../../src/core/outcome/outcome.ts';
import { eventOf, type Report } from '../../src/core/outcome/report.ts';
import { type AccessToken, encodeAccessToken } from '../../src/core/records/access-token.ts';
import { Secret } from '../../src/core/secret.ts';
import { breachesOf } from './json-schema.ts';
import { schemaOf } from './schema-files.ts';

const token: AccessToken = {
  connection: 'default',
  grant: 1,
  generation: 7,
  attempt: 3,
  accessToken: new Secret('a/0007invented', 'https://api.example.com'),
  issuedAtMs: Date.parse('2026-11-23T02:00:00Z'),
  expiresAtMs: Date.parse('2026-11-24T02:00:00Z'),
  companies: [{ id: 108061, name: 'Studio Esempio' }],
  refreshWith: 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:consumers',
};

function secretBreaches(stored: AccessToken, changes: Record<string, unknown> = {}) {
  const value = { ...JSON.parse(encodeAccessToken(stored).reveal()), ...changes };
  return breachesOf(schemaOf('access-token'), value);
}

describe('the schema of the access-token secret', () => {
  const { refreshWith: _, ...alone } = token;
  it.each([
    { name: 'a token with a rotator', stored: token },
    { name: 'a manual token', stored: { ...alone, expiresAtMs: null } },
    { name: 'a token of no company', stored: { ...token, companies: [] } },
  ])('is kept by what is stored: $name', ({ stored }) => {
    expect(secretBreaches(stored)).toEqual([]);
  });

  it('names every field that is stored', () => {
    const manual = { ...token, expiresAtMs: null, scopes: ['entity.clients:r'] };
    const stored = Object.keys(JSON.parse(encodeAccessToken(manual).reveal()));
    const { properties } = schemaOf('access-token') as { properties: object };
    expect(stored.sort()).toEqual(Object.keys(properties).sort());
  });

  it.each([
    { v: 2 },
    { accessToken: '' },
    { expiresAt: 1_790_000_000 },
    { expiresAt: 'tomorrow' },
    { generation: 1.5 },
    { companies: [{ id: '1', name: 'x' }] },
    { refreshWith: '' },
  ])('is broken by %j', (changes) => {
    expect(secretBreaches(token, changes)).toHaveLength(1);
  });
});

const report = (outcome: Outcome, turn?: Report['turn']): Report => ({
  connection: 'default',
  trigger: 'schedule',
  atMs: token.issuedAtMs,
  outcome,
  published: token,
  warnings: ['the canary could not be asked'],
  ...(turn && { turn }),
});
const position = { grant: 1, generation: 7, attempt: 3 };
const latch = { kind: 'revoked', position, sinceMs: 0 } as const;
const change = {
  connection: 'default',
  companyId: 108061,
  resource: 'clients',
  id: 3062000,
  change: 'update',
  origin: 'webhook',
} as const;

const events: readonly (FrescoEvent | undefined)[] = [
  eventOf(report({ kind: 'refreshed', token })),
  eventOf(report({ kind: 'refreshed', token }, 'recovered')),
  eventOf(report({ kind: 'unavailable', detail: 'down', retryAtMs: null })),
  eventOf(report({ kind: 'latched', latch }, 'reauthorization-required'), 'https://x/connect'),
  entityChanged({ ...change, entity: { id: 3062000 }, time: '2026-04-04T12:54:21+02:00' }),
  entityChanged({ ...change, id: 'DOC_1', change: 'delete', eventId: '198:1', type: 'x' }),
  {
    detailType: 'Webhook Subscription Lost',
    detail: {
      v: 1,
      connection: 'default',
      subject: 'company:108061',
      company: 108061,
      subscription: 'SUB230',
      sink: 'https://hooks.example.com/default',
      types: ['it.fattureincloud.webhooks.entities.clients.update'],
      why: 'gone',
      renewedAs: 'SUB231',
    } satisfies SubscriptionLostDetail,
  },
  entityChanged({ ...change, entity: { notes: 'x'.repeat(300_000) } }),
];

const delivered = ({ detailType, detail }: FrescoEvent) => ({
  source: 'fresco',
  'detail-type': detailType,
  // As it goes over the wire, without what is undefined.
  detail: JSON.parse(JSON.stringify(detail)),
});

describe('the schema of the events', () => {
  it.each(events.flatMap((event) => event ?? []))('is kept by $detailType', (event) => {
    expect(breachesOf(schemaOf('events'), delivered(event))).toEqual([]);
  });

  it('is broken by an event without its subject', () => {
    const event = entityChanged(change);
    const { subject: _, ...detail } = event.detail;
    expect(breachesOf(schemaOf('events'), delivered({ ...event, detail }))).toContain(
      '$.detail.subject is missing',
    );
  });
});
