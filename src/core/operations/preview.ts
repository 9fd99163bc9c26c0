import type { Dispatch, Journal } from '../journal/journal.ts';
import type { JournalSnapshot, JournalStore } from '../journal/journal-store.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { SecretVersion, VersionedSecret } from '../ports.ts';
import type { Position } from '../position.ts';
import type { RotationPorts, RotationRequest } from '../rotation/pass.ts';
import { rotate } from '../rotation/rotate.ts';
import type { Secret } from '../secret.ts';

/** What a pass would do now. */
export type Preview =
  /** It would send the refresh token of `parent`, which may be one that it would recover first. */
  | { readonly kind: 'would-send'; readonly parent: Position; readonly isSentBefore: boolean }
  /** It would ask the provider about the access token, and go on by what that says. */
  | { readonly kind: 'would-ask' }
  /** It would end so, and send nothing. */
  | { readonly kind: 'would-end'; readonly outcome: Outcome };

/** The pass is at the point where it would call the provider. */
class Reached extends Error {
  /** Of the token that it would send; none where it would ask about an access token. */
  readonly dispatch: Dispatch | null;

  constructor(dispatch: Dispatch | null) {
    super();
    this.dispatch = dispatch;
  }
}

/**
 * The pass itself, up to where it would speak to the provider; what it writes stays in memory. Reads may be
 * behind, and whatever happens meanwhile is not foreseen.
 */
export async function preview(ports: RotationPorts, request: RotationRequest): Promise<Preview> {
  const journal = new DraftJournal(ports.journal);
  const draft: RotationPorts = {
    ...ports,
    journal,
    grant: new DraftSecret(ports.grant),
    accessToken: new DraftSecret(ports.accessToken),
    endpoint: {
      refresh: async () => {
        throw new Reached((await journal.read()).journal.dispatch);
      },
    },
    canary: {
      check: async () => {
        throw new Reached(null);
      },
    },
    reporter: { report: async () => undefined },
  };
  try {
    return { kind: 'would-end', outcome: await rotate(draft, request) };
  } catch (error) {
    if (!(error instanceof Reached)) throw error;
    const { dispatch } = error;
    if (dispatch === null) return { kind: 'would-ask' };
    return { kind: 'would-send', parent: dispatch.parent, isSentBefore: dispatch.sends.length > 1 };
  }
}

class DraftJournal implements JournalStore {
  readonly #store: JournalStore;
  #draft: JournalSnapshot | undefined;

  constructor(store: JournalStore) {
    this.#store = store;
  }

  async read(): Promise<JournalSnapshot> {
    this.#draft ??= await this.#store.read();
    return this.#draft;
  }

  async write(journal: Journal): Promise<'written'> {
    this.#draft = { journal, revision: 0 };
    return 'written';
  }
}

/** A secret whose further versions are in memory alone. */
export class DraftSecret implements VersionedSecret {
  readonly #secret: VersionedSecret;
  readonly #puts = new Map<string, Secret>();
  #movedTo: string | undefined;

  constructor(secret: VersionedSecret) {
    this.#secret = secret;
  }

  current(): Promise<SecretVersion | undefined> {
    return this.#movedTo === undefined ? this.#secret.current() : this.version(this.#movedTo);
  }

  async version(versionId: string): Promise<SecretVersion | undefined> {
    const value = this.#puts.get(versionId);
    return value === undefined ? this.#secret.version(versionId) : { versionId, value };
  }

  async put(versionId: string, value: Secret): Promise<'stored' | 'taken'> {
    const there = await this.version(versionId);
    if (there !== undefined) return there.value.equals(value) ? 'stored' : 'taken';
    this.#puts.set(versionId, value);
    if ((await this.current()) === undefined) this.#movedTo = versionId;
    return 'stored';
  }

  async promote(versionId: string, from: string): Promise<'promoted' | 'moved' | 'absent'> {
    if ((await this.version(versionId)) === undefined) return 'absent';
    if ((await this.current())?.versionId !== from) return 'moved';
    this.#movedTo = versionId;
    return 'promoted';
  }
}
