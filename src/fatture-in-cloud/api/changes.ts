import type {
  BinRead,
  ChangeFeed,
  ChangeList,
  ChangePageQuery,
  ListedChange,
  PageRead,
  QuotaLeft,
  ReadFailure,
  Since,
} from '../../core/sync/ports.ts';
import { type EntityId, isEntityId } from '../../core/webhooks/notification.ts';
import type { EntityRead } from '../../core/webhooks/ports.ts';
import { entityPath, eventTypes, type Resource, resourcePaths } from '../webhooks/event-types.ts';
import type { ApiAnswer } from './answer.ts';
import type { ApiClient } from './client.ts';
import { earlier, isInRepeatedHour, isStamp, minutesBetween, romeStamp } from './rome-stamps.ts';

/** A list whose entities carry `updated_at`. */
interface StampedList extends ChangeList {
  readonly resource: Resource;
  /** What the API wants in `type`. */
  readonly type?: string;
  /** What the token needs. */
  readonly scope: string;
}

const pageSize = 100;
const overlapMinutes = 5;
// In that night the clock goes back by an hour.
const overlapOfThatNightMinutes = 65;
// Beyond the overlap, room for a provider whose stamps are in UTC after all: no page says which they are.
const settledAfterMinutes = overlapMinutes + 120;

const issuedTypes = new Map(
  eventTypes.flatMap(({ documentType, scopes: [scope = ''] }) =>
    documentType === undefined ? [] : [[documentType, scope] as const],
  ),
);
const receivedTypes = ['expense', 'passive_credit_note', 'passive_delivery_note', 'self_invoice'];

/** The lists of the API that can be asked for changes: F24, archive and cashbook have no `updated_at`. */
export const stampedLists: readonly StampedList[] = [
  { name: 'clients', resource: 'clients', scope: 'entity.clients:r' },
  { name: 'suppliers', resource: 'suppliers', scope: 'entity.suppliers:r' },
  { name: 'products', resource: 'products', scope: 'products:r' },
  ...[...issuedTypes].map(([type, scope]) => typed('issued_documents', type, scope)),
  ...receivedTypes.map((type) => typed('received_documents', type, 'received_documents:r')),
  { name: 'receipts', resource: 'receipts', scope: 'receipts:r' },
];

function typed(resource: Resource, type: string, scope: string): StampedList {
  return { name: `${resource}/${type}`, resource, type, scope };
}

/** The changes of Fatture in Cloud: lists by `updated_at`, and the bins of documents. */
export function changeFeed(api: ApiClient): ChangeFeed {
  return {
    lists: stampedLists,
    bins: ['issued_documents', 'received_documents'],
    pageSize,
    page: (companyId, list, query) => readPage(api, companyId, list as StampedList, query),
    bin: (companyId, resource) => readBin(api, companyId, resource as Resource),
    entity: (companyId, resource, id) => readEntity(api, companyId, resource as Resource, id),
    stampAt,
    overlapped: (stamp) =>
      earlier(stamp, isOfThatNight(stamp) ? overlapOfThatNightMinutes : overlapMinutes),
    isSettled: (stamp, now) => minutesBetween(stamp, now) > settledAfterMinutes,
    isAmbiguous: isInRepeatedHour,
    stampOf,
  };
}

/** When an entity was last changed, as it says itself. */
export function stampOf(entity: unknown): string | undefined {
  const stamp = (Object(entity) as Record<string, unknown>)['updated_at'];
  return isStamp(stamp) ? stamp : undefined;
}

/** In the hour that comes twice its end, since the first time may have got further than the second. */
function stampAt(nowMs: number): string {
  const stamp = romeStamp(nowMs);
  return isInRepeatedHour(stamp) ? `${stamp.slice(0, 11)}02:59:59` : stamp;
}

/** Until five past three, what appears late may still have a stamp of the hour that comes twice. */
function isOfThatNight(stamp: string): boolean {
  return isInRepeatedHour(stamp) || isInRepeatedHour(earlier(stamp, overlapMinutes));
}

async function readPage(
  api: ApiClient,
  companyId: number,
  list: StampedList,
  query: ChangePageQuery,
): Promise<PageRead> {
  const answer = await api.send({
    method: 'GET',
    path: `/c/${companyId}/${resourcePaths[list.resource]}`,
    query: {
      ...(list.type === undefined ? {} : { type: list.type }),
      ...(query.entity === 'full' ? { fieldset: 'detailed' } : { fields: 'id,updated_at' }),
      q: filterOf(query),
      // Without a second key, those of one second change places between pages.
      sort: 'updated_at,id',
      per_page: String(pageSize),
      page: String(query.page),
    },
  });
  if (answer.kind !== 'ok') return failureOf(answer, companyId, list.scope);
  const { data, total } = answer.body ?? {};
  const changes = Array.isArray(data) ? data.map((entry) => changeIn(entry, query)) : undefined;
  if (changes === undefined || !Number.isSafeInteger(total)) return unreadable(list.name);
  // One that cannot be read is left out and told of; the others are none the worse.
  const whole = changes.filter((change) => change !== undefined);
  const isLast = changes.length < pageSize || query.page * pageSize >= (total as number);
  return {
    kind: 'page',
    changes: whole,
    ...(whole.length < changes.length && { unreadable: changes.length - whole.length }),
    total: total as number,
    isLast,
    quota: quotaOf(answer),
  };
}

function filterOf({ since, until }: ChangePageQuery): string {
  const before = `updated_at <= '${until}'`;
  return since === null ? before : `${lowerBound(since)} and ${before}`;
}

function lowerBound({ at, inclusive }: Since): string {
  return `updated_at ${inclusive ? '>=' : '>'} '${at}'`;
}

function changeIn(entry: unknown, { entity }: ChangePageQuery): ListedChange | undefined {
  const { id, updated_at: stamp, created_at: created } = Object(entry) as Record<string, unknown>;
  if (!isEntityId(id) || !isStamp(stamp)) return undefined;
  return { id, stamp, isNew: created === stamp, ...(entity === 'full' ? { entity: entry } : {}) };
}

async function readBin(api: ApiClient, companyId: number, resource: Resource): Promise<BinRead> {
  const path = `/c/${companyId}/bin/${resourcePaths[resource]}`;
  const answer = await api.send({ method: 'GET', path });
  if (answer.kind !== 'ok') return failureOf(answer, companyId, `${resource}:r`);
  const data = answer.body?.['data'];
  const ids = Array.isArray(data)
    ? data.map((entry) => (Object(entry) as Record<string, unknown>)['id'])
    : undefined;
  if (ids === undefined || !ids.every(isEntityId)) return unreadable(`bin/${resource}`);
  return { kind: 'bin', ids, quota: quotaOf(answer) };
}

async function readEntity(
  api: ApiClient,
  companyId: number,
  resource: Resource,
  id: EntityId,
): Promise<EntityRead> {
  const answer = await api.send({ method: 'GET', path: entityPath(resource, companyId, id) });
  if (answer.kind === 'absent') return answer;
  if (answer.kind === 'ok') {
    const entity = answer.body?.['data'];
    return Object(entity) === entity ? { kind: 'entity', entity } : unreadable(resource);
  }
  const failure = failureOf(answer, companyId, `${resource}:r`);
  // One document that may not be read says nothing of the others.
  if (failure.kind === 'unreachable' || failure.kind === 'refused') {
    return { kind: 'failed', detail: failure.detail };
  }
  return failure;
}

function quotaOf({ quota }: Extract<ApiAnswer, { kind: 'ok' }>): QuotaLeft {
  return quota ?? {};
}

function unreadable(what: string): ReadFailure & { readonly kind: 'failed' } {
  return { kind: 'failed', detail: `the API answered with a list of ${what} that cannot be read` };
}

function failureOf(
  answer: Exclude<ApiAnswer, { kind: 'ok' }>,
  companyId: number,
  scope: string,
): ReadFailure {
  switch (answer.kind) {
    case 'no-permission':
      return {
        kind: 'forbidden',
        detail: `the token lacks ${scope} for company ${companyId}: log in again with it`,
      };
    case 'no-access':
      return {
        kind: 'unreachable',
        detail: `the token does not reach company ${companyId}: log in again and choose it`,
      };
    case 'absent':
      return { kind: 'refused', detail: 'the API does not have this list (404)' };
    case 'invalid':
      return { kind: 'refused', detail: `the API answered ${answer.status}: ${answer.message}` };
    case 'wait':
    case 'licence-expired':
    case 'no-token':
    case 'failed':
      return answer;
  }
}
