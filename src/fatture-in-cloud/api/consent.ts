import type { ConsentProvider } from '../../core/consent/ports.ts';
import type { Secret } from '../../core/secret.ts';
import { authorizationUrl } from '../oauth/authorization-request.ts';
import type { Scope } from '../oauth/scopes.ts';
import type { ProviderTokenEndpoint } from '../oauth/token-endpoint.ts';
import type { ProviderProfile } from '../profile.ts';
import type { ListedCompanies } from './companies.ts';
import { scopesFor } from './examine.ts';

/** Reading clients is what webhooks and the nightly sync begin with. */
export const leastScopes: readonly Scope[] = ['entity.clients:r'];

/** What login asks for where nobody says what: what the subscriptions to `types` need. */
export function scopesOfLogin(types: readonly string[]): readonly string[] {
  const inUse = scopesFor(types);
  return inUse.length > 0 ? inUse : leastScopes;
}

/** The provider's side of a consent by link. */
export function consentProvider({
  profile,
  endpoint,
  companies,
}: {
  readonly profile: ProviderProfile;
  readonly endpoint: ProviderTokenEndpoint;
  readonly companies: (accessToken: Secret) => Promise<ListedCompanies>;
}): ConsentProvider {
  return {
    authorizeUrl: ({ client, scopes, state, codeVerifier }) =>
      profile.authorizeUrl &&
      authorizationUrl(profile.authorizeUrl, {
        clientId: client.clientId,
        redirectUri: client.redirectUri ?? '',
        scopes,
        state,
        ...(profile.pkce && { codeVerifier }),
      }),
    exchange: (code, client, codeVerifier) =>
      endpoint.exchange(code, client, profile.pkce ? codeVerifier : undefined),
    companies: async (accessToken) => {
      const listed = await companies(accessToken);
      return listed.kind === 'companies' ? listed.companies : undefined;
    },
  };
}
