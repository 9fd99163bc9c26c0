import { Hono } from 'hono';
import type { LocalWebhooks } from '../../connection/local/webhooks.ts';

// More than the receiver takes, so that it sees for itself that a body is too large and says so its own way.
const bodyBytesMax = 512 * 1024;

/** The webhook receiver behind `path`, and nothing else: this is what a tunnel may lead to. */
export function webhookApp(webhooks: Pick<LocalWebhooks, 'receive'>, path: string): Hono {
  const app = new Hono();
  app.all(path, async (c) => {
    const { status, body } = await webhooks.receive({
      method: c.req.method,
      headers: Object.fromEntries(c.req.raw.headers),
      query: new URL(c.req.url).search.slice(1),
      body: await beginningOf(c.req.raw),
    });
    return c.body(body, status, { 'content-type': 'application/json' });
  });
  app.notFound((c) => c.json({ error: 'not found' }, 404));
  // Anything from 300 to 499 would make the provider drop the event for good.
  app.onError((_, c) => c.json({}, 503));
  return app;
}

/** The body, or as much of it as is ever looked at. */
export async function beginningOf({ body }: Request): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= bodyBytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bodyBytesMax).toString('utf8');
}
