import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type ConnectionOptions, openConnection } from './connection.ts';
import { within } from './deadline.ts';
import { type Reveal, revealTo, WrongOrigin } from './reveal-to.ts';

/** One request; its secrets are revealed for the origin of `url` alone. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  write(reveal: Reveal): WrittenRequest;
}

/** What is to leave. */
export interface WrittenRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The bounds of one exchange. */
export interface HttpOptions extends ConnectionOptions {
  /** From the first look-up to the last byte of the answer. */
  readonly requestMs: number;
  readonly bodyBytesMax: number;
  /** What arrives is all there ever will be: headers that break the rules are read as far as they can be. */
  readonly isLenient?: boolean;
}

/** What a server answered; the body may hold tokens and goes into no message. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What arrived of it. */
  readonly body: string;
  /** Why the body may not be whole; absent if it is. */
  readonly cutOff?: string;
}

/** How an exchange ended; `unanswered` may have been carried out by the server. */
export type HttpOutcome =
  | { readonly kind: 'never-sent'; readonly cause: string }
  | { readonly kind: 'unanswered'; readonly cause: string }
  | { readonly kind: 'answered'; readonly answer: HttpAnswer };

/**
 * Sends one request on a connection of its own: no redirect is followed, nothing is repeated, and it never
 * rejects. Bytes leave only after the connection stands, so that `never-sent` is a certainty; for a secret of
 * another origin none is opened.
 */
export async function sendOnce(request: HttpRequest, options: HttpOptions): Promise<HttpOutcome> {
  return within(options.requestMs, (signal) => sendWithin(request, options, signal));
}

async function sendWithin(
  request: HttpRequest,
  options: HttpOptions,
  signal: AbortSignal,
): Promise<HttpOutcome> {
  let socket: Socket;
  let written: WrittenRequest;
  try {
    written = request.write(revealTo(request.url));
    socket = await openConnection(new URL(request.url), options, signal);
  } catch (error) {
    return { kind: 'never-sent', cause: causeOf(error, signal, options) };
  }
  try {
    return await exchange(socket, { ...request, ...written }, options, signal);
  } catch (error) {
    // Headers that can't be written are refused before the first byte.
    socket.destroy();
    return { kind: 'never-sent', cause: causeOf(error, signal, options) };
  }
}

// A connection of its own carries one answer and is closed: there is no next one to smuggle anything into.
const lenient = { insecureHTTPParser: true, maxHeaderSize: 128 * 1024 };

function exchange(
  socket: Socket,
  request: Pick<HttpRequest, 'method' | 'url'> & WrittenRequest,
  options: HttpOptions,
  signal: AbortSignal,
): Promise<HttpOutcome> {
  const url = new URL(request.url);
  return new Promise((resolve) => {
    const outgoing = httpRequest({
      createConnection: () => socket,
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: {
        Host: url.host,
        Connection: 'close',
        'Accept-Encoding': 'identity',
        'User-Agent': 'fresco',
        ...request.headers,
      },
      signal,
      ...(options.isLenient === true && lenient),
    });
    let answered = false;
    // Once an answer has begun, what arrived of it counts, whatever becomes of the connection.
    const unanswered = (cause: string): void => {
      if (!answered) resolve({ kind: 'unanswered', cause });
    };
    outgoing.on('error', (error) => {
      const cause = causeOf(error, signal, options);
      const answer = options.isLenient === true ? salvaged(error, cause) : undefined;
      if (answered || answer === undefined) return unanswered(cause);
      answered = true;
      resolve({ kind: 'answered', answer });
    });
    outgoing.on('close', () => unanswered('connection closed'));
    outgoing.on('response', async (incoming) => {
      answered = true;
      const answer = await readAnswer(incoming, options, signal);
      outgoing.destroy();
      resolve({ kind: 'answered', answer });
    });
    outgoing.end(request.body);
  });
}

/** A success whose head no parser takes: what follows the head, as far as it came with it. */
function salvaged(error: Error, cutOff: string): HttpAnswer | undefined {
  const { rawPacket } = error as { readonly rawPacket?: unknown };
  const text = rawPacket instanceof Uint8Array ? new TextDecoder().decode(rawPacket) : '';
  const [head = ''] = /^HTTP\/\d.*?(?:\r\n\r\n|\n\n|\r\r)/s.exec(text) ?? [];
  const status = Number(/^\S+ (2\d\d)\b/.exec(head)?.[1]);
  return status > 0
    ? { status, headers: {}, body: text.slice(head.length).trim(), cutOff }
    : undefined;
}

async function readAnswer(
  incoming: IncomingMessage,
  options: HttpOptions,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  const cutOff = await collect(incoming, chunks, options, signal);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: decode(Buffer.concat(chunks), incoming.headers['content-encoding'], options.bodyBytesMax),
    ...(cutOff === undefined ? {} : { cutOff }),
  };
}

/** Fills `chunks` with what arrives; the reason why that is not all, if it is not. */
async function collect(
  incoming: IncomingMessage,
  chunks: Buffer[],
  options: HttpOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      chunks.push(chunk.subarray(0, Math.max(0, options.bodyBytesMax - size + chunk.length)));
      if (size > options.bodyBytesMax) return `answer larger than ${options.bodyBytesMax} bytes`;
    }
    // An answer without a length ends where its connection does, even if this side broke it off.
    return signal.aborted || !incoming.complete ? causeOf(undefined, signal, options) : undefined;
  } catch (error) {
    return causeOf(error, signal, options);
  }
}

const decoders: Readonly<Record<string, 'gunzipSync' | 'inflateSync' | 'brotliDecompressSync'>> = {
  gzip: 'gunzipSync',
  'x-gzip': 'gunzipSync',
  deflate: 'inflateSync',
  br: 'brotliDecompressSync',
};

const encodingsMax = 3;

/** Encodings were not asked for; an answer that comes with one, or only claims to, is read all the same. */
function decode(bytes: Buffer, encodings: string | undefined, maxOutputLength: number): string {
  const applied = (encodings ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  let decoded = bytes;
  for (const encoding of applied.reverse().slice(0, encodingsMax)) {
    const decoder = decoders[encoding];
    if (decoder === undefined) continue;
    try {
      // Hardly ever needed, and slow to load.
      decoded = process.getBuiltinModule('node:zlib')[decoder](decoded, { maxOutputLength });
    } catch {
      // It only claimed to be.
    }
  }
  return new TextDecoder().decode(decoded);
}

/** A word for people without anything that was sent or received: the system's code, or the bound that was hit. */
function causeOf(error: unknown, signal: AbortSignal, options: HttpOptions): string {
  if (error instanceof WrongOrigin) return error.message;
  if (signal.aborted) return `no whole answer within ${options.requestMs} ms`;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return String(code ?? name ?? 'connection closed');
}
