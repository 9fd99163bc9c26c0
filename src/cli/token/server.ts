import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { InvalidArgumentError } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import { answerOfRefusal } from '../../core/consumers/rotator.ts';
import type { Obtained } from '../../core/consumers/token-source.ts';
import { StoreRefused } from '../../core/ports.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { readPublished } from '../../core/rotation/promote.ts';
import type { Secret } from '../../core/secret.ts';
import { failureOf } from '../failure.ts';
import { parseDuration } from '../settings/duration.ts';
import { portProblem } from '../settings/port.ts';

/** A token endpoint on loopback. */
export interface TokenServer {
  readonly url: string;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

/**
 * Hands out tokens at `/token` to callers that show the secret. `min_validity` asks for more than five
 * minutes; `rejected` names the generation that the API answered with 401. Rejects with `Failure`.
 */
export async function listenForCallers(
  connection: Connection,
  secret: Secret,
  port: number,
): Promise<TokenServer> {
  const served = new Map<number, AccessToken>();
  const server = createServer((request, response) => {
    void answer(connection, secret, served, request)
      .catch((error) => problem(500, 'server_error', failureOf(error).message))
      .then((made) => send(response, made));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(portProblem(error, port)));
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `http://127.0.0.1:${bound}/token`, close: () => close(server) };
}

async function answer(
  connection: Connection,
  secret: Secret,
  served: Map<number, AccessToken>,
  request: IncomingMessage,
): Promise<Answer> {
  if (!shows(request, secret)) {
    return problem(401, 'invalid_token', 'show the secret: Authorization: Bearer <secret>');
  }
  const [path, query] = (request.url ?? '').split('?', 2);
  if (path !== '/token') return problem(404, 'not_found', 'tokens are at /token');
  if (request.method !== 'GET') return problem(405, 'invalid_request', 'use GET');
  try {
    const obtained = await obtain(connection, served, new URLSearchParams(query));
    if (obtained.kind === 'token') remember(served, obtained.token);
    return answerOf(obtained, connection.clock.nowMs());
  } catch (error) {
    if (error instanceof StoreRefused)
      return answerOf(answerOfRefusal(error), connection.clock.nowMs());
    if (!(error instanceof InvalidArgumentError)) throw error;
    return problem(400, 'invalid_request', `min_validity or rejected: ${error.message}`);
  }
}

async function obtain(
  connection: Connection,
  served: ReadonlyMap<number, AccessToken>,
  query: URLSearchParams,
): Promise<Obtained> {
  const { tokens } = connection;
  const validity = query.get('min_validity');
  const generation = query.get('rejected');
  if (generation !== null) {
    const rejected = await tokenOf(connection, served, generationIn(generation));
    if (rejected !== undefined) return tokens.rejected(rejected);
  }
  return tokens.obtain(validity === null ? {} : { minValidityMs: parseDuration(validity) });
}

function generationIn(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("it must be the 'generation' that came with the token.");
}

/** The token of this generation; it may have been served by another process, or by this one before it was restarted. */
async function tokenOf(
  { accessToken }: Connection,
  served: ReadonlyMap<number, AccessToken>,
  generation: number,
): Promise<AccessToken | undefined> {
  const known = served.get(generation);
  if (known !== undefined) return known;
  const published = (await readPublished(accessToken))?.token;
  // Of another generation it is newer than what was rejected, or will be once a read shows so.
  return published?.generation === generation ? published : undefined;
}

function remember(served: Map<number, AccessToken>, token: AccessToken): void {
  served.set(token.generation, token);
  const [oldest] = served.keys();
  if (served.size > 4 && oldest !== undefined) served.delete(oldest);
}

/** The fields of RFC 6749 §5.1, so that OAuth clients can read them, and what consumers of the secret know. */
function answerOf(obtained: Obtained, nowMs: number): Answer {
  switch (obtained.kind) {
    case 'token': {
      const { accessToken, expiresAtMs, generation, companies } = obtained.token;
      const life =
        expiresAtMs === null ? {} : { expires_in: Math.floor((expiresAtMs - nowMs) / 1000) };
      const body = { access_token: accessToken.reveal(), token_type: 'Bearer', ...life };
      return { status: 200, body: { ...body, generation, companies } };
    }
    case 'too-long': {
      const leftSeconds = Math.floor((obtained.expiresAtMs - nowMs) / 1000);
      return problem(400, 'invalid_request', `the newest token lasts ${leftSeconds} s`);
    }
    case 'unavailable':
      return problem(503, 'temporarily_unavailable', obtained.detail);
    case 'person-needed':
      return problem(503, 'server_error', obtained.detail);
  }
}

function problem(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description } };
}

function shows(request: IncomingMessage, secret: Secret): boolean {
  const [, shown = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(secret.reveal()));
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    ...(status === 503 ? { 'Retry-After': '30' } : {}),
  });
  response.end(`${JSON.stringify(body)}\n`);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
