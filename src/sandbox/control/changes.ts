import {
  type EventType,
  eventTypePrefix,
  findEventType,
} from '../../fatture-in-cloud/webhooks/event-types.ts';
import { untyped } from '../api/collection-specs.ts';
import { type Collections, type Entity, specOf } from '../api/collections.ts';
import { romeDate } from '../api/rome-time.ts';
import { specimen } from '../api/specimens.ts';
import type { Clock } from '../clock.ts';
import type { Mint } from '../oauth/mint.ts';
import type { Deliveries } from '../webhooks/deliveries.ts';

/** What `POST /_sandbox/changes` asks for. */
export interface ChangeRequest {
  /** An event type, with or without the common prefix. */
  readonly type: string;
  /** How many events. */
  readonly count: number;
  readonly companyId: number;
  /** More than one is what bulk imports look like. */
  readonly idsPerEvent: number;
  /** How often each event is delivered, as at-least-once allows. */
  readonly copies: number;
  /** Emits the events in another order than that of the changes. */
  readonly shuffle: boolean;
}

/** What came of it; `events` counts those that someone listens to. */
export type ChangeResult =
  | {
      readonly kind: 'changed';
      readonly ids: readonly (number | string)[];
      readonly events: number;
    }
  | { readonly kind: 'unknown-type' };

/** What changes are made with. */
export interface ChangeParts {
  readonly clock: Clock;
  readonly mint: Mint;
  readonly collections: Collections;
  readonly deliveries: Deliveries;
}

/** Makes, changes or deletes entities as their event type says, and notifies the subscribers of that type. */
export function applyChanges(parts: ChangeParts, request: ChangeRequest): ChangeResult {
  const { companyId, count, idsPerEvent, copies, shuffle } = request;
  const eventType = findEventType(request.type) ?? findEventType(eventTypePrefix + request.type);
  if (eventType === undefined) return { kind: 'unknown-type' };
  const living = parts.collections
    .list(companyId, eventType.resource)
    .filter((entity) => isOfType(entity['type'], eventType))
    .map((entity) => entity.id);
  const batches = Array.from({ length: count }, () =>
    Array.from({ length: idsPerEvent }, () => change(parts, companyId, eventType, living)),
  );
  let events = 0;
  for (const ids of shuffle ? shuffled(batches, parts.mint) : batches) {
    const event = { companyId, type: eventType.type, ids };
    if (parts.deliveries.emit(event, copies) > 0) events += 1;
  }
  return { kind: 'changed', ids: batches.flat(), events };
}

/** Where the family names no document type, those that its scopes speak of are meant. */
function isOfType(type: unknown, { documentType, resource, scopes }: EventType): boolean {
  if (documentType !== undefined) return type === documentType;
  const spec = specOf(resource);
  const scope = spec.scopes.get(String(type)) ?? spec.scopes.get(untyped);
  return scope !== undefined && scopes.includes(scope);
}

/** Makes one change and keeps `living`, the ids that can be changed or deleted, up to date. */
function change(
  parts: ChangeParts,
  companyId: number,
  eventType: EventType,
  living: (number | string)[],
): number | string {
  const { collections, mint } = parts;
  if (eventType.change === 'create') return create(parts, companyId, eventType).id;
  const index = mint.below(living.length || 1);
  const found = collections.get(companyId, eventType.resource, String(living[index] ?? ''));
  const entity = found ?? create(parts, companyId, eventType);
  if (eventType.change === 'delete') {
    collections.remove(companyId, eventType.resource, entity, true);
    living.splice(index, 1);
  } else {
    collections.update(companyId, eventType.resource, entity, edit(eventType, mint), true);
    if (found === undefined) living.push(entity.id);
  }
  return entity.id;
}

function create(
  { clock, collections }: ChangeParts,
  companyId: number,
  eventType: EventType,
): Entity {
  const { resource } = eventType;
  const fields = specimen(resource, collections.nextNumber(), romeDate(clock.nowMs()));
  const type = specOf(resource).types.find((candidate) => isOfType(candidate, eventType));
  const typed = type === undefined ? fields : { ...fields, type };
  return collections.create(companyId, resource, typed, true);
}

function edit(eventType: EventType, mint: Mint): Readonly<Record<string, unknown>> {
  switch (eventType.action) {
    case 'stock_update':
      return { stock_current: mint.below(1_000) };
    case 'status_update':
      return { ei_status: ['sent', 'accepted', 'discarded'][mint.below(3)] };
    default:
      return { notes: `changed, ${mint.hex(4)}` };
  }
}

function shuffled<T>(items: readonly T[], mint: Mint): T[] {
  const keyed = items.map((item) => ({ item, key: mint.below(1 << 30) }));
  return keyed.toSorted((left, right) => left.key - right.key).map(({ item }) => item);
}
