import { type Context, Hono } from 'hono';
import { parseScopes, splitScope } from '../../fatture-in-cloud/oauth/scopes.ts';
import { parseObject, refuseOAuth } from '../api/answers.ts';
import type { Settings } from '../control/settings.ts';
import { bodyText } from '../request-body.ts';
import type { Application } from './application.ts';
import type { Authorizations } from './authorizations.ts';
import { type DeviceCodes, deviceCodeSeconds, pollTexts } from './device-codes.ts';
import { type Dialect, dialects } from './dialects.ts';
import type { Grants } from './grants.ts';

/** What the token endpoint and the device endpoint work on. */
export interface TokenEndpointParts {
  readonly application: Application;
  readonly authorizations: Authorizations;
  readonly deviceCodes: DeviceCodes;
  readonly grants: Grants;
  readonly settings: () => Settings;
  /** Called when a replaced refresh token was presented again and refused. */
  readonly onReuse: () => void;
}

type Fields = Readonly<Record<string, string | undefined>>;

const deviceGrantType = 'urn:ietf:params:oauth:grant-type:device_code';

/** `POST /oauth/token` and `POST /oauth/device`: JSON or form, client credentials in the body. */
export function tokenEndpoint(parts: TokenEndpointParts): Hono {
  const app = new Hono();
  app.post('/oauth/token', async (c) => {
    const fields = await readFields(c);
    switch (fields['grant_type']) {
      case undefined:
        return refuseOAuth(c, 'invalid_request', 'The grant type field is required.');
      case 'authorization_code':
        return exchangeCode(c, parts, fields);
      case 'refresh_token':
        return refresh(c, parts, fields);
      case deviceGrantType:
        return pollDevice(c, parts, fields);
      default:
        return refuseOAuth(c, 'unsupported_grant_type', 'The grant type is not supported.');
    }
  });
  app.post('/oauth/device', async (c) => startDevice(c, parts, await readFields(c)));
  return app;
}

function exchangeCode(c: Context, parts: TokenEndpointParts, fields: Fields): Response {
  const missing = firstMissing(fields, ['client_id', 'code', 'redirect_uri']);
  if (missing !== undefined) return refuseMissing(c, missing, 'authorization_code');
  if (!isClient(parts, fields, true)) return refuseClient(c, parts);
  const { code = '', client_id = '', redirect_uri = '', code_verifier } = fields;
  const consent = parts.authorizations.redeem(code, client_id, redirect_uri, code_verifier);
  if (typeof consent === 'string') return refuseOAuth(c, 'invalid_grant', codeTexts[consent]);
  return c.json(parts.grants.open(consent));
}

const codeTexts = {
  unknown: 'The authorization code is not valid or was already used.',
  expired: 'The authorization code is expired.',
  mismatch: 'The authorization code was issued for another redirect URI.',
  verifier: 'The code verifier does not match the challenge.',
} as const;

function refresh(c: Context, parts: TokenEndpointParts, fields: Fields): Response {
  const missing = firstMissing(fields, ['client_id', 'refresh_token']);
  if (missing !== undefined) return refuseMissing(c, missing, 'refresh_token');
  const { client_id = '', refresh_token = '' } = fields;
  const needsSecret = !parts.grants.isOfDevice(refresh_token);
  if (!isClient(parts, fields, needsSecret)) return refuseClient(c, parts);
  const refreshed = parts.grants.refresh(refresh_token, client_id);
  if (refreshed.kind === 'granted') return c.json(refreshed.answer);
  if (refreshed.why === 'reused') parts.onReuse();
  const { refusalDialect } = parts.settings();
  if (refusalDialect !== 'rfc') return refuseIn(c, refusalDialect, 'token');
  return refuseOAuth(c, 'invalid_grant', 'The refresh token is not valid, expired or revoked.');
}

function pollDevice(c: Context, parts: TokenEndpointParts, fields: Fields): Response {
  const missing = firstMissing(fields, ['client_id', 'device_code']);
  if (missing !== undefined) return refuseMissing(c, missing, deviceGrantType);
  if (!isClient(parts, fields, false)) return refuseClient(c, parts);
  const { client_id = '', device_code = '' } = fields;
  const poll = parts.deviceCodes.poll(device_code, client_id);
  if (poll.kind !== 'approved') return refuseOAuth(c, poll.kind, pollTexts[poll.kind]);
  const { scopes, companyIds } = poll;
  return c.json(parts.grants.open({ clientId: client_id, scopes, companyIds, method: 'device' }));
}

function startDevice(c: Context, parts: TokenEndpointParts, fields: Fields): Response {
  const missing = firstMissing(fields, ['client_id', 'scope']);
  if (missing !== undefined) return refuseMissing(c, missing);
  if (!isClient(parts, fields, false)) return refuseClient(c, parts);
  const parsed = parseScopes(fields['scope'] ?? '');
  if (parsed.kind !== 'scopes') {
    return refuseOAuth(c, 'invalid_scope', 'The requested scope is not valid.');
  }
  const interval = parts.settings().deviceIntervalSeconds;
  const code = parts.deviceCodes.issue(fields['client_id'] ?? '', parsed.scopes, interval);
  const levels = parsed.scopes.map(splitScope).map(({ resource, level }) => [resource, level]);
  return c.json({
    data: {
      device_code: code.deviceCode,
      user_code: code.userCode,
      scope: Object.fromEntries(levels),
      verification_uri: new URL('/connetti', c.req.url).href,
      interval,
      expires_in: deviceCodeSeconds,
    },
  });
}

/** A secret that is sent must be right; one that is not sent is missed only where it is needed. */
function isClient(parts: TokenEndpointParts, fields: Fields, needsSecret: boolean): boolean {
  if (fields['client_id'] !== parts.application.clientId) return false;
  const secret = fields['client_secret'];
  return secret === undefined ? !needsSecret : secret === parts.application.clientSecret;
}

function refuseClient(c: Context, parts: TokenEndpointParts): Response {
  const { refusalDialect, invalidClientStatus: status } = parts.settings();
  if (refusalDialect !== 'rfc') return refuseIn(c, refusalDialect, 'application');
  return refuseOAuth(c, 'invalid_client', 'Client authentication failed.', status);
}

function refuseIn(c: Context, dialect: Dialect, what: 'token' | 'application'): Response {
  const [status, body] = dialects[dialect][what];
  return c.json(body, status);
}

function firstMissing(fields: Fields, names: readonly string[]): string | undefined {
  return names.find((name) => fields[name] === undefined);
}

/** The wording of the validator behind the real endpoint. */
function refuseMissing(c: Context, name: string, grantType?: string): Response {
  const words = name.replaceAll('_', ' ');
  const isAlways = name === 'client_id' || grantType === undefined;
  const when = isAlways ? '' : ` when grant type is ${grantType}`;
  return refuseOAuth(c, 'invalid_request', `The ${words} field is required${when}.`);
}

/** The non-empty strings of a body; a body that is not understood has none, and is answered as one without. */
async function readFields(c: Context): Promise<Fields> {
  const text = await bodyText(c);
  const isForm = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded');
  const entries = isForm ? [...new URLSearchParams(text)] : Object.entries(parseObject(text) ?? {});
  return Object.fromEntries(
    entries.filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  );
}
