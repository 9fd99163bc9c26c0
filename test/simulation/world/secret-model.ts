// Goal: what the protocol assumes of AWS Secrets Manager, and no more.
// Method: each state is a value; writes go from the newest to the next, reads may be shown an older one.
import type { SecretVersion } from '../../../src/core/ports.ts';
import type { Secret } from '../../../src/core/secret.ts';
import { checkVersion } from '../../doubles/secrets-manager/secrets-manager-input.ts';

/** Labels that the protocol and Secrets Manager use. */
export type Label = 'AWSCURRENT' | 'AWSPREVIOUS' | 'AWSPENDING' | 'next';

/** One state of a secret: versions by id, an empty one without a value, and which version has which label. */
export interface SecretState {
  readonly versions: ReadonlyMap<string, Secret | undefined>;
  readonly labels: Readonly<Partial<Record<Label, string>>>;
}

/** A secret without any version. */
export const emptySecret: SecretState = { versions: new Map(), labels: {} };

/** One secret: linearizable writes, reads that may be behind. */
export class SecretModel {
  #states: SecretState[];
  #behind = 0;
  #staleReads = 0;

  constructor(state: SecretState = emptySecret) {
    this.#states = [state];
  }

  get state(): SecretState {
    return this.#states.at(-1) as SecretState;
  }

  /** The next `reads` reads see the state that is now `behind` writes old, or that before any write. */
  makeStale(behind: number, reads: number): void {
    this.#behind = behind;
    this.#staleReads = reads;
  }

  currentId(): string | undefined {
    return this.state.labels.AWSCURRENT;
  }

  readCurrent(): SecretVersion | undefined {
    const seen = this.#seen();
    const id = seen.labels.AWSCURRENT;
    return id === undefined ? undefined : versionOf(seen, id);
  }

  readVersion(versionId: string): SecretVersion | undefined {
    return versionOf(this.#seen(), versionId);
  }

  /** PutSecretValue under one label; the first version of an empty secret becomes current as well. */
  put(versionId: string, value: Secret, label: 'next' | 'AWSPENDING'): 'stored' | 'taken' {
    checkVersion(versionId, value.reveal());
    const { versions, labels } = this.state;
    const existing = versions.get(versionId);
    if (existing !== undefined) return existing.equals(value) ? 'stored' : 'taken';
    const first = labels.AWSCURRENT === undefined ? { AWSCURRENT: versionId } : {};
    this.#write({
      versions: new Map(versions).set(versionId, value),
      labels: { ...labels, [label]: versionId, ...first },
    });
    return 'stored';
  }

  /** UpdateSecretVersionStage of AWSCURRENT with RemoveFromVersionId. */
  promote(versionId: string, from: string): 'promoted' | 'moved' | 'absent' {
    const { versions, labels } = this.state;
    if (!versions.has(versionId)) return 'absent';
    if (labels.AWSCURRENT !== from) return 'moved';
    if (from === versionId) return 'promoted';
    this.#write({ versions, labels: { ...labels, AWSCURRENT: versionId, AWSPREVIOUS: from } });
    return 'promoted';
  }

  dropPending(versionId: string): void {
    const { versions, labels } = this.state;
    if (labels.AWSPENDING !== versionId) return;
    const { AWSPENDING: _, ...rest } = labels;
    this.#write({ versions, labels: rest });
  }

  /** RotateSecret: an empty version under AWSPENDING; refused while another rotation's is pending. */
  startRotation(versionId: string): boolean {
    const { versions, labels } = this.state;
    if (labels.AWSPENDING !== undefined && labels.AWSPENDING !== labels.AWSCURRENT) return false;
    this.#write({
      versions: new Map(versions).set(versionId, undefined),
      labels: { ...labels, AWSPENDING: versionId },
    });
    return true;
  }

  /** Versions without a label vanish, as Secrets Manager lets them at any time. */
  dropUnlabelled(): void {
    const labelled = new Set<string>(Object.values(this.state.labels));
    const versions = new Map([...this.state.versions].filter(([id]) => labelled.has(id)));
    if (versions.size < this.state.versions.size) this.#write({ ...this.state, versions });
  }

  /** A person puts AWSCURRENT back on the version before, in the console. */
  rollBack(): void {
    const { versions, labels } = this.state;
    const { AWSPREVIOUS: previous, AWSCURRENT: current } = labels;
    if (previous === undefined || current === undefined) return;
    this.#write({ versions, labels: { ...labels, AWSCURRENT: previous, AWSPREVIOUS: current } });
  }

  /** A person makes this version current, in the console. */
  moveBack(versionId: string): void {
    const { versions, labels } = this.state;
    const { AWSCURRENT: current } = labels;
    if (current === undefined || !versions.has(versionId)) return;
    this.#write({ versions, labels: { ...labels, AWSCURRENT: versionId, AWSPREVIOUS: current } });
  }

  /** PutSecretValue as everyone else uses it: a new version that is current at once. */
  overwrite(versionId: string, value: Secret): void {
    const { versions, labels } = this.state;
    const { AWSCURRENT: current } = labels;
    this.#write({
      versions: new Map(versions).set(versionId, value),
      labels: {
        ...labels,
        AWSCURRENT: versionId,
        ...(current === undefined ? {} : { AWSPREVIOUS: current }),
      },
    });
  }

  #write(state: SecretState): void {
    this.#states.push(state);
  }

  #seen(): SecretState {
    if (this.#staleReads === 0) return this.state;
    this.#staleReads -= 1;
    return this.#states.at(-1 - this.#behind) ?? emptySecret;
  }
}

function versionOf(state: SecretState, versionId: string): SecretVersion | undefined {
  const value = state.versions.get(versionId);
  return value === undefined ? undefined : { versionId, value };
}
