import type { Clock } from '../clock.ts';
import { type CollectionSpec, collectionSpecs, type Kind, untyped } from './collection-specs.ts';
import { romeTimestamp } from './rome-time.ts';
import type { Fields } from './specimens.ts';

/** One entity as the API shows it. */
export type Entity = Readonly<Record<string, unknown>> & { readonly id: number | string };

/** Something written, for the code that tells the subscribers. */
export interface EntityChange {
  readonly companyId: number;
  readonly family: string;
  readonly action: 'create' | 'update' | 'delete';
  readonly id: number | string;
}

interface Shelf {
  readonly living: Map<string, Entity>;
  readonly binned: Map<string, Entity>;
}

const firstId = 3_062_000;
const entitiesMax = 400_000;

/** The entities of all companies and kinds: one implementation for every collection. */
export class Collections {
  readonly #clock: Clock;
  readonly #onChange: (change: EntityChange) => void;
  readonly #shelves = new Map<string, Shelf>();
  #lastId = firstId;

  constructor(clock: Clock, onChange: (change: EntityChange) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get(companyId: number, kind: Kind, id: string): Entity | undefined {
    return this.#shelf(companyId, kind).living.get(id);
  }

  list(companyId: number, kind: Kind): Entity[] {
    return [...this.#shelf(companyId, kind).living.values()];
  }

  getBinned(companyId: number, kind: Kind, id: string): Entity | undefined {
    return this.#shelf(companyId, kind).binned.get(id);
  }

  listBinned(companyId: number, kind: Kind): Entity[] {
    return [...this.#shelf(companyId, kind).binned.values()];
  }

  /** A number for the next invented entity, so that names differ. */
  nextNumber(): number {
    return this.#lastId - firstId + 1;
  }

  /** Adds an entity and tells the subscribers, unless `isSilent`. */
  create(companyId: number, kind: Kind, fields: Fields, isSilent = false): Entity {
    const spec = specOf(kind);
    const { living } = this.#shelf(companyId, kind);
    if (living.size >= entitiesMax) throw new RangeError(`no more than ${entitiesMax} ${kind}`);
    this.#lastId += 1;
    const id = spec.hasStringIds ? `DOC_${this.#lastId}` : this.#lastId;
    const stamp = romeTimestamp(this.#clock.nowMs());
    const stamps = spec.hasTimestamps ? { created_at: stamp, updated_at: stamp } : {};
    const entity = { ...fields, id, ...stamps };
    living.set(String(id), entity);
    if (!isSilent) this.#tell(companyId, spec, entity, 'create');
    return entity;
  }

  /** Changes some fields of an entity that exists and tells the subscribers, unless `isSilent`. */
  update(companyId: number, kind: Kind, entity: Entity, fields: Fields, isSilent = false): Entity {
    const spec = specOf(kind);
    const stamp = { updated_at: romeTimestamp(this.#clock.nowMs()) };
    const kept = { id: entity.id, ...('type' in entity ? { type: entity['type'] } : {}) };
    const changed = { ...entity, ...fields, ...kept, ...(spec.hasTimestamps ? stamp : {}) };
    this.#shelf(companyId, kind).living.set(String(entity.id), changed);
    if (!isSilent) this.#tell(companyId, spec, changed, 'update');
    return changed;
  }

  /** Takes an entity away, to the bin where there is one, and tells the subscribers, unless `isSilent`. */
  remove(companyId: number, kind: Kind, entity: Entity, isSilent = false): void {
    const spec = specOf(kind);
    const { living, binned } = this.#shelf(companyId, kind);
    living.delete(String(entity.id));
    if (spec.hasBin) binned.set(String(entity.id), entity);
    if (!isSilent) this.#tell(companyId, spec, entity, 'delete');
  }

  /** Takes an entity out of the bin, back to the living or for good. */
  unbin(companyId: number, kind: Kind, entity: Entity, isRecovered: boolean): void {
    const { living, binned } = this.#shelf(companyId, kind);
    binned.delete(String(entity.id));
    if (!isRecovered) return;
    living.set(String(entity.id), entity);
    this.#tell(companyId, specOf(kind), entity, 'create');
  }

  clear(): void {
    this.#shelves.clear();
  }

  #shelf(companyId: number, kind: Kind): Shelf {
    const key = `${companyId} ${kind}`;
    const shelf = this.#shelves.get(key) ?? { living: new Map(), binned: new Map() };
    this.#shelves.set(key, shelf);
    return shelf;
  }

  #tell(companyId: number, spec: CollectionSpec, entity: Entity, action: EntityChange['action']) {
    const family = spec.families.get(String(entity['type'])) ?? spec.families.get(untyped);
    if (family !== undefined) this.#onChange({ companyId, family, action, id: entity.id });
  }
}

/** How a kind behaves. */
export function specOf(kind: Kind): CollectionSpec {
  const spec = collectionSpecs.find((candidate) => candidate.kind === kind);
  if (spec === undefined) throw new Error(`no collection is specified for ${kind}`);
  return spec;
}
