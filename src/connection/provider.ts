import { type Config, ConfigInvalid, type Environment } from '../config/config.ts';
import { rotationTimes } from '../config/rotation-times.ts';
import { type Canary, type Clock, type Permissions, StoreRefused } from '../core/ports.ts';
import type { Secret } from '../core/secret.ts';
import { canary } from '../fatture-in-cloud/api/canary.ts';
import { type ListedCompanies, listCompanies } from '../fatture-in-cloud/api/companies.ts';
import { type Examined, examine, listFor, scopesFor } from '../fatture-in-cloud/api/examine.ts';
import { permissions } from '../fatture-in-cloud/api/permissions.ts';
import { outboundFetch } from '../fatture-in-cloud/http/outbound-fetch.ts';
import { proxiesIn } from '../fatture-in-cloud/http/proxy.ts';
import { type DeviceFlow, deviceFlow } from '../fatture-in-cloud/oauth/device-flow.ts';
import {
  type ProviderTokenEndpoint,
  tokenEndpoint,
} from '../fatture-in-cloud/oauth/token-endpoint.ts';
import {
  apiOrigin,
  fattureInCloud,
  type ProviderProfile,
  parseProviderProfile,
  tokenOrigin,
} from '../fatture-in-cloud/profile.ts';
import { systemClock } from '../local/clock.ts';
import { expanded } from './home-folder.ts';
import { readOwned } from './owned-file.ts';

/** A provider with all that a connection asks of it. */
export interface Provider {
  readonly profile: ProviderProfile;
  readonly isFattureInCloud: boolean;
  /** Where refresh tokens, codes and the application's secret may go. */
  readonly tokenOrigin: string | undefined;
  /** Where access tokens may go. */
  readonly apiOrigin: string | undefined;
  /** What sends requests to its API; follows no redirect. */
  readonly fetch: typeof globalThis.fetch;
  readonly endpoint: ProviderTokenEndpoint;
  readonly canary: Canary;
  readonly permissions: Permissions;
  /** Absent where the provider has no device flow. */
  readonly device: DeviceFlow | undefined;
  companies(accessToken: Secret): Promise<ListedCompanies>;
  /** One GET to an absolute URL, to look for a fault with; through the same proxy as everything else. */
  examine(url: string, accessToken?: Secret): Promise<Examined>;
}

export type { Examined };
export { listFor, scopesFor };

const examineMs = 10_000;

/** `fetch` to anywhere else than a provider, by the same way out. */
export function fetchBy(env: Environment): typeof globalThis.fetch {
  return outboundFetch(proxiesIn(env));
}

/** The provider that the settings name; rejects with `ConfigInvalid` where its file cannot be used. */
export async function openProvider(
  config: Pick<Config<'cli'>, 'providerFile' | 'providerUrl'>,
  surroundings: { readonly clock?: Clock; readonly env: Environment },
): Promise<Provider> {
  const { providerFile, providerUrl } = config;
  const { clock = systemClock, env } = surroundings;
  const profile =
    providerFile === undefined
      ? fattureInCloud(providerUrl)
      : await readProfile(expanded(providerFile, env));
  const proxy = proxiesIn(env);
  const options = { clock, requestMs: rotationTimes.requestMs, proxy };
  return {
    profile,
    isFattureInCloud: providerFile === undefined,
    tokenOrigin: tokenOrigin(profile),
    apiOrigin: apiOrigin(profile),
    fetch: fetchBy(env),
    endpoint: tokenEndpoint(profile, options),
    canary: canary(profile, options),
    device: deviceFlow(profile, options),
    permissions: permissions(profile, { ...options, requestMs: examineMs }),
    companies: (accessToken) => listCompanies(accessToken, profile, options),
    examine: (url, accessToken) => examine(url, accessToken, { ...options, requestMs: examineMs }),
  };
}

async function readProfile(path: string): Promise<ProviderProfile> {
  let text: string;
  try {
    text = await readOwned(path, '644');
  } catch (error) {
    if (error instanceof StoreRefused) throw error;
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new ConfigInvalid([
      `FRESCO_PROVIDER must be a file that can be read, got '${path}' (${code})`,
    ]);
  }
  const parsed = parseProviderProfile(text);
  if (parsed.kind === 'profile') return parsed.profile;
  throw new ConfigInvalid(parsed.problems.map((problem) => `${path}: ${problem}`));
}
