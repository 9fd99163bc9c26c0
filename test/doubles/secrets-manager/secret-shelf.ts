import { createHash } from 'node:crypto';
import { SecretHistory, type StaleReads } from './secret-history.ts';
import { type SecretState, SecretsManagerError } from './secret-state.ts';
import { invalid, unfit } from './secrets-manager-input.ts';

/** The secrets of one account and region by name, found as AWS finds them, each with its history. */
export class SecretShelf {
  readonly #nowMs: () => number;
  readonly #region: string;
  readonly #secrets = new Map<string, SecretHistory>();
  #created = 0;

  constructor(nowMs: () => number, region: string) {
    this.#nowMs = nowMs;
    this.#region = region;
  }

  /** Replaces the newest state by the next; refuses if the secret is scheduled for deletion. */
  change(
    secretId: string | undefined,
    next: (state: SecretState, nowMs: number) => SecretState,
  ): SecretState {
    const state = notDeleted(this.newest(secretId));
    const nowMs = this.#nowMs();
    const changed = next(state, nowMs);
    this.#history(state.name).write(changed, nowMs);
    return changed;
  }

  /** As `change`, for the operations that a scheduled deletion doesn't hinder. */
  changeEvenDeleted(
    secretId: string | undefined,
    next: (state: SecretState, nowMs: number) => SecretState | undefined,
  ): SecretState {
    const state = this.newest(secretId);
    this.#history(state.name).write(next(state, this.#nowMs()), this.#nowMs());
    return state;
  }

  /** The newest state; what writes work on. */
  newest(secretId: string | undefined): SecretState {
    const state = this.find(this.#nameOf(secretId));
    if (state === undefined) throw noSecret();
    return state;
  }

  /** The state that a read sees, which may be an older one. */
  read(secretId: string | undefined): SecretState {
    const name = this.#nameOf(secretId);
    this.find(name);
    const state = this.#history(name).read(this.#nowMs());
    if (state === undefined) throw noSecret();
    return state;
  }

  /** The newest state of a name, if there is such a secret; one whose time has come is gone. */
  find(name: string): SecretState | undefined {
    const history = this.#secrets.get(name);
    const state = history?.newest();
    if (state?.deleteAtMs !== undefined && this.#nowMs() >= state.deleteAtMs) {
      history?.write(undefined, state.deleteAtMs);
      return undefined;
    }
    return state;
  }

  /** Puts a new secret on the shelf; the name must be free. */
  add(secret: Omit<SecretState, 'arn' | 'createdAtMs' | 'changedAtMs'>): SecretState {
    const nowMs = this.#nowMs();
    const arn = this.#arnFor(secret.name);
    const state = { ...secret, arn, createdAtMs: nowMs, changedAtMs: nowMs };
    this.#history(secret.name).write(state, nowMs);
    return state;
  }

  /** All secrets in the order of their creation. */
  all(): SecretState[] {
    return [...this.#secrets.keys()]
      .map((name) => this.find(name))
      .filter((state) => state !== undefined)
      .sort((one, other) => one.createdAtMs - other.createdAtMs);
  }

  makeStale(secretId: string, how: StaleReads): void {
    this.#history(this.#nameOf(secretId)).makeStale(how);
  }

  freshen(secretId: string): void {
    this.#history(this.#nameOf(secretId)).freshen();
  }

  #history(name: string): SecretHistory {
    const history = this.#secrets.get(name) ?? new SecretHistory();
    this.#secrets.set(name, history);
    return history;
  }

  #nameOf(secretId: string | undefined): string {
    if (secretId === undefined || secretId.length < 1 || secretId.length > 2048) {
      throw invalid('SecretId must have 1 to 2048 characters.');
    }
    if (!secretId.startsWith('arn:')) return secretId;
    const found = [...this.#secrets].find(([name, history]) => {
      const arn = history.newest()?.arn;
      return arn === secretId || (arn !== undefined && secretId.endsWith(`:secret:${name}`));
    });
    if (found === undefined) throw noSecret();
    return found[0];
  }

  #arnFor(name: string): string {
    this.#created += 1;
    const suffix = createHash('sha256')
      .update(`${name} ${this.#created}`)
      .digest('hex')
      .slice(0, 6);
    return `arn:aws:secretsmanager:${this.#region}:000000000000:secret:${name}-${suffix}`;
  }
}

/** Refuses a secret that is scheduled for deletion. */
export function notDeleted(state: SecretState): SecretState {
  if (state.deleteAtMs === undefined) return state;
  throw unfit("You can't perform this operation on the secret because it was marked for deletion.");
}

function noSecret(): SecretsManagerError {
  return new SecretsManagerError(
    'ResourceNotFoundException',
    "Secrets Manager can't find the specified secret.",
  );
}
