import { createServer, type IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';

/** One request that reached a sink. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A real server that takes webhooks. */
export interface Sink {
  readonly url: string;
  readonly received: Received[];
  /** The notifications, without handshakes and welcomes. */
  events(): Received[];
  /** The statuses of the next notifications; 200 after them. */
  answerWith(...statuses: number[]): void;
  /** Whether challenges are echoed. */
  echoes: boolean;
}

/** Starts a sink on a free port, closed when the test ends. */
export async function startSink(): Promise<Sink> {
  let statuses: number[] = [];
  const received: Received[] = [];
  const server = createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body };
    received.push(request);
    if (method === 'GET') {
      const asked = new URL(url, 'http://sink').searchParams.get('x-fic-verification-challenge');
      const challenge = headers['x-fic-verification-challenge'] ?? asked;
      outgoing.end(JSON.stringify({ verification: sink.echoes ? challenge : 'something else' }));
      return;
    }
    outgoing.writeHead(isWelcome(request) ? 200 : (statuses.shift() ?? 200)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const sink: Sink = {
    url: `http://127.0.0.1:${port}/fic`,
    received,
    echoes: true,
    events: () => received.filter((request) => request.method === 'POST' && !isWelcome(request)),
    answerWith: (...next) => {
      statuses = next;
    },
  };
  return sink;
}

function isWelcome({ headers, body }: Received): boolean {
  return `${headers['ce-type']}${body}`.includes('subscriptions.welcome');
}
