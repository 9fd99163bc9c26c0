import { Secret } from '../../core/secret.ts';

/** What is asked of the person at the provider (RFC 6749 §4.1.1). */
export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** Ties the redirect to this login; of `randomText`. */
  readonly state: string;
  /** Only who knows this verifier can use the code (RFC 7636); absent for a provider that does without. */
  readonly codeVerifier?: Secret;
}

/** How a login comes back (RFC 6749 §4.1.2); only `code` can be exchanged. */
export type Redirect =
  | { readonly kind: 'code'; readonly code: Secret }
  /** The person refused. */
  | { readonly kind: 'denied' }
  /** The provider reports another error; its code, if that is printable. */
  | { readonly kind: 'failed'; readonly error: string }
  /** The state is not the one that this login sent: a redirect of another login, or a forged one. */
  | { readonly kind: 'state-mismatch' }
  | { readonly kind: 'repeated'; readonly parameter: string }
  | { readonly kind: 'no-code' }
  | { readonly kind: 'not-a-url' };

const textMax = 16_384;

/** The URL to open in the person's browser. */
export function authorizationUrl(authorizeUrl: string, request: AuthorizationRequest): string {
  const url = new URL(authorizeUrl);
  const parameters = {
    response_type: 'code',
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    scope: request.scopes.join(' '),
    state: request.state,
    ...(request.codeVerifier === undefined ? {} : challengeOf(request.codeVerifier)),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

function challengeOf(codeVerifier: Secret): Readonly<Record<string, string>> {
  return {
    code_challenge: codeVerifier.sha256().toString('base64url'),
    code_challenge_method: 'S256',
  };
}

/** Whether a redirect answers the request with this state, whatever else it has. */
export function hasState(text: string, state: string): boolean {
  return queryOf(text.trim())?.getAll('state').includes(state) ?? false;
}

/** Reads a redirect as the browser sent or a person pasted it: a URL, its path and query, or the query. */
export function parseRedirect(text: string, state: string): Redirect {
  const query = queryOf(text.trim());
  if (query === undefined) return { kind: 'not-a-url' };
  for (const parameter of ['state', 'code', 'error']) {
    if (query.getAll(parameter).length > 1) return { kind: 'repeated', parameter };
  }
  if (query.get('state') !== state) return { kind: 'state-mismatch' };
  const error = query.get('error');
  if (error === 'access_denied') return { kind: 'denied' };
  if (error !== null) return { kind: 'failed', error: printable(error) };
  const code = query.get('code') ?? '';
  return code === '' ? { kind: 'no-code' } : { kind: 'code', code: new Secret(code) };
}

/** Why a redirect can't be used, and what to do. */
export function describeRedirect(redirect: Exclude<Redirect, { kind: 'code' }>): string {
  switch (redirect.kind) {
    case 'denied':
      return 'the access was refused on the consent page: run fresco login again';
    case 'failed':
      return `the provider reports ${redirect.error}: check the application's settings, then run fresco login again`;
    case 'state-mismatch':
      return 'the redirect does not belong to this login: open the newest link, and nothing from elsewhere';
    case 'repeated':
      return `the redirect has more than one ${redirect.parameter}: it is not the provider's, run fresco login again`;
    case 'no-code':
      return 'the redirect has no code: paste the whole address that the browser ended at';
    case 'not-a-url':
      return 'this is not the address of a redirect: paste the whole address that the browser ended at';
  }
}

function queryOf(text: string): URLSearchParams | undefined {
  if (text.length > textMax || /\s/.test(text)) return undefined;
  if (/^\w+=/.test(text)) return new URLSearchParams(text);
  const base = 'http://localhost';
  return text !== '' && URL.canParse(text, base) ? new URL(text, base).searchParams : undefined;
}

function printable(error: string): string {
  return /^[\w.-]{1,100}$/.test(error) ? error : 'an error without a readable code';
}
