import { emptyJournal, type Journal } from '../../src/core/journal/journal.ts';
import type { JournalStore } from '../../src/core/journal/journal-store.ts';
import type { Report } from '../../src/core/outcome/report.ts';
import type { PendingSecret, SecretVersion, TokenAnswer, Verdict } from '../../src/core/ports.ts';
import {
  accessTokenOf,
  decodeAccessToken,
  encodeAccessToken,
} from '../../src/core/records/access-token.ts';
import { decodeGrant, encodeGrant, type Grant } from '../../src/core/records/grant.ts';
import type { RotationPorts } from '../../src/core/rotation/pass.ts';
import { Secret } from '../../src/core/secret.ts';
import { checkVersion } from '../doubles/secrets-manager/secrets-manager-input.ts';

/** 2026-11-24, at some hour. */
export const startMs = 1_795_500_000_000;
export const hour = 3_600_000;

/** The id that a short one in a specification stands for: `v1`, `new`. */
const written = (versionId: string) =>
  /^\w{1,9}$/.test(versionId) ? versionId.padEnd(32, '-') : versionId;

/** A secret in memory that keeps every version; `stale` makes the next reads of current an older one's. */
export class MemorySecret implements PendingSecret {
  readonly versions = new Map<string, Secret>();
  currentId: string | undefined;
  pendingId: string | undefined;
  readonly stale: (string | undefined)[] = [];
  /** Called before each call with its name; may throw. */
  before: (call: string) => void = () => {};

  async current(): Promise<SecretVersion | undefined> {
    this.before('current');
    const id = this.stale.length > 0 ? this.stale.shift() : this.currentId;
    return id === undefined ? undefined : this.#version(id);
  }

  async version(versionId: string): Promise<SecretVersion | undefined> {
    this.before('version');
    return this.versions.has(versionId) ? this.#version(versionId) : undefined;
  }

  async put(versionId: string, value: Secret): Promise<'stored' | 'taken'> {
    this.before('put');
    checkVersion(written(versionId), value.reveal());
    const there = this.versions.get(versionId);
    if (there !== undefined) return there.equals(value) ? 'stored' : 'taken';
    this.versions.set(versionId, value);
    this.currentId ??= versionId;
    return 'stored';
  }

  async promote(versionId: string, from: string): Promise<'promoted' | 'moved' | 'absent'> {
    this.before('promote');
    if (!this.versions.has(versionId)) return 'absent';
    if (this.currentId !== from) return 'moved';
    this.currentId = versionId;
    return 'promoted';
  }

  async putPending(versionId: string, value: Secret): Promise<'stored' | 'taken'> {
    this.before('putPending');
    checkVersion(written(versionId), value.reveal());
    const there = this.versions.get(versionId);
    if (there !== undefined) return there.equals(value) ? 'stored' : 'taken';
    this.versions.set(versionId, value);
    this.pendingId = versionId;
    return 'stored';
  }

  async dropPending(versionId: string): Promise<void> {
    this.before('dropPending');
    if (this.pendingId === versionId) this.pendingId = undefined;
  }

  #version(versionId: string): SecretVersion {
    return { versionId, value: this.versions.get(versionId) ?? new Secret('') };
  }
}

/** A journal in memory with a clock of its own. */
export class MemoryJournal implements JournalStore {
  journal: Journal = emptyJournal;
  revision = 0;
  writes = 0;
  dateMs: () => number | undefined = () => undefined;
  before: (call: string) => void = () => {};

  async read() {
    this.before('read');
    const dateMs = this.dateMs();
    const { journal, revision } = this;
    return { journal, revision, ...(dateMs === undefined ? {} : { dateMs }) };
  }

  async write(journal: Journal, revision: number): Promise<'written' | 'conflict'> {
    this.before('write');
    if (revision !== this.revision) return 'conflict';
    this.journal = journal;
    this.revision += 1;
    this.writes += 1;
    return 'written';
  }

  /** Changes it as somebody else would. */
  set(change: Partial<Journal>): void {
    this.journal = { ...this.journal, ...change };
    this.revision += 1;
  }
}

/** What the provider gives for a refresh. */
export function granted(
  n: number,
  more: Partial<Extract<TokenAnswer, { kind: 'granted' }>['tokens']> = {},
): TokenAnswer {
  return {
    kind: 'granted',
    tokens: {
      accessToken: new Secret(`a/000${n}invented`),
      refreshToken: new Secret(`r/000${n}invented`),
      expiresInSeconds: 86_400,
      lifetimeAssumed: false,
      ...more,
    },
  };
}

/** A grant of generation 1, issued `ageMs` ago. */
export function grantOf(ageMs: number, more: Partial<Grant> = {}): Grant {
  const issuedAtMs = startMs - ageMs;
  return {
    connection: 'default',
    grant: 1,
    generation: 1,
    attempt: 0,
    refreshToken: new Secret('r/0001invented'),
    accessToken: new Secret('a/0001invented'),
    issuedAtMs,
    expiresAtMs: issuedAtMs + 24 * hour,
    sealKey: new Secret(Buffer.alloc(32, 200).toString('base64')),
    companies: [],
    provider: 'https://provider.example',
    environment: 'here',
    ...more,
  };
}

/** One connection in memory, whose provider answers from a list; more requests than answers are a failure. */
export function memoryConnection(answers: (TokenAnswer | (() => TokenAnswer))[] = []) {
  const time = { nowMs: startMs, monotonicMs: 0 };
  const grant = new MemorySecret();
  const accessToken = new MemorySecret();
  const journal = new MemoryJournal();
  const client = { versionId: 'c1', missing: false, origin: 'https://provider.example' };
  const verdicts: Verdict[] = [];
  const presented: string[] = [];
  const reports: Report[] = [];
  let counter = 0;
  let owners = 0;
  const passTime = (ms: number) => {
    time.nowMs += ms;
    time.monotonicMs += ms;
  };
  const ports = (): RotationPorts & { readonly grant: MemorySecret } => {
    owners += 1;
    return {
      clock: {
        nowMs: () => time.nowMs,
        // A fraction, as real ones have.
        monotonicMs: () => time.monotonicMs + (time.monotonicMs % 97) / 97,
        wait: async (ms) => passTime(ms),
      },
      random: {
        bytes: (count) => {
          counter += 1;
          return new Uint8Array(count).fill(counter);
        },
      },
      owner: { id: `owner-${owners}`, isDead: (other) => other === 'dead' },
      journal,
      grant,
      accessToken,
      client: {
        read: async () =>
          client.missing
            ? undefined
            : {
                client: { clientId: 'id', clientSecret: new Secret('s', client.origin) },
                versionId: client.versionId,
              },
      },
      endpoint: {
        refresh: async (refreshToken) => {
          presented.push(refreshToken.reveal());
          const answer = answers.shift();
          if (answer === undefined)
            throw new Error('the provider was asked more often than expected');
          return typeof answer === 'function' ? answer() : answer;
        },
      },
      canary: { check: async () => verdicts.shift() ?? 'accepted' },
      reporter: { report: async (report) => void reports.push(report) },
      settings: {
        connection: 'default',
        environment: 'here',
        provider: 'https://provider.example',
        policy: { kind: 'unknown' },
        rotateEveryMs: 24 * hour,
        leaseTermMs: 90_000,
        requestMs: 15_000,
        storeMs: 10_000,
      },
    };
  };
  return {
    time,
    passTime,
    grant,
    accessToken,
    journal,
    client,
    verdicts,
    presented,
    reports,
    ports,
    /** Stores a grant as current, and publishes it unless told otherwise. */
    store(stored: Grant, versionId = `v${stored.generation}`, published = true) {
      grant.versions.set(versionId, encodeGrant(stored));
      grant.currentId = versionId;
      if (!published || stored.accessToken === null) return;
      accessToken.versions.set(versionId, publishedOf(stored));
      accessToken.currentId = versionId;
    },
    currentGrant: () => decodeGrant(grant.versions.get(grant.currentId ?? '') ?? new Secret('')),
    publishedToken: () =>
      decodeAccessToken(accessToken.versions.get(accessToken.currentId ?? '') ?? new Secret('')),
  };
}

function publishedOf(stored: Grant): Secret {
  const token = accessTokenOf(stored, undefined);
  if (token === undefined) throw new Error('there is nothing to publish');
  return encodeAccessToken(token);
}
