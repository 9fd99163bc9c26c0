import type { Secret } from '../../core/secret.ts';
import { bearerGet } from '../http/bearer.ts';
import { sendOnce } from '../http/exchange.ts';
import { eventTypes, resourcePaths } from '../webhooks/event-types.ts';
import { type ApiAnswer, apiAnswer } from './answer.ts';
import type { CanaryOptions } from './canary.ts';

/** What a provider said to one GET, to look for a fault with. */
export type Examined =
  | { readonly kind: 'unreachable'; readonly cause: string }
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly answer: ApiAnswer;
      /** The provider's own clock, in epoch milliseconds. */
      readonly dateMs: number | undefined;
    };

/** Asks once, with an access token or without one; follows nothing, repeats nothing, never rejects. */
export async function examine(
  url: string,
  accessToken: Secret | undefined,
  options: CanaryOptions,
): Promise<Examined> {
  const outcome = await sendOnce(bearerGet(url, accessToken), {
    ...options,
    bodyBytesMax: 1024 * 1024,
  });
  if (outcome.kind !== 'answered') return { kind: 'unreachable', cause: outcome.cause };
  const { status, headers: said, body } = outcome.answer;
  const { date } = said;
  const dateMs = Date.parse(date ?? '');
  return {
    kind: 'answered',
    status,
    answer: apiAnswer({ status, retryAfter: said['retry-after'], date, body }),
    dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
  };
}

/** A cheap list of a company that takes a read scope; `undefined` for a scope that no list is known for. */
export function listFor(scope: string, companyId: number): string | undefined {
  const readable = scope.replace(/:a$/, ':r');
  const found = eventTypes.find(({ scopes }) => scopes.length === 1 && scopes[0] === readable);
  if (found === undefined) return undefined;
  const type = found.documentType ?? (found.resource === 'received_documents' ? 'expense' : '');
  const query = new URLSearchParams({ per_page: '1', ...(type !== '' && { type }) });
  return `/c/${companyId}/${resourcePaths[found.resource]}?${query}`;
}

/** The scopes that it takes to read what these event types speak of. */
export function scopesFor(types: readonly string[]): readonly string[] {
  const named = eventTypes.filter(({ type }) => types.includes(type));
  return [...new Set(named.flatMap(({ scopes }) => scopes))];
}
