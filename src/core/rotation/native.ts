import { replacedBy } from '../operations/login.ts';
import { classOf } from '../outcome/outcome.ts';
import type { PendingSecret } from '../ports.ts';
import { compare } from '../position.ts';
import type { Grant } from '../records/grant.ts';
import type { RotationPorts } from './pass.ts';
import { rotate } from './rotate.ts';

/** The four steps in which Secrets Manager asks its rotation function to work (AWS: RotateSecret). */
export type RotationStep = 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';

/** One call from Secrets Manager; `versionId` is its ClientRequestToken. */
export interface NativeRotation {
  readonly step: RotationStep;
  readonly versionId: string;
  readonly remainingMs?: () => number;
}

/** The ports of a pass, over a secret that Secrets Manager's own rotation works on. */
export type NativeRotationPorts = RotationPorts & { readonly grant: PendingSecret };

/** A native rotation could not be carried out; `AWSPENDING` is off again, so that later ones can be. */
export class NativeRotationFailed extends Error {
  override readonly name = 'NativeRotationFailed';
}

/**
 * One step of a native rotation, safe to repeat: the ordinary pass spends under an id of our own, and
 * Secrets Manager's version gets a copy of what is current then. Throws `NativeRotationFailed`.
 */
export async function rotateNatively(
  ports: NativeRotationPorts,
  rotation: NativeRotation,
): Promise<void> {
  switch (rotation.step) {
    case 'createSecret':
      return createSecret(ports, rotation);
    case 'setSecret':
      // The provider already knows the token: it issued it.
      return;
    case 'testSecret':
      return testSecret(ports, rotation);
    case 'finishSecret':
      return finishSecret(ports, rotation);
  }
}

async function createSecret(ports: NativeRotationPorts, rotation: NativeRotation): Promise<void> {
  const { versionId, remainingMs } = rotation;
  const copied = await ports.grant.version(versionId);
  if (copied !== undefined) return;
  const outcome = await rotate(ports, { trigger: 'native', ...(remainingMs && { remainingMs }) });
  const current = classOf(outcome) === 'done' ? await ports.grant.current() : undefined;
  // Under a manual token there may be none, or what a logout has left.
  if (current === undefined || replacedBy(current).grant === undefined) {
    return fail(ports, versionId, `the pass ended with '${outcome.kind}'`);
  }
  // Taken: a repeat of this call has copied another; finishSecret looks whether that is still current.
  await ports.grant.putPending(versionId, current.value);
}

async function testSecret(
  ports: NativeRotationPorts,
  { versionId }: NativeRotation,
): Promise<void> {
  const accessToken = (await readPending(ports, versionId))?.accessToken;
  if (!accessToken) return;
  const verdict = await ports.canary.check(accessToken);
  if (verdict === 'rejected') {
    await fail(ports, versionId, 'the provider rejects the new access token');
  }
}

async function finishSecret(
  ports: NativeRotationPorts,
  { versionId }: NativeRotation,
): Promise<void> {
  const pending = await readPending(ports, versionId);
  const version = await ports.grant.current();
  if (pending !== undefined && version !== undefined && version.versionId !== versionId) {
    const { grant } = replacedBy(version);
    // Only the version that was copied gives way; anything newer has won, a logout too.
    const same = grant !== undefined && compare(grant, pending) === 0; // guard: native: only the copied version gives way
    if (same) await ports.grant.promote(versionId, version.versionId);
  }
  await ports.grant.dropPending(versionId); // guard: native: AWSPENDING goes at the finish
}

async function readPending(
  ports: NativeRotationPorts,
  versionId: string,
): Promise<Grant | undefined> {
  const version = await ports.grant.version(versionId);
  return version && replacedBy(version).grant;
}

async function fail(ports: NativeRotationPorts, versionId: string, why: string): Promise<never> {
  await ports.grant.dropPending(versionId); // guard: native: AWSPENDING goes after a pass that failed
  throw new NativeRotationFailed(
    `the rotation was not carried out: ${why}; fresco status tells more`,
  );
}
