import type { PendingSecret, SecretVersion } from '../../core/ports.ts';
import type { RecordFile } from './record-file.ts';
import {
  labelsOn,
  noVersions,
  type SecretVersions,
  versionOf,
  withCurrent,
  withCurrentAlone,
  withoutLabel,
  withVersion,
} from './secret-versions.ts';

/** A version with the labels that are on it. */
export interface LabelledVersion extends SecretVersion {
  readonly labels: readonly string[];
}

/** A secret whose versions can be listed. */
export interface ListedSecret extends PendingSecret {
  /** Every version that is kept, oldest first; rejects with `StoreRefused`. */
  versions(): Promise<readonly LabelledVersion[]>;
  /** Ids of every version that is kept; rejects with `StoreRefused`. */
  versionIds(): Promise<readonly string[]>;
  /** Forgets every version but the current one, and what was set aside; rejects with `StoreRefused`. */
  keepCurrentAlone(): Promise<void>;
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
    versions: async () => {
      const secret = await read();
      return secret.versions.map((version) => ({
        ...version,
        labels: labelsOn(secret, version.versionId),
      }));
    },
    versionIds: async () => (await read()).versions.map(({ versionId }) => versionId),
    version: async (versionId) => versionOf(await read(), versionId),
    put: (versionId, value) =>
      file.update((secret = noVersions) => withVersion(secret, { versionId, value }, 'next')),
    promote: (versionId, from) =>
      file.update((secret = noVersions) => withCurrent(secret, versionId, from)),
    putPending: (versionId, value) =>
      file.update((secret = noVersions) => withVersion(secret, { versionId, value }, 'AWSPENDING')),
    keepCurrentAlone: async () => {
      await file.update((secret = noVersions) => withCurrentAlone(secret));
      await file.forgetAside();
    },
    dropPending: (versionId) =>
      file.update((secret = noVersions) => withoutLabel(secret, versionId, 'AWSPENDING')),
  };
}
