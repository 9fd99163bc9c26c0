import { type Context, Hono } from 'hono';
import type { Scope } from '../../fatture-in-cloud/oauth/scopes.ts';
import { bodyText } from '../request-body.ts';
import { invalidField, notFound, parseObject, refuse } from './answers.ts';
import { type ApiEnv, missingScope } from './api.ts';
import { paginate, parseListQuery, parsePageQuery, project } from './collection-queries.ts';
import { type CollectionSpec, collectionSpecs, untyped } from './collection-specs.ts';
import type { Collections, Entity } from './collections.ts';

type ApiContext = Context<ApiEnv>;

/** Lists, single reads, writes and bins of every collection, all by one implementation. */
export function collectionRoutes(collections: Collections): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  // The longer path first: `received_documents/pending` is no id of `received_documents`.
  const specs = collectionSpecs.toSorted((left, right) => right.path.length - left.path.length);
  for (const spec of specs) {
    const path = `/c/:companyId/${spec.path}`;
    app.get(path, (c) => list(c, spec, collections));
    app.get(`${path}/:id`, (c) =>
      withEntity(c, spec, collections, 'r', (entity) => show(c, spec, entity)),
    );
    if (spec.isWritable) addWrites(app, spec, collections, path);
    if (spec.hasBin) addBin(app, spec, collections);
    app.all(path, notAllowed);
    app.all(`${path}/:id`, notAllowed);
  }
  return app;
}

function addWrites(
  app: Hono<ApiEnv>,
  spec: CollectionSpec,
  collections: Collections,
  path: string,
) {
  app.post(path, (c) => create(c, spec, collections));
  app.put(`${path}/:id`, (c) =>
    withEntity(c, spec, collections, 'a', async (entity) => {
      const data = await readData(c);
      if (data instanceof Response) return data;
      return c.json({ data: collections.update(c.get('companyId'), spec.kind, entity, data) });
    }),
  );
  app.delete(`${path}/:id`, (c) =>
    withEntity(c, spec, collections, 'a', (entity) => {
      collections.remove(c.get('companyId'), spec.kind, entity);
      return c.body(null, 200);
    }),
  );
}

function addBin(app: Hono<ApiEnv>, spec: CollectionSpec, collections: Collections) {
  const path = `/c/:companyId/bin/${spec.path}`;
  const binned = (c: ApiContext) =>
    collections.getBinned(c.get('companyId'), spec.kind, c.req.param('id') ?? '');
  app.get(path, (c) => {
    const scopes = c.get('grant').scopes;
    const entities = collections.listBinned(c.get('companyId'), spec.kind);
    const isReadable = (entity: Entity) =>
      scopesOf(spec, entity, 'r').some(
        (scope) => scopes.includes(scope) || scopes.includes(asWrite(scope)),
      );
    return c.json({
      data: entities
        .filter(isReadable)
        .map((entity) => project(entity, spec, true, () => undefined)),
    });
  });
  app.get(`${path}/:id`, (c) =>
    guarded(c, spec, binned(c), 'r', (entity) => show(c, spec, entity)),
  );
  const unbin = (isRecovered: boolean) => (c: ApiContext) =>
    guarded(c, spec, binned(c), 'a', (entity) => {
      collections.unbin(c.get('companyId'), spec.kind, entity, isRecovered);
      return c.body(null, 200);
    });
  app.post(`${path}/:id/recover`, unbin(true));
  app.delete(`${path}/:id`, unbin(false));
}

function list(c: ApiContext, spec: CollectionSpec, collections: Collections): Response {
  const ask = (name: string) => c.req.query(name);
  const type = ask('type') ?? '';
  if (spec.types.length > 0 && !spec.types.includes(type)) {
    return invalidField(
      c,
      'type',
      type === '' ? 'The type field is required.' : 'The selected type is invalid.',
    );
  }
  const refusal = missingScope(c, scopesOf(spec, { type }, 'r'));
  if (refusal !== undefined) return refusal;
  const all = collections.list(c.get('companyId'), spec.kind);
  if (spec.hasDateRange) return listRange(c, all);
  const query = parseListQuery(spec, ask);
  if (query.kind === 'invalid') return invalidField(c, query.field, query.text);
  const page = parsePageQuery(ask);
  if (page.kind === 'invalid') return invalidField(c, page.field, page.text);
  const meant = spec.types.length === 0 ? all : all.filter((entity) => entity['type'] === type);
  const paginated = paginate(query.run(meant), page, spec.path);
  const data = paginated.data.map((entity) => project(entity, spec, true, ask));
  return c.json({ ...paginated, data, ...aggregate(spec, meant) });
}

/** Lists without pages, by date: the cashbook. */
function listRange(c: ApiContext, all: readonly Entity[]): Response {
  const { date_from: from, date_to: to, type = 'all' } = c.req.query();
  if (from === undefined) return invalidField(c, 'date_from', 'The date from field is required.');
  if (to === undefined) return invalidField(c, 'date_to', 'The date to field is required.');
  const data = all.filter((entity) => {
    const date = String(entity['date']);
    return date >= from && date <= to && (type === 'all' || entity['type'] === type);
  });
  return c.json({ data });
}

async function create(
  c: ApiContext,
  spec: CollectionSpec,
  collections: Collections,
): Promise<Response> {
  const data = await readData(c);
  if (data instanceof Response) return data;
  const refusal = missingScope(c, scopesOf(spec, data, 'a'));
  if (refusal !== undefined) return refusal;
  const missing = spec.required.find((name) => data[name] === undefined || data[name] === '');
  if (missing !== undefined) {
    return invalidField(c, `data.${missing}`, `The data.${missing} field is required.`);
  }
  if (spec.types.length > 0 && !spec.types.includes(String(data['type']))) {
    return invalidField(c, 'data.type', 'The selected data.type is invalid.');
  }
  return c.json({ data: collections.create(c.get('companyId'), spec.kind, data) });
}

function show(c: ApiContext, spec: CollectionSpec, entity: Entity): Response {
  return c.json({ data: project(entity, spec, false, (name) => c.req.query(name)) });
}

function withEntity(
  c: ApiContext,
  spec: CollectionSpec,
  collections: Collections,
  level: 'r' | 'a',
  act: (entity: Entity) => Response | Promise<Response>,
): Response | Promise<Response> {
  const id = c.req.param('id') ?? '';
  return guarded(c, spec, collections.get(c.get('companyId'), spec.kind, id), level, act);
}

/** Without a scope of the collection, 403 comes before it shows whether the entity exists. */
function guarded(
  c: ApiContext,
  spec: CollectionSpec,
  entity: Entity | undefined,
  level: 'r' | 'a',
  act: (entity: Entity) => Response | Promise<Response>,
): Response | Promise<Response> {
  if (entity !== undefined) return missingScope(c, scopesOf(spec, entity, level)) ?? act(entity);
  const refusals = scopesOf(spec, {}, level).map((scope) => missingScope(c, [scope]));
  const [refusal] = refusals.includes(undefined) ? [] : refusals;
  return refusal ?? notFound(c);
}

/** The scope of an entity's type; all scopes of the collection where the type says nothing. */
function scopesOf(
  spec: CollectionSpec,
  entity: Readonly<Record<string, unknown>>,
  level: 'r' | 'a',
): readonly Scope[] {
  const one = spec.scopes.get(String(entity['type'])) ?? spec.scopes.get(untyped);
  const found = one === undefined ? [...new Set(spec.scopes.values())] : [one];
  return level === 'r' ? found : found.map(asWrite);
}

function asWrite(scope: Scope): Scope {
  return scope.replace(/:r$/, ':a') as Scope;
}

async function readData(c: ApiContext): Promise<Readonly<Record<string, unknown>> | Response> {
  const body = parseObject(await bodyText(c));
  if (body === undefined) {
    return refuse(c, { status: 422, message: 'Invalid JSON data in request body.' });
  }
  const data = body['data'];
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return invalidField(c, 'data', 'The data field is required.');
  }
  const {
    id: _id,
    created_at: _created,
    updated_at: _updated,
    ...fields
  } = data as Record<string, unknown>;
  return fields;
}

function aggregate(spec: CollectionSpec, entities: readonly Entity[]) {
  if (spec.kind !== 'taxes') return {};
  const amount = entities.reduce((sum, entity) => sum + Number(entity['amount'] ?? 0), 0);
  return { aggregated_data: { amount: amount.toFixed(2) } };
}

function notAllowed(c: ApiContext): Response {
  return refuse(c, { status: 405, message: 'The method is not allowed for this path.' });
}
