import { originOf } from '../origin.ts';
import type { Position } from '../position.ts';
import { Secret } from '../secret.ts';
import { fromRfc3339, toRfc3339 } from '../time.ts';
import { type Company, companiesIn } from './company.ts';
import { refuseLoggedOut } from './logged-out.ts';
import { encodeRecord, field, parseRecord } from './record.ts';

/** A grant as one version of its secret holds it: the newest token pair and what keeps the next one safe. */
export interface Grant extends Position {
  readonly connection: string;
  readonly refreshToken: Secret;
  /** `null` until the first refresh of a refresh token that was adopted from elsewhere. */
  readonly accessToken: Secret | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** 32 random bytes in base64, made by login and copied into each version of this grant. */
  readonly sealKey: Secret;
  /** The companies that the person chose at login. */
  readonly companies: readonly Company[];
  /** Base URL of the provider that issued the grant. */
  readonly provider: string;
  /** Where the grant may be spent: account, region and stage, or this machine. */
  readonly environment: string;
  /** What the person was asked for; absent where nobody knows. */
  readonly scopes?: readonly string[];
}

/** The JSON that is stored; the same grant always gives the same text, so that a put can be repeated. */
export function encodeGrant(grant: Grant): Secret {
  const accessTokenOrigin = grant.accessToken?.origin;
  return encodeRecord({
    connection: grant.connection,
    grant: grant.grant,
    generation: grant.generation,
    attempt: grant.attempt,
    refreshToken: grant.refreshToken,
    accessToken: grant.accessToken,
    issuedAt: toRfc3339(grant.issuedAtMs),
    expiresAt: toRfc3339(grant.expiresAtMs),
    sealKey: grant.sealKey,
    companies: grant.companies.map(({ id, name }) => ({ id, name })),
    provider: grant.provider,
    environment: grant.environment,
    // Written only where it says more than `provider`: a put of 0.1.0 can still be repeated.
    accessTokenOrigin:
      accessTokenOrigin === originOf(grant.provider) ? undefined : accessTokenOrigin,
    scopes: grant.scopes,
  });
}

/**
 * Reads back what `encodeGrant` wrote; rejects with `StoreRefused` ('damaged') and names the field at fault,
 * or ('missing') where a logout has left its mark.
 */
export function decodeGrant(value: Secret): Grant {
  const record = parseRecord(value, 'grant secret');
  refuseLoggedOut(record);
  const connection = field.text(record, 'connection');
  const provider = field.text(record, 'provider');
  const origin = originOf(provider);
  const { accessToken, accessTokenOrigin, scopes } = record.fields;
  const ownOrigin = typeof accessTokenOrigin === 'string' ? accessTokenOrigin : origin;
  return {
    connection,
    grant: field.count(record, 'grant'),
    generation: field.count(record, 'generation'),
    attempt: field.count(record, 'attempt'),
    refreshToken: new Secret(field.text(record, 'refreshToken'), origin),
    accessToken:
      accessToken === null ? null : new Secret(field.text(record, 'accessToken'), ownOrigin),
    issuedAtMs: field.parsed(record, 'issuedAt', fromRfc3339),
    expiresAtMs: field.parsed(record, 'expiresAt', fromRfc3339),
    sealKey: new Secret(field.text(record, 'sealKey')),
    companies: companiesIn(record),
    provider,
    environment: field.text(record, 'environment'),
    ...(Array.isArray(scopes) ? { scopes: scopes.filter((it) => typeof it === 'string') } : {}),
  };
}
