import type { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { ActionRefused, act, isControlName, kill } from './actions.ts';
import type { Entrance } from './entrance.ts';
import { feed } from './feed.ts';
import { isPassStep } from './kill-steps.ts';
import { page, pagePolicy } from './page/page.ts';
import { legible } from './page/wording.ts';
import { pageApp } from './page-app.ts';
import { SandboxRefused } from './sandbox-control.ts';
import type { ConsoleConnection } from './view.ts';

const readersMax = 16;

/** How often the page may have a real connection refreshed in a day; a lost cookie costs no more. */
const refreshesPerDayMax = 12;

/** The console page and what it needs, for browsers that came in by the entrance; `nowMs` is monotonic. */
export function consoleServer(
  connection: ConsoleConnection,
  entrance: Entrance,
  nowMs = () => performance.now(),
): Hono {
  const app = pageApp(entrance, pagePolicy);
  const mayRefresh = dailyLimit(nowMs);
  app.get('/', (c) => c.html(page(connection.sandbox?.url)));
  let readers = 0;
  app.get('/feed', (c) => {
    if (readers >= readersMax) return c.text('too many pages are open: close one', 429);
    readers += 1;
    return streamSSE(c, async (stream) => {
      try {
        await feed(stream, connection);
      } finally {
        readers -= 1;
      }
    });
  });
  app.post('/actions/:name', async (c) => {
    const name = c.req.param('name');
    if (!isControlName(name)) return c.json({ error: 'this page has no button of that name' }, 404);
    const isSpending = name === 'rotate' && connection.sandbox === undefined;
    if (isSpending && !mayRefresh()) {
      const often = `this page has refreshed ${refreshesPerDayMax} times in a day: use fresco rotate`;
      return c.json({ error: often }, 429);
    }
    const { tone, text } = await act(name, connection);
    return c.json({ tone, text: legible(text) });
  });
  app.post('/kills/:step', async (c) => {
    const step = c.req.param('step');
    if (!isPassStep(step)) return c.json({ error: 'the protocol has no step of that name' }, 404);
    const { tone, text } = await kill(step, connection);
    return c.json({ tone, text: legible(text) });
  });
  app.onError((error, c) => {
    const isKnown = error instanceof ActionRefused || error instanceof SandboxRefused;
    // What is not known may quote anything.
    if (!isKnown) return c.json({ error: `that did not work (${error.name})` }, 500);
    return c.json({ error: error.message }, 409);
  });
  return app;
}

function dailyLimit(nowMs: () => number): () => boolean {
  let spentMs: readonly number[] = [];
  return () => {
    const now = nowMs();
    spentMs = spentMs.filter((atMs) => atMs > now - 86_400_000);
    if (spentMs.length >= refreshesPerDayMax) return false;
    spentMs = [...spentMs, now];
    return true;
  };
}
