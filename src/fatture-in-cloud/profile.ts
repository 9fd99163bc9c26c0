import * as v from 'valibot';
import type { ReplayPolicy } from '../core/journal/replay-policy.ts';
import { isSafeUrl, originOf, shownUrl } from '../core/origin.ts';
import { jsonIn } from '../core/text/json.ts';
import { fattureInCloudUrl } from './webhooks/keys.ts';

/** All that a provider is to the client, as data. */
export interface ProviderProfile {
  /** Names the provider in a grant: a token is only ever sent to the provider that gave it. */
  readonly baseUrl: string;
  readonly tokenUrl: string;
  readonly authorizeUrl?: string;
  readonly deviceUrl?: string;
  /** Where pages of the provider for people are, beside the endpoint's own origin. */
  readonly pageOrigins?: readonly string[];
  /** Answers 200 to a good access token and 401 to a bad one. */
  readonly canaryUrl?: string;
  /** Fatture in Cloud's list of companies; other providers have none. */
  readonly companiesUrl?: string;
  /** `basic` is RFC 6749 §2.3.1; `body` puts the credentials among the parameters. */
  readonly clientAuthentication: 'body' | 'basic';
  readonly encoding: 'json' | 'form';
  /** Whether codes are tied to their login by S256 (RFC 7636); a server that does not know it ignores it. */
  readonly pkce: boolean;
  /** Taken where an answer has no usable `expires_in`. */
  readonly defaultLifetimeSeconds: number;
  readonly replayPolicy: ReplayPolicy;
}

/** Where refresh tokens, codes and the application's secret may go. */
export function tokenOrigin({ tokenUrl }: Pick<ProviderProfile, 'tokenUrl'>): string | undefined {
  return originOf(tokenUrl);
}

/** Where access tokens may go. */
export function apiOrigin({
  canaryUrl,
  baseUrl,
}: Pick<ProviderProfile, 'canaryUrl' | 'baseUrl'>): string | undefined {
  return originOf(canaryUrl ?? baseUrl);
}

const fattureInCloudPages = ['https://fattureincloud.it', 'https://secure.fattureincloud.it'];

/** Fatture in Cloud, or a server that behaves like it at another URL; throws TypeError if that is no URL. */
export function fattureInCloud(baseUrl: string = fattureInCloudUrl): ProviderProfile {
  const base = new URL(baseUrl).href.replace(/\/+$/, '');
  return {
    baseUrl: base,
    tokenUrl: `${base}/oauth/token`,
    authorizeUrl: `${base}/oauth/authorize`,
    deviceUrl: `${base}/oauth/device`,
    ...(base === fattureInCloudUrl ? { pageOrigins: fattureInCloudPages } : {}),
    canaryUrl: `${base}/user/info`,
    companiesUrl: `${base}/user/companies`,
    clientAuthentication: 'body',
    encoding: 'json',
    pkce: true,
    defaultLifetimeSeconds: 86_400,
    replayPolicy: { kind: 'unknown' },
  };
}

/** A profile as it was read, or its problems; each names the field at fault. */
export type ParsedProfile =
  | { readonly kind: 'profile'; readonly profile: ProviderProfile }
  | { readonly kind: 'rejected'; readonly problems: readonly string[] };

const endpoint = v.pipe(
  v.string('must be a URL'),
  v.check(
    isSafeUrl,
    'must be an https URL (http on this machine alone) without credentials or fragment',
  ),
);

const wholeSeconds = v.pipe(
  v.number('must be a whole number of seconds above 0'),
  v.check(
    (value) => Number.isSafeInteger(value) && value > 0,
    'must be a whole number of seconds above 0',
  ),
);

const replayPolicy = v.union(
  [
    v.pipe(
      v.picklist(['reusable', 'single-use', 'unknown']),
      v.transform((kind): ReplayPolicy => ({ kind })),
    ),
    v.pipe(
      v.strictObject({ grace: wholeSeconds }),
      v.transform(({ grace }): ReplayPolicy => ({ kind: 'grace', seconds: grace })),
    ),
  ],
  `must be 'reusable', 'single-use', 'unknown' or {"grace": seconds}`,
);

const profileSchema = v.strictObject({
  tokenEndpoint: endpoint,
  authorizationEndpoint: v.optional(endpoint),
  deviceAuthorizationEndpoint: v.optional(endpoint),
  canaryUrl: v.optional(endpoint),
  clientAuthentication: v.optional(
    v.picklist(['body', 'basic'], `must be 'body' or 'basic'`),
    'basic',
  ),
  encoding: v.optional(v.picklist(['json', 'form'], `must be 'json' or 'form'`), 'form'),
  pkce: v.optional(v.boolean('must be true or false'), true),
  defaultLifetimeSeconds: v.optional(wholeSeconds, 3600),
  replayPolicy: v.optional(replayPolicy, 'unknown'),
});

/** Reads the JSON of a `FRESCO_PROVIDER` file; what is left out is as the RFC has it, the policy `unknown`. */
export function parseProviderProfile(text: string): ParsedProfile {
  const value = jsonIn(text);
  if (value === undefined) {
    return { kind: 'rejected', problems: ['the provider file is not JSON'] };
  }
  // To valibot a list is an object too.
  const parsed = v.safeParse(profileSchema, Array.isArray(value) ? null : value);
  if (!parsed.success) return { kind: 'rejected', problems: parsed.issues.map(problemOf) };
  return { kind: 'profile', profile: profileOf(parsed.output) };
}

function profileOf(fields: v.InferOutput<typeof profileSchema>): ProviderProfile {
  const { authorizationEndpoint, deviceAuthorizationEndpoint, canaryUrl } = fields;
  return {
    baseUrl: new URL(fields.tokenEndpoint).origin,
    tokenUrl: fields.tokenEndpoint,
    ...(authorizationEndpoint === undefined ? {} : { authorizeUrl: authorizationEndpoint }),
    ...(deviceAuthorizationEndpoint === undefined
      ? {}
      : { deviceUrl: deviceAuthorizationEndpoint }),
    ...(canaryUrl === undefined ? {} : { canaryUrl }),
    clientAuthentication: fields.clientAuthentication,
    encoding: fields.encoding,
    pkce: fields.pkce,
    defaultLifetimeSeconds: fields.defaultLifetimeSeconds,
    replayPolicy: fields.replayPolicy,
  };
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  if (path === null) return 'the provider file must hold a JSON object';
  if (issue.kind === 'schema' && issue.type === 'strict_object') {
    return issue.expected === 'never'
      ? `${path} is not a setting of a provider`
      : `${path} is missing`;
  }
  const got = typeof issue.input === 'string' ? `"${shownUrl(issue.input)}"` : issue.received;
  return `${path} ${issue.message}, got ${got}`;
}
