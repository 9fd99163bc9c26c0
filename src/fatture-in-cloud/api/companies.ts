import type { Company } from '../../core/records/company.ts';
import type { Secret } from '../../core/secret.ts';
import { jsonObject } from '../../core/text/json.ts';
import { bearerGet } from '../http/bearer.ts';
import { sendOnce } from '../http/exchange.ts';
import type { ProviderProfile } from '../profile.ts';
import type { CanaryOptions } from './canary.ts';

/** How asking for the companies of a token ends. */
export type ListedCompanies =
  | { readonly kind: 'companies'; readonly companies: readonly Company[] }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'unavailable'; readonly cause: string };

/**
 * The companies that a token reaches, those controlled by an accountant among them. The answer carries a
 * token for each company: it is mapped on arrival and kept nowhere. None where the profile has no URL.
 */
export async function listCompanies(
  accessToken: Secret,
  profile: ProviderProfile,
  options: CanaryOptions,
): Promise<ListedCompanies> {
  if (profile.companiesUrl === undefined) return { kind: 'companies', companies: [] };
  const outcome = await sendOnce(bearerGet(profile.companiesUrl, accessToken), {
    ...options,
    bodyBytesMax: 4 * 1024 * 1024,
  });
  if (outcome.kind !== 'answered') return { kind: 'unavailable', cause: outcome.cause };
  const { status, body, cutOff } = outcome.answer;
  if (status === 401) return { kind: 'rejected' };
  const data = status === 200 ? jsonObject(body)?.['data'] : undefined;
  const list = (data as { companies?: unknown } | null | undefined)?.companies;
  return Array.isArray(list)
    ? { kind: 'companies', companies: flatten(list) }
    : { kind: 'unavailable', cause: cutOff ?? `status ${status} without companies` };
}

// They are stored beside the tokens, in a secret of 64 KB: without names rather than not at all.
const companiesMax = 1000;
const nameMax = 200;
const namesMax = 10_000;

function flatten(list: readonly unknown[]): Company[] {
  const found = new Map<number, Company>();
  const queue = [...list];
  let namesLeft = namesMax;
  // It grows while it is walked.
  for (const entry of queue) {
    const { id, name, controlled_companies: controlled } = (entry ?? {}) as Record<string, unknown>;
    for (const company of Array.isArray(controlled) ? controlled : []) queue.push(company);
    if (!Number.isSafeInteger(id) || found.has(id as number)) continue;
    const told = typeof name === 'string' ? name.slice(0, Math.min(nameMax, namesLeft)) : '';
    namesLeft -= told.length;
    found.set(id as number, { id: id as number, name: told });
    if (found.size === companiesMax) break;
  }
  return [...found.values()];
}
