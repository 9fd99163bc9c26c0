import { expect } from 'vitest';
import type { EntityChangedDetail, FrescoEvent } from '../../src/core/events/event.ts';
import { findEventType } from '../../src/fatture-in-cloud/webhooks/event-types.ts';
import type { FaultyProvider } from './faulty-provider.ts';

type Detail = Pick<EntityChangedDetail, 'resource' | 'id' | 'change' | 'entity' | 'eventId'>;

/** How often each entity of each event is on the bus, as `event id` and id. */
export function publications(events: readonly FrescoEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { eventId, id } of details(events)) {
    const key = `${eventId} ${id}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Every entity of every event that the provider told. */
export function expected(provider: FaultyProvider): Set<string> {
  return new Set(
    [...provider.told.values()].flatMap(({ id, ids }) => ids.map((entity) => `${id} ${entity}`)),
  );
}

/** What was told last of each entity is what the provider has now. */
export async function expectFinalStates(
  provider: FaultyProvider,
  events: readonly FrescoEvent[],
): Promise<number> {
  const last = new Map(details(events).map((it) => [`${it.resource} ${it.id}`, it]));
  const entities = new Map(
    [...provider.told.values()].flatMap(({ type, ids }) => {
      const resource = findEventType(type)?.resource;
      return ids.map((id) => [`${resource} ${id}`, { type, id }] as const);
    }),
  );
  for (const [key, { type, id }] of entities) {
    const now = await provider.entity(type, id);
    if (now === undefined) expect(last.get(key), key).toMatchObject({ change: 'delete' });
    else expect(last.get(key)?.entity, key).toEqual(now);
  }
  return entities.size;
}

function details(events: readonly FrescoEvent[]): Detail[] {
  return events
    .filter(({ detailType }) => detailType === 'Entity Changed')
    .map(({ detail }) => detail as unknown as Detail);
}
