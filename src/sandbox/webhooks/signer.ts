import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';

/** The claims of a webhook's token; none covers the body, the type or the time. */
export interface WebhookClaims {
  readonly jti: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly aid: number;
  readonly iss: string;
  readonly iat: number;
  readonly exp: number;
}

/** The key pair that the sandbox signs its webhooks with. */
export interface WebhookSigner {
  /** SPKI, to check signatures with. */
  readonly publicKeyPem: string;
  /** A JWT in compact form, ES256 (RFC 7518 §3.4). */
  sign(claims: WebhookClaims): string;
}

/** Signs with the given P-256 private key (PEM), or with a new one. */
export function webhookSigner(privateKeyPem?: string): WebhookSigner {
  const key =
    privateKeyPem === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
      : createPrivateKey(privateKeyPem);
  return {
    publicKeyPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
    sign: (claims) => compact(claims, key),
  };
}

function compact(claims: WebhookClaims, key: KeyObject): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const head = `${encode({ typ: 'JWT', alg: 'ES256' })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(head), { key, dsaEncoding: 'ieee-p1363' });
  return `${head}.${signature.toString('base64url')}`;
}
