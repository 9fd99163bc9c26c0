// Goal: the core's ports over one world, for one process.
// Method: each method is one suspended call; who judges hears of every presentation, issue and answer.

import type { JournalStore } from '../../../src/core/journal/journal-store.ts';
import type { Reporter } from '../../../src/core/outcome/report.ts';
import type {
  Canary,
  ClientSource,
  PendingSecret,
  SecretVersion,
} from '../../../src/core/ports.ts';
import { type AccessToken, decodeAccessToken } from '../../../src/core/records/access-token.ts';
import { clientSource } from '../../../src/core/records/client.ts';
import type { RotationPorts, RotationSettings } from '../../../src/core/rotation/pass.ts';
import type { Secret } from '../../../src/core/secret.ts';
import type { SecretMethod, SecretName } from '../histories/faults.ts';
import { times } from '../histories/history.ts';
import { Prng } from '../histories/prng.ts';
import type { Ledger } from '../judge/ledger.ts';
import type { Limits } from '../judge/limits.ts';
import { ownerOf } from './deeds.ts';
import { endpointOf } from './endpoint-port.ts';
import type { Process } from './scheduler.ts';
import type { SecretModel } from './secret-model.ts';
import type { World } from './world.ts';

/** The only connection, provider and environment of a history. */
export const place = {
  connection: 'default',
  environment: 'simulation',
  provider: 'https://provider.invalid',
  companies: [
    { id: 1, name: 'Uno' },
    { id: 2, name: 'Due' },
  ],
} as const;

/** A world with those who judge what happens in it. */
export interface Judged {
  readonly world: World;
  readonly ledger: Ledger;
  readonly limits: Limits;
}

/** Everything that a pass touches; with the label pending, for native rotation. */
export interface SimulatedPorts extends RotationPorts {
  readonly grant: PendingSecret;
  /** The application's credentials, as whoever stores them sees them. */
  readonly applicationSecret: PendingSecret;
}

/** The ports of one process. */
export function portsOf(judged: Judged, process: Process): SimulatedPorts {
  const { world } = judged;
  const { host } = world.history;
  let random: Prng | undefined;
  const settings: RotationSettings = {
    ...place,
    ...times,
    get policy() {
      return world.policy;
    },
  };
  return {
    clock: world.scheduler.clockOf(process),
    random: {
      bytes: (count) => {
        random ??= new Prng(world.history.seed, 100 + process.id);
        return random.bytes(count);
      },
    },
    owner: {
      id: ownerOf(process),
      isDead: (owner) =>
        host === 'machine' &&
        world.scheduler.processes[Number(owner.slice(1))]?.state !== 'running',
    },
    journal: journalOf(judged, process),
    grant: new SimulatedSecret(judged, process, 'grant'),
    accessToken: new SimulatedSecret(judged, process, 'accessToken'),
    client: clientOf(judged, process),
    endpoint: endpointOf(judged, process),
    canary: canaryOf(judged, process),
    applicationSecret: new SimulatedSecret(judged, process, 'client'),
    reporter: reporterOf(judged, process),
    settings,
  };
}

function journalOf({ world, ledger }: Judged, process: Process): JournalStore {
  const deed = ledger.deeds.of(process);
  return {
    read: () => {
      // Nothing comes before the first reading of a pass.
      const endsAtMs = Math.min(world.nowMs + times.leaseTermMs, process.killsAtMs);
      deed.endsAtMs ??= endsAtMs - process.lagMs;
      return world.call(process, {
        label: 'journal.read',
        onRefused: () => ledger.calls.onReadRefused(process),
        effect: () => {
          const { journal, revision } = world;
          deed.seen = journal;
          deed.skewMs ??= process.skewMs;
          // The store's clock comes as an HTTP date, in whole seconds.
          const dateMs = Math.floor(world.nowMs / 1000) * 1000;
          return { journal, revision, ...(world.history.host === 'lambda' ? { dateMs } : {}) };
        },
      });
    },
    write: (journal, revision) =>
      world.call(process, {
        label: 'journal.write',
        onRefused: () => ledger.calls.onRefused(process, journal),
        effect: () => {
          if (revision !== world.revision) return 'conflict';
          world.journal = journal;
          world.revision += 1;
          return 'written';
        },
      }),
  };
}

/** One of the secrets for one process. */
class SimulatedSecret implements PendingSecret {
  readonly #judged: Judged;
  readonly #process: Process;
  readonly #name: SecretName;
  readonly #model: SecretModel;

  constructor(judged: Judged, process: Process, name: SecretName) {
    this.#judged = judged;
    this.#process = process;
    this.#name = name;
    this.#model = judged.world.secrets[name];
  }

  current(): Promise<SecretVersion | undefined> {
    return this.#judged.world.call(this.#process, {
      label: `${this.#name}.current`,
      effect: () => this.#model.readCurrent(),
      onAnswer: (seen) => {
        if (this.#name === 'accessToken') noteSeen(this.#judged, this.#process, seen);
      },
    });
  }

  version(id: string): Promise<SecretVersion | undefined> {
    return this.#call('version', () => this.#model.readVersion(id));
  }

  put(id: string, value: Secret): Promise<'stored' | 'taken'> {
    return this.#call('put', () => this.#model.put(id, value, 'next'));
  }

  promote(id: string, from: string): Promise<'promoted' | 'moved' | 'absent'> {
    return this.#call('promote', () => this.#model.promote(id, from));
  }

  putPending(id: string, value: Secret): Promise<'stored' | 'taken'> {
    return this.#call('putPending', () => this.#model.put(id, value, 'AWSPENDING'));
  }

  dropPending(id: string): Promise<void> {
    return this.#call('dropPending', () => this.#model.dropPending(id));
  }

  #call<T>(method: SecretMethod, effect: () => T): Promise<T> {
    const label = `${this.#name}.${method}` as const;
    return this.#judged.world.call(this.#process, { label, effect });
  }
}

/** Where the token that is published stands; `undefined` if it cannot be read. */
export function publishedIn(version: SecretVersion | undefined): AccessToken | undefined {
  try {
    return version && decodeAccessToken(version.value);
  } catch {
    return undefined;
  }
}

function noteSeen({ ledger }: Judged, process: Process, seen: SecretVersion | undefined): void {
  const deed = ledger.deeds.of(process);
  if (deed.request?.rejected !== undefined) deed.published ??= publishedIn(seen);
}

function clientOf({ world, ledger }: Judged, process: Process): ClientSource {
  return clientSource({
    current: () =>
      world.call(process, {
        label: 'client.read',
        effect: () => {
          const { state } = world.secrets.client;
          const versionId = state.labels.AWSCURRENT as string;
          ledger.deeds.of(process).clientVersionId = versionId;
          return { versionId, value: state.versions.get(versionId) as Secret };
        },
      }),
  });
}

/** Where events go may refuse one, or take it and say otherwise. */
function reporterOf({ world, ledger }: Judged, process: Process): Reporter {
  return {
    report: (report) => {
      let isOut = false;
      return world.call(process, {
        label: 'reporter.report',
        effect: () => {
          isOut = true;
          ledger.onReport(process, report, 'out');
        },
        onRefused: () => ledger.onReport(process, report, isOut ? 'out unanswered' : 'refused'),
      });
    },
  };
}

function canaryOf({ world, limits }: Judged, process: Process): Canary {
  return {
    check: (accessToken) => {
      limits.onCanary(process, accessToken.reveal());
      return world.call(process, {
        label: 'canary.check',
        effect: () => {
          const isAccepted = world.provider.isAccessAccepted(accessToken.reveal(), world.nowMs);
          return isAccepted ? 'accepted' : 'rejected';
        },
        onFault: (kind) => {
          if (kind === 'canary cannot ask') return () => 'unknown';
          return kind === 'canary is wrong' ? () => 'rejected' : undefined;
        },
      });
    },
  };
}
