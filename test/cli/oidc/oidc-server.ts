import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Provider } from 'oidc-provider';
import { onTestFinished } from 'vitest';

/** A real authorization server that rotates refresh tokens and ends the whole family when one is reused. */
export interface OidcServer {
  readonly url: string;
  readonly client: { readonly id: string; readonly secret: string; readonly redirectUri: string };
  /** How many pairs of tokens it has given out. */
  pairs(): number;
  /** When its last answer had left, by this process's monotonic clock. */
  answeredAtMs(): number;
  /** Resolves when the next token request has come in. */
  nextRequest(): Promise<void>;
  /** Resolves when no request is under way. */
  idle(): Promise<void>;
  /** Signs in and consents as a person would in a browser; resolves with the redirect. */
  consent(authorizeUrl: string): Promise<string>;
}

const client = {
  id: 'machine',
  secret: 'oidc-secret-invented',
  redirectUri: 'http://127.0.0.1:8787/callback',
};

/** Starts the server on a free port of loopback; it is closed when the test is over. */
export async function startOidcServer(): Promise<OidcServer> {
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  let [underWay, pairs, answeredAtMs] = [0, 0, 0];
  let waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
    });
    if (request.url === '/token') {
      response.once('finish', () => {
        answeredAtMs = performance.now();
      });
      for (const resolve of waiting) resolve();
      waiting = [];
    }
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const provider = new Provider(url, configuration());
  provider.on('grant.success', () => {
    pairs += 1;
  });
  handle = routes(provider);
  return {
    url,
    client,
    pairs: () => pairs,
    answeredAtMs: () => answeredAtMs,
    nextRequest: () => new Promise((resolve) => void waiting.push(resolve)),
    idle: async () => {
      // What a killed process has sent may still be on its way through the kernel.
      do await new Promise((resolve) => setTimeout(resolve, 10));
      while (underWay > 0);
    },
    consent,
  };
}

function configuration(): object {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [client.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['cookie-key-invented'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: () => '/interaction' },
    pkce: { required: () => true },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    ttl: {
      ...{ AccessToken: 3600, IdToken: 3600, Interaction: 3600 },
      ...{ RefreshToken: 86_400, Grant: 86_400, Session: 86_400 },
    },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: async () => ({ sub: accountId }),
    }),
  };
}

function routes(provider: Provider): (request: IncomingMessage, response: ServerResponse) => void {
  const callback = provider.callback();
  return (request, response) => {
    if (request.url?.startsWith('/interaction') !== true) return callback(request, response);
    agree(provider, request, response).catch(() => response.destroy());
  };
}

/** Signs the one person in, and says yes to whatever is asked. */
async function agree(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const result = { login: { accountId: 'person-invented' } };
    return provider.interactionFinished(request, response, result);
  }
  const owner = { accountId: session?.accountId ?? '', clientId: params.client_id };
  const grant = new provider.Grant(owner);
  grant.addOIDCScope(params.scope);
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result);
}

/** A browser without a window: follows redirects with its cookies until they lead away. */
async function consent(authorizeUrl: string): Promise<string> {
  const cookies = new Map<string, string>();
  const { origin } = new URL(authorizeUrl);
  let url = authorizeUrl;
  for (let hops = 0; hops < 10 && url.startsWith(`${origin}/`); hops += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]?.split(/=(.*)/) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`the server did not redirect: ${answer.status}`);
    url = new URL(location, url).href;
  }
  return url;
}
