import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import { invalidField, notFound, parseObject, refuse } from '../api/answers.ts';
import { type ApiEnv, missingScope } from '../api/api.ts';
import type { Clock } from '../clock.ts';
import type { Settings } from '../control/settings.ts';
import { bodyText } from '../request-body.ts';
import type { Deliveries } from './deliveries.ts';
import { isOnThisMachine } from './sender.ts';
import type { ExpandedTypes, Subscription, Subscriptions } from './subscriptions.ts';

/** What the subscription endpoints work on. */
export interface SubscriptionRouteParts {
  readonly clock: Clock;
  readonly subscriptions: Subscriptions;
  readonly deliveries: Deliveries;
  readonly settings: () => Settings;
}

type ApiContext = Context<ApiEnv>;

const retryAfterMs = 600_000;
const method = v.optional(v.picklist(['header', 'query']), 'header');
const changes = v.object({
  sink: v.optional(v.pipe(v.string(), v.maxLength(2_000))),
  types: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(200))),
  verification_method: method,
  config: v.optional(v.object({ mapping: v.optional(v.picklist(['binary', 'structured'])) })),
});

type Changes = v.InferOutput<typeof changes>;

/** `/c/{company_id}/subscriptions`: list, create, read, modify, delete, verify. */
export function subscriptionRoutes(parts: SubscriptionRouteParts): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  const path = '/c/:companyId/subscriptions';
  app.get(path, (c) => c.json({ data: parts.subscriptions.list(c.get('companyId')).map(shown) }));
  app.post(path, (c) => withChanges(c, (wanted) => create(c, parts, wanted)));
  app.get(`${path}/:id`, (c) => withOne(c, parts, (one) => c.json({ data: shown(one) })));
  app.put(`${path}/:id`, (c) =>
    withOne(c, parts, (one) => withChanges(c, (wanted) => modify(c, parts, one, wanted))),
  );
  app.delete(`${path}/:id`, (c) =>
    withOne(c, parts, (one) => {
      parts.subscriptions.remove(one);
      return c.body(null, 200);
    }),
  );
  app.post(`${path}/:id/verify`, (c) => withOne(c, parts, (one) => verifyAgain(c, parts, one)));
  return app;
}

function create(c: ApiContext, parts: SubscriptionRouteParts, wanted: Changes): Response {
  const { subscriptions, deliveries } = parts;
  const companyId = c.get('companyId');
  if (wanted.sink === undefined)
    return invalidField(c, 'data.sink', 'The data.sink field is required.');
  if (wanted.types === undefined)
    return invalidField(c, 'data.types', 'The data.types field is required.');
  const refusal = refusedSink(c, parts, wanted.sink);
  if (refusal !== undefined) return refusal;
  const expanded = subscriptions.expand(companyId, wanted.types);
  const refusedTypes = refuseTypes(c, expanded);
  if (refusedTypes !== undefined) return refusedTypes;
  const isRemote = refusedRemote(c, parts, wanted.sink);
  if (isRemote !== undefined) return isRemote;
  const subscription = subscriptions.add({
    companyId,
    sink: wanted.sink,
    types: expanded.types.map(({ type }) => type),
    mapping: wanted.config?.mapping ?? 'binary',
  });
  deliveries.verify(subscription, wanted.verification_method);
  return c.json({ data: shown(subscription), warnings: expanded.warnings });
}

function modify(
  c: ApiContext,
  parts: SubscriptionRouteParts,
  subscription: Subscription,
  wanted: Changes,
): Response {
  const refusal = wanted.sink === undefined ? undefined : refusedSink(c, parts, wanted.sink);
  if (refusal !== undefined) return refusal;
  const asked = wanted.types ?? subscription.types;
  const expanded = parts.subscriptions.expand(c.get('companyId'), asked, subscription);
  const refusedTypes = refuseTypes(c, expanded);
  if (refusedTypes !== undefined) return refusedTypes;
  const isRemote = refusedRemote(c, parts, wanted.sink ?? subscription.sink);
  if (isRemote !== undefined) return isRemote;
  subscription.types = expanded.types.map(({ type }) => type);
  subscription.mapping = wanted.config?.mapping ?? subscription.mapping;
  if (wanted.sink !== undefined && wanted.sink !== subscription.sink) {
    subscription.sink = wanted.sink;
    subscription.verified = false;
    subscription.verificationAttempts = 0;
    parts.deliveries.verify(subscription, wanted.verification_method);
  }
  return c.json({ data: shown(subscription), warnings: expanded.warnings });
}

async function verifyAgain(
  c: ApiContext,
  parts: SubscriptionRouteParts,
  subscription: Subscription,
): Promise<Response> {
  const body = parseObject(await bodyText(c));
  const parsed = v.safeParse(
    v.optional(v.object({ verification_method: method }), {}),
    body?.['data'],
  );
  if (!parsed.success) return invalidMethod(c);
  const conflict = (message: string) => refuse(c, { status: 409, message });
  if (subscription.verified) return conflict('The subscription is already verified.');
  if (parts.clock.nowMs() < subscription.lastVerificationAtMs + retryAfterMs) {
    return conflict('The verification can be retried once every 10 minutes.');
  }
  parts.deliveries.verify(subscription, parsed.output.verification_method);
  return c.body(null, 200);
}

function refuseTypes(c: ApiContext, { types, warnings }: ExpandedTypes): Response | undefined {
  if (types.length === 0) {
    return invalidField(c, 'data.types', warnings[0] ?? 'The data.types field is required.');
  }
  return missingScope(
    c,
    types.flatMap(({ scopes }) => scopes),
  );
}

function refusedSink(
  c: ApiContext,
  parts: SubscriptionRouteParts,
  sink: string,
): Response | undefined {
  const url = URL.canParse(sink) ? new URL(sink) : undefined;
  const isAllowed =
    url?.protocol === 'http:' && isOnThisMachine(sink) && parts.settings().allowHttpSinks;
  if (url?.protocol === 'https:' || isAllowed) return undefined;
  return invalidField(c, 'data.sink', 'The data.sink must be a valid HTTPS URL.');
}

/** The sandbox makes its requests on somebody's own machine: to others only where it is asked to. */
function refusedRemote(
  c: ApiContext,
  { settings }: SubscriptionRouteParts,
  sink: string,
): Response | undefined {
  if (settings().allowRemoteSinks || isOnThisMachine(sink)) return undefined;
  const how = 'start it with --remote-sinks, or name a sink on this machine';
  return invalidField(c, 'data.sink', `The sandbox sends to this machine alone: ${how}.`);
}

async function withChanges(c: ApiContext, act: (wanted: Changes) => Response): Promise<Response> {
  const body = parseObject(await bodyText(c));
  if (body === undefined) {
    return refuse(c, { status: 422, message: 'Invalid JSON data in request body.' });
  }
  const parsed = v.safeParse(changes, body['data']);
  if (parsed.success) return act(parsed.output);
  const [issue] = parsed.issues;
  const field = ['data', v.getDotPath(issue)].filter((part) => part !== null).join('.');
  return invalidField(c, field, `The ${field} field is invalid.`);
}

function withOne(
  c: ApiContext,
  parts: SubscriptionRouteParts,
  act: (one: Subscription) => Response | Promise<Response>,
): Response | Promise<Response> {
  const found = parts.subscriptions.get(c.get('companyId'), c.req.param('id') ?? '');
  return found === undefined ? notFound(c) : act(found);
}

function invalidMethod(c: ApiContext): Response {
  const field = 'data.verification_method';
  return invalidField(c, field, `The selected ${field} is invalid.`);
}

function shown({ id, sink, verified, types, mapping }: Subscription) {
  return { id, sink, verified, types, config: { mapping } };
}
