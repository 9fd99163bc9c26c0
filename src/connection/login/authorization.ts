import type { Client, Random } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { randomText } from '../../core/text/random-text.ts';
import {
  authorizationUrl,
  describeRedirect,
  hasState,
  parseRedirect,
} from '../../fatture-in-cloud/oauth/authorization-request.ts';
import { scopes as allScopes, parseScopes } from '../../fatture-in-cloud/oauth/scopes.ts';
import type { Provider } from '../provider.ts';

export { allScopes };

/** One request for consent, and the reading of what comes back. */
export interface Authorization {
  /** For the person's browser. */
  readonly url: string;
  /** Whether a redirect is this request's: others come from other tabs, logins and pages. */
  owns(redirect: string): boolean;
  /** Reads a redirect as the browser sent it or a person pasted it. */
  read(redirect: string): AuthorizationEnd;
}

/** A code to exchange within a minute, or why there is none and what to do. */
export type AuthorizationEnd =
  | { readonly kind: 'code'; readonly code: Secret; readonly codeVerifier?: Secret }
  | { readonly kind: 'rejected'; readonly why: string };

/** What the person is asked for. */
export interface AuthorizationWish {
  readonly client: Client;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
}

/** Starts an authorization; `undefined` where the provider has no page for it. */
export function startAuthorization(
  { profile }: Provider,
  wish: AuthorizationWish,
  random: Random,
): Authorization | undefined {
  if (profile.authorizeUrl === undefined) return undefined;
  const state = randomText(random);
  const pkce = profile.pkce ? { codeVerifier: new Secret(randomText(random)) } : {};
  const { client, redirectUri, scopes } = wish;
  return {
    url: authorizationUrl(profile.authorizeUrl, {
      clientId: client.clientId,
      redirectUri,
      scopes,
      state,
      ...pkce,
    }),
    owns: (redirect) => hasState(redirect, state),
    read: (text) => {
      const redirect = parseRedirect(text, state);
      return redirect.kind === 'code'
        ? { ...redirect, ...pkce }
        : { kind: 'rejected', why: describeRedirect(redirect) };
    },
  };
}

/** The scopes of a text, as the provider takes them; or what is wrong with it. */
export function readScopes(
  text: string,
  { isFattureInCloud }: Provider,
): readonly string[] | string {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  if (!isFattureInCloud) return names.length > 0 ? names : 'scopes must name at least one scope';
  const parsed = parseScopes(names.join(' '));
  switch (parsed.kind) {
    case 'scopes':
      return parsed.scopes;
    case 'empty':
      return 'scopes must name at least one scope, such as entity.clients:r';
    case 'unknown':
      return `there is no scope ${parsed.names.map((name) => `'${name}'`).join(', ')}: a scope is a resource and a level, such as entity.clients:r or issued_documents.invoices:a`;
  }
}
