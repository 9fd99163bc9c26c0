import fc from 'fast-check';
import type { TokenSource } from '../../src/core/consumers/token-source.ts';
import { Secret } from '../../src/core/secret.ts';
import { changeFeed, stampedLists } from '../../src/fatture-in-cloud/api/changes.ts';
import { apiClient } from '../../src/fatture-in-cloud/api/client.ts';
import { entityReader } from '../../src/fatture-in-cloud/api/entity-reader.ts';
import {
  describeRedirect,
  parseRedirect,
} from '../../src/fatture-in-cloud/oauth/authorization-request.ts';
import { parseScopes } from '../../src/fatture-in-cloud/oauth/scopes.ts';
import { classify, oauthError } from '../../src/fatture-in-cloud/oauth/token-answer.ts';
import { parseProviderProfile } from '../../src/fatture-in-cloud/profile.ts';
import { subscriptionsOf } from '../../src/fatture-in-cloud/webhooks/subscriptions.ts';
import { inventedToken } from '../core/invented-token.ts';
import { hostileHeaders, hostileJson, hostileText } from './hostile.ts';
import { type Ending, type Target, target } from './target.ts';

const status = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(200, 400) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(201, 204, 301, 401, 403, 404, 409, 422, 429, 500, 502, 503),
  },
);

const tokens = {
  token_type: 'bearer',
  access_token: 'a/0001invented',
  refresh_token: 'r/0001invented',
  expires_in: 86_400,
  error: '',
};

const tokenAnswers = target('token answers', {
  share: 20,
  input: fc.record({
    status,
    headers: hostileHeaders({
      'content-type': 'application/json',
      'retry-after': '30',
      date: 'Mon, 23 Nov 2026 02:00:00 GMT',
    }),
    body: fc.oneof(hostileJson(tokens), hostileJson({ error: 'invalid_grant' })),
    cutOff: fc.option(fc.constant('ECONNRESET'), { nil: undefined }),
  }),
  feed: ({ cutOff, ...answer }): Ending => {
    const made = classify(
      { ...answer, ...(cutOff === undefined ? {} : { cutOff }) },
      { nowMs: Date.UTC(2026, 10, 23), defaultLifetimeSeconds: 86_400 },
    );
    oauthError(answer.body);
    if (made.kind === 'throttled' && !(made.retryAfterMs >= 0)) throw new Error('no wait');
    if (made.kind !== 'granted') return 'refused';
    const { expiresInSeconds } = made.tokens;
    if (!Number.isSafeInteger(expiresInSeconds) || expiresInSeconds < 1)
      throw new Error('no lifetime');
    return 'taken';
  },
});

const token = inventedToken({
  accessToken: new Secret('a/0001invented', 'http://provider.example'),
});
const source: TokenSource = {
  obtain: async () => ({ kind: 'token', token }),
  rejected: async () => ({ kind: 'unavailable', detail: 'no other' }),
};

const page = {
  data: [
    { id: 1, updated_at: '2026-11-23 02:00:00', created_at: '2026-11-23 02:00:00' },
    { id: 2, updated_at: '2026-11-23 02:00:01', created_at: '2026-11-22 02:00:00' },
  ],
  total: 2,
};
const subscription = {
  data: { id: 'SUB230', sink: 'https://hooks.example.com', verified: true, types: ['t'] },
  warnings: ['invented'],
};
const apiError = { error: { code: 'NO_PERMISSION', message: 'invented' } };

const apiAnswers = target('API pages', {
  share: 20,
  input: fc.record({
    status,
    headers: hostileHeaders({
      'retry-after': '30',
      date: 'Mon, 23 Nov 2026 02:00:00 GMT',
      'ratelimit-hourlyremaining': '100',
      'ratelimit-hourlylimit': '1000',
    }),
    body: fc.oneof(hostileJson(page), hostileJson(subscription), hostileJson(apiError)),
    ask: fc.nat(5),
  }),
  feed: async ({ status, headers, body, ask }): Promise<Ending> => {
    const api = apiClient({
      baseUrl: 'http://provider.example',
      tokens: source,
      requestMs: 1000,
      fetch: async () => {
        const isBare = status === 204;
        return new Response(isBare ? null : body, { status, headers: sendable(headers) });
      },
    });
    const answer = await asked(api, ask);
    return ['page', 'bin', 'entity', 'ok'].includes(answer.kind) ? 'taken' : 'refused';
  },
});

/** Only what HTTP lets through. */
function sendable(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([, value]) =>
      /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value),
    ),
  );
}

async function asked(
  api: ReturnType<typeof apiClient>,
  ask: number,
): Promise<{ readonly kind: string }> {
  const feed = changeFeed(api);
  const [list] = stampedLists;
  if (list === undefined) throw new Error('there are no lists');
  const query = { since: null, until: '2026-11-23 02:00:00', page: 1, entity: 'full' } as const;
  const notification = {
    id: 'e',
    companyId: 1,
    type: 'it.fattureincloud.webhooks.entities.clients.update',
    resource: 'clients',
    change: 'update',
    ids: [1],
  } as const;
  switch (ask) {
    case 0:
      return feed.page(1, list, query);
    case 1:
      return feed.bin(1, 'issued_documents');
    case 2: {
      const read = await feed.entity(1, 'clients', 1);
      if (read.kind === 'entity') feed.stampOf(read.entity);
      return read;
    }
    case 3:
      return subscriptionsOf(api, 1).list();
    case 4:
      return subscriptionsOf(api, 1).create({ sink: 'https://hooks.example.com', types: [] });
    default:
      return entityReader(api).read(notification, 1);
  }
}

const redirects = target('redirects of a login', {
  share: 8,
  input: fc.oneof(
    hostileText,
    fc
      .record({
        base: fc.constantFrom('http://localhost:8787/callback?', '/callback?', '', '//', '?'),
        code: hostileText,
        state: fc.constantFrom('state', 'other', ''),
        rest: hostileText,
      })
      .map(({ base, code, state, rest }) => `${base}state=${state}&code=${code}${rest}`),
  ),
  feed: (text) => {
    const redirect = parseRedirect(text, 'state');
    if (redirect.kind === 'code') return 'taken';
    describeRedirect(redirect);
    return 'refused';
  },
});

const profiles = target('provider files', {
  share: 5,
  input: hostileJson({
    tokenEndpoint: 'https://id.example.org/token',
    authorizationEndpoint: 'https://id.example.org/authorize',
    canaryUrl: 'http://127.0.0.1:4010/me',
    clientAuthentication: 'basic',
    encoding: 'form',
    defaultLifetimeSeconds: 3600,
    replayPolicy: { grace: 30 },
  }),
  feed: (text) => (parseProviderProfile(text).kind === 'profile' ? 'taken' : 'refused'),
});

const scopeTexts = target('scopes', {
  share: 3,
  input: fc
    .array(fc.oneof(fc.constantFrom('products:r', 'settings:a', 'emails:r'), hostileText), {
      maxLength: 4,
    })
    .map((names) => names.join(' ')),
  feed: (text) => (parseScopes(text).kind === 'scopes' ? 'taken' : 'refused'),
});

/** What the provider answers, and what people bring from it. */
export const providerTargets: readonly Target[] = [
  tokenAnswers,
  apiAnswers,
  redirects,
  profiles,
  scopeTexts,
];
