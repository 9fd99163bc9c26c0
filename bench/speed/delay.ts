import { request } from 'node:http';
import { readBody, startLoopback } from '../../test/doubles/http/loopback.ts';

/** A way to a server on this machine that is as long as one wants. */
export interface Delay {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** How many requests have gone through. */
  readonly requests: number;
  /** How long each answer takes longer from now on. */
  ms: number;
  stop(): Promise<void>;
}

/** Puts a delay in front of a server. */
export async function startDelay(target: string): Promise<Delay> {
  let requests = 0;
  const to = new URL(target);
  const loopback = await startLoopback(async (incoming, response) => {
    requests += 1;
    const body = await readBody(incoming);
    await new Promise((resolve) => setTimeout(resolve, delay.ms));
    await new Promise<void>((resolve, reject) => {
      const { method = 'GET', url = '/', headers } = incoming;
      const { hostname, port } = to;
      const outgoing = request({ hostname, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response).on('finish', resolve).on('error', reject);
      });
      outgoing.on('error', reject).end(body);
    });
  });
  const delay = {
    endpoint: loopback.endpoint,
    ms: 0,
    stop: loopback.stop,
    get requests() {
      return requests;
    },
  };
  return delay;
}
