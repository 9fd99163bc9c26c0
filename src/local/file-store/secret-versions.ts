// The versions and labels of one secret as a value that is never changed, with the rules of Secrets Manager.
import * as v from 'valibot';
import type { SecretVersion } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import type { Change, RecordFormat } from './record-file.ts';
import { shaped, text } from './stored-shape.ts';

/** The labels in use; each is on one version at most. */
export type Label = 'AWSCURRENT' | 'AWSPREVIOUS' | 'AWSPENDING' | 'next';

/** All that is stored of one secret. */
export interface SecretVersions {
  readonly labels: Readonly<Partial<Record<Label, string>>>;
  /** In the order of their creation. */
  readonly versions: readonly SecretVersion[];
}

/** A secret without versions. */
export const noVersions: SecretVersions = { labels: {}, versions: [] };

/** How many of the newest versions are kept, beside those with a label. */
export const versionsKept = 20;

/** The version with this id, if it is stored. */
export function versionOf(secret: SecretVersions, versionId: string): SecretVersion | undefined {
  return secret.versions.find((version) => version.versionId === versionId);
}

/** The labels on a version, in the order in which they are listed. */
export function labelsOn({ labels }: SecretVersions, versionId: string): readonly Label[] {
  const all = ['AWSCURRENT', 'AWSPREVIOUS', 'AWSPENDING', 'next'] as const;
  return all.filter((label) => labels[label] === versionId);
}

/** Creates a version once, under a label; the first version of a secret also becomes current. */
export function withVersion(
  secret: SecretVersions,
  version: SecretVersion,
  label: Label,
): Change<SecretVersions, 'stored' | 'taken'> {
  const existing = versionOf(secret, version.versionId);
  if (existing !== undefined) {
    if (!existing.value.equals(version.value)) return { answer: 'taken' };
    // Written again: the version may have been seen before it was on the disk, and the answer is a promise.
    return { answer: 'stored', next: secret };
  }
  const { versionId } = version;
  const labels = { AWSCURRENT: versionId, ...secret.labels, [label]: versionId };
  const versions = [...secret.versions, version];
  return { answer: 'stored', next: pruned({ labels, versions }) };
}

/** The compare-and-set of the label current; the version that it leaves becomes the previous one. */
export function withCurrent(
  secret: SecretVersions,
  versionId: string,
  from: string,
): Change<SecretVersions, 'promoted' | 'moved' | 'absent'> {
  if (versionOf(secret, versionId) === undefined) return { answer: 'absent' };
  if (secret.labels.AWSCURRENT !== from) return { answer: 'moved' };
  if (versionId === from) return { answer: 'promoted', next: secret };
  const labels = { ...secret.labels, AWSCURRENT: versionId, AWSPREVIOUS: from };
  return { answer: 'promoted', next: { ...secret, labels } };
}

/** Takes a label off a version; on another version it stays. */
export function withoutLabel(
  secret: SecretVersions,
  versionId: string,
  label: Exclude<Label, 'AWSCURRENT'>,
): Change<SecretVersions, undefined> {
  if (secret.labels[label] !== versionId) return { answer: undefined };
  const { [label]: _taken, ...labels } = secret.labels;
  return { answer: undefined, next: { ...secret, labels } };
}

/** Without every version but the current one. */
export function withCurrentAlone(secret: SecretVersions): Change<SecretVersions, undefined> {
  const { AWSCURRENT } = secret.labels;
  if (AWSCURRENT === undefined) return { answer: undefined };
  const versions = secret.versions.filter(({ versionId }) => versionId === AWSCURRENT);
  return { answer: undefined, next: { labels: { AWSCURRENT }, versions } };
}

function pruned(secret: SecretVersions): SecretVersions {
  const labelled = new Set(Object.values(secret.labels));
  const oldest = secret.versions.length - versionsKept;
  const versions = secret.versions.filter(
    ({ versionId }, index) => index >= oldest || labelled.has(versionId),
  );
  return { ...secret, versions };
}

const schema = v.pipe(
  v.strictObject({
    labels: v.strictObject({
      AWSCURRENT: text,
      AWSPREVIOUS: v.exactOptional(text),
      AWSPENDING: v.exactOptional(text),
      next: v.exactOptional(text),
    }),
    versions: v.array(v.strictObject({ versionId: text, value: v.string() })),
  }),
  v.check(({ labels, versions }) => {
    const ids = new Set(versions.map(({ versionId }) => versionId));
    return ids.size === versions.length && Object.values(labels).every((id) => ids.has(id));
  }),
);

/** The JSON of one secret's file. */
export function secretFormat(name: string): RecordFormat<SecretVersions> {
  return {
    name,
    encode: ({ labels, versions }) => ({
      labels,
      versions: versions.map(({ versionId, value }) => ({ versionId, value: value.reveal() })),
    }),
    decode: (record) => {
      const { labels, versions } = shaped(record, schema);
      return {
        labels,
        versions: versions.map((version) => ({ ...version, value: new Secret(version.value) })),
      };
    },
  };
}
