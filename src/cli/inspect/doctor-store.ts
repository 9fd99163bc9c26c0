import type { Connection } from '../../connection/connection.ts';
import type { Journal } from '../../core/journal/journal.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import { type SecretVersion, StoreRefused, type VersionedSecret } from '../../core/ports.ts';
import { type AccessToken, decodeAccessToken } from '../../core/records/access-token.ts';
import { decodeClient } from '../../core/records/client.ts';
import { decodeGrant, type Grant } from '../../core/records/grant.ts';
import { manualIn } from '../../core/rotation/manual-check.ts';
import { orRefusal } from '../../core/store-refusal.ts';
import { broken, type Finding, ok, refusedAt, unknown } from './doctor-finding.ts';

/** What could be read of a connection, and what was found on the way. */
export interface StoreSight {
  readonly findings: readonly Finding[];
  readonly clientVersionId?: string;
  readonly grant?: Grant;
  readonly published?: AccessToken;
  readonly journal?: Journal;
  /** Why client, access token or journal cannot be read at all. */
  readonly unread?: StoreRefused;
  /** The store's clock, where it has one. */
  readonly dateMs?: number;
}

type Kind = 'client' | 'grant' | 'access-token';

interface Read<T> {
  readonly finding: Finding;
  readonly versionId?: string;
  readonly value?: T;
  readonly refused?: StoreRefused;
}

/** The links from the secrets to the table. */
export async function examineStore(connection: Connection): Promise<StoreSight> {
  const [client, grant, published, journal] = await Promise.all([
    readSecret(connection, 'client', connection.client, (it) => decodeClient(it.value)),
    readSecret(connection, 'grant', connection.grant, (it) => decodeGrant(it.value)),
    readSecret(connection, 'access-token', connection.accessToken, (it) =>
      decodeAccessToken(it.value),
    ),
    orRefusal(() => connection.journal.read()),
  ]);
  const isManual = manualIn(published.value, grant.value) !== undefined;
  // Before the first login nothing is stored; where a grant is, the application alone is missing.
  const isNew = client.finding.next === whenEmpty.client && isEmpty(grant);
  const secrets = isManual
    ? [published.finding]
    : [
        isNew ? { ...client.finding, next: 'fresco login' } : client.finding,
        belonging(connection, grant),
        published.finding,
      ];
  const refusals = [client, grant, published].map(({ refused }) => refused);
  // An application that is damaged stands in the way of no look.
  const unread = [
    published.refused,
    client.versionId === undefined ? client.refused : undefined,
    journal,
  ].find((it) => it instanceof StoreRefused);
  const left = await orRefusal(async () => (await connection.leftLocks?.()) ?? []);
  const [lock] = left instanceof StoreRefused ? [] : left;
  const isSeen = refusals.every((it) => it === undefined);
  const record = await damagedRecord(connection, isSeen);
  const table = await writable(connection, tableFinding(connection, journal, { lock, record }));
  return {
    findings: [...secrets, ...keyFinding(connection, [...refusals, journal]), table],
    ...(client.versionId && { clientVersionId: client.versionId }),
    ...(unread && { unread }),
    // A grant whose place a manual token has taken is nobody's any more.
    ...(grant.value && !isManual && { grant: grant.value }),
    ...(published.value && { published: published.value }),
    ...(journal instanceof StoreRefused
      ? {}
      : {
          journal: journal.journal,
          ...(journal.dateMs !== undefined && { dateMs: journal.dateMs }),
        }),
  };
}

function isEmpty({ versionId, refused }: Read<unknown>): boolean {
  return versionId === undefined && refused === undefined;
}

async function readSecret<T>(
  connection: Connection,
  kind: Kind,
  secret: Pick<VersionedSecret, 'current'>,
  decode: (version: SecretVersion) => T,
): Promise<Read<T>> {
  let version: SecretVersion | undefined;
  try {
    version = await secret.current();
    if (version === undefined) return { finding: await nothingIn(connection, kind) };
    const value = decode(version);
    return { value, versionId: version.versionId, finding: ok(kind, 'stored and well formed') };
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    const isKey = error.reason === 'key-disabled';
    const isThere = version !== undefined;
    const isFile = connection.damagedFiles !== undefined && !isThere;
    const after = isFile ? afterFileDamage : afterDamage;
    const next = error.reason === 'damaged' ? after[kind] : undefined;
    const finding = isKey
      ? unknown(kind, 'its key does not open it')
      : refusedAt(kind, error, isLogout(error, isThere) ? 'fresco login' : next);
    return { finding, refused: error, ...(version && { versionId: version.versionId }) };
  }
}

/** A version that is there, and says itself that there is nothing in it. */
function isLogout({ reason }: StoreRefused, isThere: boolean): boolean {
  return isThere && reason === 'missing';
}

const afterDamage: Readonly<Record<Kind, string>> = {
  client: 'fresco login --application-only stores the application again',
  grant: 'fresco recover restores an earlier version, or fresco login',
  'access-token': 'fresco rotate publishes it again',
};

/** All versions are in the one file. */
const afterFileDamage: Readonly<Record<Kind, string>> = {
  client: 'fresco login --application-only stores the application again',
  grant: 'fresco login',
  'access-token': 'fresco recover publishes it again from the grant',
};

const whenEmpty: Readonly<Record<Kind, string>> = {
  client: 'fresco login --application-only stores it, the grant stays',
  grant: 'fresco login',
  'access-token': 'fresco rotate publishes one, or fresco login',
};

async function nothingIn({ deployed }: Connection, kind: Kind): Promise<Finding> {
  const parts = await deployed?.();
  const there = parts === undefined || (await orRefusal(() => parts.hasSecret(kind)));
  if (there instanceof StoreRefused) return refusedAt(kind, there);
  return there
    ? broken(kind, `no ${kind} is stored yet`, whenEmpty[kind])
    : broken(kind, `the secret of the ${kind} is gone`, 'deploy the stack, then fresco login');
}

/** A grant that was copied from another stage or provider must not be spent here. */
function belonging({ settings }: Connection, { finding, value }: Read<Grant>): Finding {
  if (value === undefined) return finding;
  const { environment, provider } = settings;
  const here = value.environment === environment && value.provider === provider;
  if (here) return ok('grant', `generation ${value.generation}, of this place and provider`);
  const stranger = value.environment === environment ? value.provider : value.environment;
  return broken(
    'grant',
    describeOutcome({ kind: 'elsewhere', environment: stranger }),
    'fresco login stores a grant for this place',
  );
}

/** One key encrypts secrets and table: what it refused to decrypt shows its state. */
function keyFinding(
  { deployed }: Connection,
  reads: readonly (StoreRefused | object | undefined)[],
): readonly Finding[] {
  if (deployed === undefined) return [];
  const refusals = reads.filter((read) => read instanceof StoreRefused);
  const locked = refusals.find(({ reason }) => reason === 'key-disabled');
  if (locked !== undefined) return [refusedAt('key', locked)];
  return [
    refusals.length === reads.length
      ? unknown('key', 'skipped: nothing that it encrypts could be read')
      : ok('key', 'decrypts what is stored'),
  ];
}

/** A store that can be read and takes no writes keeps no token: the next refresh would have nowhere to go. */
async function writable({ checkWritable }: Connection, found: Finding): Promise<Finding> {
  if (found.state !== 'ok' || checkWritable === undefined) return found;
  const refused = await orRefusal(checkWritable);
  return refused instanceof StoreRefused
    ? refusedAt('table', refused, 'make the store writable again, then fresco rotate --if-due')
    : found;
}

type LeftLock = Awaited<ReturnType<NonNullable<Connection['leftLocks']>>>[number];

/** The first other record of a file store that can't be read, or what refuses it; `isSeen`: nothing else is refused. */
async function damagedRecord(
  { damagedFiles }: Connection,
  isSeen: boolean,
): Promise<string | StoreRefused | undefined> {
  const damaged = await orRefusal(async () => (await damagedFiles?.()) ?? []);
  if (damaged instanceof StoreRefused) return isSeen ? damaged : undefined;
  return damaged.find(({ kind }) => kind === 'record')?.detail;
}

function tableFinding(
  { place, damagedFiles }: Connection,
  journal: StoreRefused | { readonly journal: Journal },
  {
    lock,
    record,
  }: { readonly lock: LeftLock | undefined; readonly record: string | StoreRefused | undefined },
): Finding {
  const inFiles = damagedFiles !== undefined;
  if (lock !== undefined) {
    return broken('table', `a lock was left behind in the ${place}, ${lock.detail}`, lock.next);
  }
  if (!(journal instanceof StoreRefused)) {
    if (record instanceof StoreRefused) return refusedAt('table', record);
    return record === undefined
      ? ok('table', `the journal can be read (${place})`)
      : broken('table', record, 'fresco recover starts a new one');
  }
  if (journal.reason === 'key-disabled') return unknown('table', 'its key does not open it');
  const restore = inFiles
    ? 'fresco recover starts a new one from the grant'
    : 'restore the table to a moment before, then fresco doctor again';
  return refusedAt('table', journal, journal.reason === 'damaged' ? restore : undefined);
}
