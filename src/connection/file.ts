import { ownRotator } from '../core/consumers/rotator.ts';
import { createTokenSource } from '../core/consumers/token-source.ts';
import type { JournalStore } from '../core/journal/journal-store.ts';
import { login } from '../core/operations/login.ts';
import { logout } from '../core/operations/logout.ts';
import { installManualToken } from '../core/operations/manual-token.ts';
import { alertsSinceMs, classOf } from '../core/outcome/outcome.ts';
import { eventLine, eventOf, type Report, type Reporter } from '../core/outcome/report.ts';
import { StoreRefused } from '../core/ports.ts';
import { boundByGrant } from '../core/records/stored-origin.ts';
import type { RotationPorts } from '../core/rotation/pass.ts';
import { rotate } from '../core/rotation/rotate.ts';
import { admittedAfter } from '../core/webhooks/admission.ts';
import { admittedSenders } from '../local/admitted-senders.ts';
import { systemClock, systemRandom } from '../local/clock.ts';
import { expectedSubscriptions } from '../local/expected-subscriptions.ts';
import {
  type ConnectionFiles,
  type FileStore,
  openFileStore,
} from '../local/file-store/file-store.ts';
import { localOwner } from '../local/file-store/owner.ts';
import { formatOf } from '../local/record-formats.ts';
import type { Connection, OnPersonNeeded, PassResult } from './connection.ts';
import { passPorts } from './pass-ports.ts';
import type { Provider } from './provider.ts';

/** What grants in a file store carry as the place where they may be spent. */
const fileStoreEnvironment = 'file-store';

/** A connection whose passes are made by this process. */
export interface FileConnectionOptions {
  readonly path: string;
  readonly name: string;
  readonly provider: Provider;
  /** Makes the store where there is none. */
  readonly create: boolean;
  /** Writes a damaged marker of the store again. */
  readonly mend?: boolean;
  /** Hears that a pass is about to write. */
  readonly onWrite?: () => void;
  /** Is called where a pass needs a person. */
  readonly onPersonNeeded?: OnPersonNeeded;
}

/** Opens a connection in a file store; rejects with `StoreRefused`. */
export async function openFileConnection(options: FileConnectionOptions): Promise<Connection> {
  const { path, name, provider, create, mend = false, onWrite } = options;
  const store = await openFileStore(path, { clock: systemClock, create, mend });
  const { client, grant, accessToken, journal } = boundFiles(store, name);
  const ports = (reporter: Reporter) => {
    const own = filePorts(store, { name, provider, reporter });
    return onWrite === undefined ? own : { ...own, journal: heardJournal(own.journal, onWrite) };
  };
  const senders = admittedSenders(store, name);
  const pass = (request: Parameters<typeof rotate>[1]) =>
    onePass(ports, request, options.onPersonNeeded);
  return {
    name,
    place: `file store ${store.path}`,
    provider,
    settings: ports(noReporter).settings,
    clock: systemClock,
    random: systemRandom,
    client,
    grant,
    accessToken,
    journal,
    siblings: () => store.connections(),
    leftLocks: () => store.leftLocks(name),
    checkWritable: () => store.checkWritable(name),
    damagedFiles: () => store.connection(name).damaged(formatOf),
    schedule: 'none of its own: run fresco rotate --if-due from cron',
    tokens: createTokenSource({
      clock: systemClock,
      accessToken,
      rotator: ownRotator(async (request) => (await pass(request)).outcome),
    }),
    senders,
    subscriptions: expectedSubscriptions(store, name),
    rotate: pass,
    login: (consent) =>
      admittedAfter(login(ports(noReporter), consent), senders, consent.companies),
    putManualToken: (manual) => installManualToken(ports(noReporter), manual),
    logout: async () => {
      const done = await logout(ports(noReporter));
      if (done.kind === 'busy') return done;
      await grant.keepCurrentAlone();
      await accessToken.keepCurrentAlone();
      return done;
    },
    storedVersions: async () => {
      const secrets = Object.entries({ grant, 'access-token': accessToken });
      const kept = secrets.map(async ([secret, { versions }]) =>
        (await versions()).map(({ versionId, labels }) => ({ secret, versionId, labels })),
      );
      return (await Promise.all(kept)).flat();
    },
    syncStores: async (bus) => {
      const { fileSyncStores } = await import('./file-sync-stores.ts');
      return { ...fileSyncStores(store, name), bus, place: 'standard output', hasBus: false };
    },
    redrive: () => redriveIn(store),
    byHand: { ports: () => ports(noReporter), grantVersionIds: () => grant.versionIds() },
  };
}

/** The same journal; `onWrite` hears of each write before it is made. */
function heardJournal(journal: JournalStore, onWrite: () => void): JournalStore {
  return {
    read: () => journal.read(),
    write: (next, revision) => {
      onWrite();
      return journal.write(next, revision);
    },
  };
}

const noReporter: Reporter = { report: async () => undefined };

/** What a pass over a file store touches; each call is an owner of its own, so ask for each pass. */
export function filePorts(
  store: FileStore,
  connection: { readonly name: string; readonly provider: Provider; readonly reporter: Reporter },
): RotationPorts {
  const { name, provider, reporter } = connection;
  return passPorts(boundFiles(store, name), provider, {
    owner: localOwner(),
    reporter,
    settings: {
      connection: name,
      environment: fileStoreEnvironment,
      // Versions cost nothing in a file, and other providers' tokens may live an hour.
      sendsPerDay: { schedule: 1000, consumer: 1000 },
    },
  });
}

/** What is stored of a connection, each secret for the origin that it was written for. */
export function boundFiles(store: FileStore, name: string): ConnectionFiles {
  const files = store.connection(name);
  const { client, grant, accessToken } = files;
  return {
    ...files,
    client: boundByGrant(client, grant),
    accessToken: boundByGrant(accessToken, grant),
  };
}

async function onePass(
  ports: (reporter: Reporter) => RotationPorts,
  request: Parameters<typeof rotate>[1],
  call?: OnPersonNeeded,
): Promise<PassResult> {
  const warnings: string[] = [];
  const report = async (made: Report) => {
    warnings.push(...made.warnings);
    const why = await calledFor(made, call);
    if (why === undefined) return;
    if (call !== undefined)
      warnings.push(`the notice that a person is needed was not delivered: ${why}`);
    // The next pass calls then.
    throw new StoreRefused('unavailable', why);
  };
  const outcome = await rotate(ports({ report }), request);
  return { outcome, warnings };
}

/** Why a person who is needed was not told; `undefined`: one was, or need not be. */
async function calledFor(report: Report, call?: OnPersonNeeded): Promise<string | undefined> {
  const isNew = report.turn === 'reauthorization-required';
  if (call === undefined) return isNew ? 'no pass of this kind tells anybody' : undefined;
  const { outcome } = report;
  // A latch is reported once, what is not on record each time; a pause is wanted.
  const isTold = alertsSinceMs(outcome) !== undefined && !isNew;
  if (classOf(outcome) !== 'person' || outcome.kind === 'paused' || isTold) return undefined;
  const event = eventOf(report);
  return event && call(eventLine(event));
}

async function redriveIn(store: FileStore): Promise<void> {
  const { webhookQueue } = await import('./local/webhooks.ts');
  await webhookQueue(store, systemClock).redrive();
}
