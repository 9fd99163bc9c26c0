import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';

/** The sink, application and moment that all tests of webhooks share. */
export const sink = 'https://hooks.example.com/default';
export const applicationId = '1234';
export const nowMs = Date.parse('2026-11-23T02:00:00Z');

/** A key pair for ES256, its public half in PEM as well. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicPem: string;
}

/** A new key pair on P-256, or another curve. */
export function newSigningKey(namedCurve = 'P-256'): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return { privateKey, publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/** The provider's key in these tests, and one that it never had. */
export const providerKey = newSigningKey();
export const strangerKey = newSigningKey();

/** Claims as the provider makes them for the event `198:event-1` of company 108000. */
export const claims = {
  jti: '198:event-1',
  iss: 'https://api-v2.fattureincloud.it',
  sub: 'company:108000',
  aud: [sink],
  iat: nowMs / 1000 - 10,
  exp: nowMs / 1000 + 3 * 60 * 60,
  aid: Number(applicationId),
};

/** A token over `claims` with changes; `undefined` takes a claim out. */
export function sign(
  changes: Readonly<Record<string, unknown>> = {},
  key: SigningKey = providerKey,
): Promise<string> {
  const payload = JSON.parse(JSON.stringify({ ...claims, ...changes }));
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'JWT' }).sign(key.privateKey);
}
