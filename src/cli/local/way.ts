import { Hono } from 'hono';
import type { Random } from '../../core/ports.ts';

/** An address of this machine that leads to another, once. */
export interface Way {
  readonly app: Hono;
  readonly path: string;
}

/** Leads the first visitor to `url`; nothing of that address is in the path. */
export function wayTo(url: string, random: Random): Way {
  const path = `/${Buffer.from(random.bytes(16)).toString('base64url')}`;
  let isUsed = false;
  const app = new Hono();
  app.get(path, (c) => {
    c.header('Cache-Control', 'no-store');
    c.header('Referrer-Policy', 'no-referrer');
    if (isUsed) return c.text('This address worked once: open the one that fresco shows.\n', 410);
    isUsed = true;
    return c.redirect(url, 303);
  });
  return { app, path };
}
