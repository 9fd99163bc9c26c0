import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** One request to a sink. */
export interface SinkRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What came back; `unreachable` is no answer in time, or none at all. */
export type SinkAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'unreachable'; readonly why: string };

/** Sends one request to a sink; never rejects, follows no redirects. */
export type SendToSink = (request: SinkRequest) => Promise<SinkAnswer>;

const answerBytesMax = 16_384;

/** Whether a sink is on this machine, by its name alone. */
export function isOnThisMachine(sink: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(sink).hostname);
}

/** Sends over real connections, one for each request, as `Connection: close` says. */
export function httpSender(timeoutMs = 10_000): SendToSink {
  return (request) =>
    new Promise((resolve) => {
      const start = request.url.startsWith('https:') ? httpsRequest : httpRequest;
      const options = {
        method: request.method,
        headers: { ...request.headers, Connection: 'close' },
        agent: false as const,
        signal: AbortSignal.timeout(timeoutMs),
      };
      const fail = (error: Error) => resolve({ kind: 'unreachable', why: error.message });
      const outgoing = start(request.url, options, (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        const finish = () => {
          const body = Buffer.concat(chunks).toString('utf8');
          resolve({ kind: 'answered', status: incoming.statusCode ?? 0, body });
        };
        incoming.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= answerBytesMax) chunks.push(chunk);
          else incoming.destroy();
        });
        incoming.on('error', fail);
        incoming.on('close', finish);
      });
      outgoing.on('error', fail);
      outgoing.end(request.body);
    });
}
