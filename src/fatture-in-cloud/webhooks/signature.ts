import { createPublicKey, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../../core/ports.ts';
import type {
  Forgery,
  NotificationVerifier,
  Proof,
  Verification,
} from '../../core/webhooks/ports.ts';
import { fattureInCloudUrl, fattureInCloudWebhookKey } from './keys.ts';
import { companyOf } from './request.ts';

/** Whose notifications are believed. */
export interface WebhookVerifierOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  /** PEM, one or two: while the provider changes its key, both are good. Default: the one it publishes. */
  readonly publicKeys?: readonly string[];
  /** Default: Fatture in Cloud's API. */
  readonly issuer?: string;
}

const tokenLengthMax = 8192;
const clockToleranceSeconds = 60;

// The provider signs for three hours. A token that names a later end is none of its own.
const ageMaxSeconds = 3 * 3600;

/**
 * Checks the token that comes with each notification: ES256 and nothing else, issuer, expiry, the sink, and
 * that it speaks of this event. Throws TypeError at once for a key that is not a P-256 public key.
 */
export function webhookVerifier(options: WebhookVerifierOptions): NotificationVerifier {
  const keys = (options.publicKeys ?? [fattureInCloudWebhookKey]).map(publicKey);
  return {
    verify: async (proof) => {
      const { token } = proof;
      if (token === undefined) return forged('unsigned');
      if (token.length > tokenLengthMax) return forged('malformed');
      const signed = await firstPayload(token, keys, options);
      if (typeof signed === 'string') return forged(signed);
      return verificationOf(signed, proof);
    },
  };
}

function publicKey(pem: string): KeyObject {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new TypeError('the public key of webhooks must be one for ES256 (P-256)');
  }
  return key;
}

/** The payload, if one of the keys made the signature; else why there is none. */
async function firstPayload(
  token: string,
  keys: readonly KeyObject[],
  options: WebhookVerifierOptions,
): Promise<JWTPayload | Forgery> {
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['ES256'],
        issuer: options.issuer ?? fattureInCloudUrl,
        currentDate: new Date(options.clock.nowMs()),
        clockTolerance: clockToleranceSeconds,
        maxTokenAge: ageMaxSeconds,
        requiredClaims: ['exp', 'aud'],
      });
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) return reasonOf(error);
    }
  }
  return 'signature';
}

function reasonOf(error: unknown): Forgery {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return 'issuer';
    return error.claim === 'aud' ? 'audience' : 'expired';
  }
  return error instanceof errors.JOSEAlgNotAllowed ? 'signature' : 'malformed';
}

function verificationOf(payload: JWTPayload, proof: Proof): Verification {
  const audiences = [payload.aud].flat().filter((audience) => typeof audience === 'string');
  if (!audiences.map(withoutQuery).includes(proof.sink)) return forged('audience');
  if (proof.eventId !== undefined && payload.jti !== proof.eventId) return forged('event-id');
  if (proof.subject !== undefined && payload.sub !== proof.subject) return forged('subject');
  const companyId = typeof payload.sub === 'string' ? companyOf(payload.sub) : undefined;
  const application = textOf(payload['aid']);
  return {
    kind: 'genuine',
    sender: {
      ...(companyId !== undefined && { companyId }),
      ...(application !== undefined && { application }),
    },
  };
}

/** The handshake in query mode puts its challenge on the sink; whether into the audience too is not documented. */
function withoutQuery(audience: string): string | undefined {
  return audience.split('?', 1)[0];
}

/** The provider writes `aid` as a number; a text would be the same. */
function textOf(aid: unknown): string | undefined {
  return typeof aid === 'number' || typeof aid === 'string' ? String(aid) : undefined;
}

function forged(reason: Forgery): Verification {
  return { kind: 'forged', reason };
}
