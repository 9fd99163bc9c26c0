/** An application as registered on the provider's developer page. */
export interface Application {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
  /** Registered beside it. */
  readonly furtherRedirectUris?: readonly string[];
  readonly name: string;
  /** The provider's own number for it: the claim `aid` of webhooks. */
  readonly applicationId: number;
}

/** The one application of the sandbox unless its options say otherwise. */
export const sandboxApplication: Application = {
  clientId: 'sandbox-client',
  clientSecret: 'sandbox-secret',
  redirectUri: 'http://localhost:8787/callback',
  furtherRedirectUris: ['http://127.0.0.1:4000/connect/callback'],
  name: 'Fresco',
  applicationId: 4010,
};

/**
 * Whether `asked` may stand for a registered redirect: the very same string, or on a loopback host the
 * same in all but the port (RFC 8252 §7.3), since a login page may have to take the next free one.
 */
export function isRegistered(
  { redirectUri, furtherRedirectUris = [] }: Application,
  asked: string,
): boolean {
  return [redirectUri, ...furtherRedirectUris].some((it) => redirectMatches(it, asked));
}

function redirectMatches(registered: string, asked: string): boolean {
  if (asked === registered) return true;
  if (!URL.canParse(asked)) return false;
  const [known, given] = [new URL(registered), new URL(asked)];
  if (!isLoopback(known) || given.hostname !== known.hostname) return false;
  // Compared as a string again, so that nothing that URL parsing forgives slips through.
  return asked === registered.replace(`//${known.host}/`, `//${given.host}/`);
}

function isLoopback(url: URL): boolean {
  return url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}
