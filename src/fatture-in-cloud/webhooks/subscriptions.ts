import { type ApiAnswer, printable } from '../api/answer.ts';
import type { ApiClient } from '../api/client.ts';

/** A webhook subscription of a company (Fatture in Cloud: Webhooks, Subscriptions). */
export interface Subscription {
  /** Such as `SUB230`. */
  readonly id: string;
  readonly sink: string;
  readonly verified: boolean;
  /** Concrete event types: groups were expanded when it was made. */
  readonly types: readonly string[];
}

/** What is asked for; the provider takes HTTPS alone. */
export interface SubscriptionWish {
  readonly sink: string;
  readonly types: readonly string[];
}

/** A value, with what the provider remarked on it, or the answer that brought none. */
export type Subscribed<T> =
  | { readonly kind: 'ok'; readonly value: T; readonly warnings: readonly string[] }
  | Exclude<ApiAnswer, { kind: 'ok' }>;

/** The subscriptions of one company, as its provider keeps them; never rejects. */
export interface Subscriptions {
  list(): Promise<Subscribed<readonly Subscription[]>>;
  /** Types that are subscribed elsewhere or unknown are left out, each with a warning. */
  create(wish: SubscriptionWish): Promise<Subscribed<Subscription>>;
  /** Has it send to another address, which takes a handshake of its own. */
  move(id: string, sink: string): Promise<Subscribed<Subscription>>;
  /** Asks for one more handshake: five in all, ten minutes apart. */
  verify(id: string): Promise<Subscribed<undefined>>;
  remove(id: string): Promise<Subscribed<undefined>>;
}

/** The subscriptions of a company over the API. */
export function subscriptionsOf(api: ApiClient, companyId: number): Subscriptions {
  const path = `/c/${companyId}/subscriptions`;
  const one = (id: string) => `${path}/${encodeURIComponent(id)}`;
  return {
    list: async () => read(await api.send({ method: 'GET', path }), listIn),
    create: async ({ sink, types }) => {
      const data = { sink, types, verification_method: 'header', config: { mapping: 'binary' } };
      return read(await api.send({ method: 'POST', path, body: { data } }), subscriptionIn);
    },
    move: async (id, sink) => {
      const data = { sink, verification_method: 'header' };
      return read(await api.send({ method: 'PUT', path: one(id), body: { data } }), subscriptionIn);
    },
    verify: async (id) => {
      const body = { data: { verification_method: 'header' } };
      return read(await api.send({ method: 'POST', path: `${one(id)}/verify`, body }), nothingIn);
    },
    remove: async (id) => read(await api.send({ method: 'DELETE', path: one(id) }), nothingIn),
  };
}

function read<T>(
  answer: ApiAnswer,
  parse: (data: unknown) => { readonly value: T } | undefined,
): Subscribed<T> {
  if (answer.kind !== 'ok') return answer;
  const parsed = parse(answer.body?.['data']);
  if (parsed === undefined) return { kind: 'failed', detail: 'the API answered in another form' };
  return { kind: 'ok', ...parsed, warnings: warningsIn(answer.body?.['warnings']) };
}

const warningsMax = 50;

/** The schema has a list of texts, an example of the provider's a bare text. */
function warningsIn(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  return list
    .slice(0, warningsMax)
    .filter((entry): entry is string => typeof entry === 'string' && entry !== '')
    .map(printable);
}

function nothingIn(): { readonly value: undefined } {
  return { value: undefined };
}

function listIn(data: unknown): { readonly value: readonly Subscription[] } | undefined {
  if (!Array.isArray(data)) return undefined;
  return { value: data.flatMap((entry) => subscriptionIn(entry)?.value ?? []) };
}

function subscriptionIn(data: unknown): { readonly value: Subscription } | undefined {
  const { id, sink, verified, types } = Object(data) as Record<string, unknown>;
  if (typeof id !== 'string' || typeof sink !== 'string') return undefined;
  const names = Array.isArray(types) ? types.filter((type) => typeof type === 'string') : [];
  return { value: { id, sink, verified: verified === true, types: names } };
}
