// A process of its own that receives and handles notifications until it is killed.

import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { FrescoEvent } from '../../src/core/events/event.ts';
import { hurriedClock } from './hurried-clock.ts';
import { notifiedStack } from './notified-stack.ts';

/** What the process is told to work with. */
interface Orders {
  readonly path: string;
  readonly startMs: number;
  readonly providerUrl: string;
  readonly publicKeyPem: string;
  readonly applicationId: number;
  /** File that stands for the bus, one event a line. */
  readonly bus: string;
}

const orders = JSON.parse(process.argv[2] ?? '') as Orders;
const clock = hurriedClock(orders.startMs);

const publish = async (events: readonly FrescoEvent[]): Promise<void> => {
  appendFileSync(orders.bus, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
};

async function run(): Promise<void> {
  const { webhooks } = await notifiedStack({ ...orders, clock, fetch, bus: { publish } });
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '' } = request;
    const headers = request.headers as Record<string, string>;
    const query = url.split('?')[1] ?? '';
    const received = await webhooks.receive({ method, headers, query, body });
    response.writeHead(received.status).end(received.body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the sink has no port');
  process.stdout.write(`${address.port}\n`);
  for (;;) {
    const processed = await webhooks.handle();
    if (processed.length === 0) await clock.wait(2_000);
  }
}

await run();
