import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Random } from '../ports.ts';
import { type Position, positionOf } from '../position.ts';
import { Secret } from '../secret.ts';

/** A token pair kept in the journal, encrypted: the journal alone opens nothing. */
export interface Seal extends Position {
  /** The version that the pair is to become, and the info from which its key is derived. */
  readonly versionId: string;
  /** AES-256-GCM in base64: nonce (12 bytes), tag (16 bytes), ciphertext. */
  readonly box: string;
}

/** Seals an encoded grant under the grant's seal key; the key is used for this version id alone. */
export function seal(
  value: Secret,
  sealed: { readonly versionId: string; readonly position: Position; readonly sealKey: Secret },
  random: Random,
): Seal {
  const { versionId } = sealed;
  const position = positionOf(sealed.position);
  const nonce = random.bytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFor(sealed.sealKey, versionId), nonce);
  cipher.setAAD(associated(versionId, position));
  const text = Buffer.concat([cipher.update(value.reveal(), 'utf8'), cipher.final()]);
  const box = Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
  return { ...position, versionId, box };
}

/** The sealed value, or `undefined` if the key is another or the seal was altered. */
export function openSeal(sealed: Seal, sealKey: Secret): Secret | undefined {
  const bytes = Buffer.from(sealed.box, 'base64');
  try {
    const key = keyFor(sealKey, sealed.versionId);
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), {
      authTagLength: 16,
    });
    decipher.setAuthTag(bytes.subarray(12, 28));
    decipher.setAAD(associated(sealed.versionId, positionOf(sealed)));
    const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
    return new Secret(text.toString('utf8'));
  } catch {
    return undefined;
  }
}

function keyFor(sealKey: Secret, versionId: string): Uint8Array {
  const bytes = Buffer.from(sealKey.reveal(), 'base64');
  return new Uint8Array(hkdfSync('sha256', bytes, '', `fresco seal ${versionId}`, 32));
}

function associated(versionId: string, position: Position): Uint8Array {
  return Buffer.from(
    JSON.stringify([versionId, position.grant, position.generation, position.attempt]),
  );
}
