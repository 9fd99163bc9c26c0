import type { Context } from 'hono';

const bytesMax = 1_048_576;

/** A body of more than 1 MiB; answered with 413. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/**
 * The body as text, read up to its limit. Hono's own body limit rebuilds the request, which the Node
 * server's requests do not allow unless the global `Request` is replaced.
 */
export async function bodyText(c: Context): Promise<string> {
  if (Number(c.req.header('content-length') ?? 0) > bytesMax) throw new BodyTooLarge();
  const { body } = c.req.raw;
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > bytesMax) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
