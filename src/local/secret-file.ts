import type { PendingSecret } from '../core/ports.ts';
import type { RecordFile } from './record-file.ts';
import {
  noVersions,
  type SecretVersions,
  versionOf,
  withCurrent,
  withoutLabel,
  withVersion,
} from './secret-versions.ts';

/** A secret whose versions can be listed. */
export interface ListedSecret extends PendingSecret {
  /** Ids of every version that is kept; rejects with `StoreRefused`. */
  versionIds(): Promise<readonly string[]>;
}

/** A secret in one file, with every version and label in it. */
export function secretFile(file: RecordFile<SecretVersions>): ListedSecret {
  const read = async () => (await file.read()) ?? noVersions;
  return {
    async current() {
      const secret = await read();
      const { AWSCURRENT } = secret.labels;
      return AWSCURRENT === undefined ? undefined : versionOf(secret, AWSCURRENT);
    },
    versionIds: async () => (await read()).versions.map(({ versionId }) => versionId),
    version: async (versionId) => versionOf(await read(), versionId),
    put: (versionId, value) =>
      file.update((secret = noVersions) => withVersion(secret, { versionId, value }, 'next')),
    promote: (versionId, from) =>
      file.update((secret = noVersions) => withCurrent(secret, versionId, from)),
    putPending: (versionId, value) =>
      file.update((secret = noVersions) => withVersion(secret, { versionId, value }, 'AWSPENDING')),
    dropPending: (versionId) =>
      file.update((secret = noVersions) => withoutLabel(secret, versionId, 'AWSPENDING')),
  };
}
