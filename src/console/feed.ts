import type { SSEStreamingApi } from 'hono/streaming';
import { draw, drawMoment } from './page/drawing.ts';
import { sandboxControl } from './sandbox-control.ts';
import type { ConsoleConnection, Moment } from './view.ts';

const lookEveryMs = 1_000;
const unsentMax = 200;

/**
 * Sends what has happened, then each moment as it comes and the connection whenever it may have changed,
 * until the reader goes. One that does not keep up misses moments.
 */
export async function feed(stream: SSEStreamingApi, connection: ConsoleConnection): Promise<void> {
  const send = (event: string, data: unknown) =>
    stream.writeSSE({ event, data: JSON.stringify(data) });
  let unsent: Moment[] = [];
  let wake = () => {};
  const unsubscribe = connection.subscribe((moment) => {
    unsent = [...unsent, moment].slice(-unsentMax);
    wake();
  });
  stream.onAbort(() => wake());
  try {
    await send('recent', connection.recent().map(drawMoment));
    while (!stream.aborted) {
      for (const moment of unsent.splice(0)) await send('moment', drawMoment(moment));
      await send(...(await whatIsNow(connection)));
      if (unsent.length > 0 || stream.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookEveryMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    unsubscribe();
  }
}

async function whatIsNow(
  connection: ConsoleConnection,
): Promise<[event: 'connection' | 'trouble', data: unknown]> {
  const { sandbox } = connection;
  try {
    const faults = sandbox === undefined ? [] : await sandboxControl(sandbox.url).faults();
    return ['connection', draw(await connection.look(), faults)];
  } catch (error) {
    return ['trouble', { why: reasonIn(error) }];
  }
}

/** What is not known to be for people may quote anything. */
function reasonIn(error: unknown): string {
  const isForPeople =
    error instanceof Error && ['StoreRefused', 'SandboxRefused'].includes(error.name);
  return isForPeople ? error.message : 'the connection cannot be read';
}
