import { apiClient } from '../fatture-in-cloud/api/client.ts';
import {
  eventTypePrefix,
  eventTypes,
  expandEventType,
} from '../fatture-in-cloud/webhooks/event-types.ts';
import { type Subscriptions, subscriptionsOf } from '../fatture-in-cloud/webhooks/subscriptions.ts';
import type { Connection } from './connection.ts';

export type {
  Subscribed,
  Subscription,
  Subscriptions,
} from '../fatture-in-cloud/webhooks/subscriptions.ts';

const requestMs = 20_000;

/** The webhook subscriptions of a company, with the tokens of a connection. */
export function openSubscriptions(connection: Connection, companyId: number): Subscriptions {
  const { fetch, profile } = connection.provider;
  const { baseUrl } = profile;
  const { tokens } = connection;
  return subscriptionsOf(apiClient({ baseUrl, tokens, fetch, requestMs }), companyId);
}

/**
 * Event types by full or short name, group, or family with `.*`; or the first name that stands for none.
 */
export function readEventTypes(
  names: readonly string[],
): { readonly types: readonly string[] } | { readonly unknown: string } {
  const types = new Set<string>();
  for (const name of names) {
    const found = typesNamed(name.startsWith(eventTypePrefix) ? name : `${eventTypePrefix}${name}`);
    if (found.length === 0) return { unknown: name };
    for (const type of found) types.add(type);
  }
  return { types: [...types] };
}

function typesNamed(name: string): readonly string[] {
  if (name.endsWith('.*')) {
    const family = name.slice(0, -1);
    return eventTypes.filter(({ type }) => type.startsWith(family)).map(({ type }) => type);
  }
  return expandEventType(name)?.map(({ type }) => type) ?? [];
}
