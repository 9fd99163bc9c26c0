import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

const cookieSeconds = 30 * 86_400;

/** The way in to a page of this machine: an address that works once, and a cookie from then on. */
export interface Entrance {
  /** The path of the address that works once. */
  readonly path: string;
  readonly guard: MiddlewareHandler;
}

/** Makes a way in; `onNewPath` gets the next address when somebody asks for one after the last was used. */
export function createEntrance(onNewPath: (path: string) => void): Entrance {
  const session = newSecret();
  let key = newSecret();
  let isUsed = false;
  const first = pathOf(key);
  const enter = (c: Context) => {
    isUsed = true;
    setCookie(c, cookieName(c), session, {
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
      maxAge: cookieSeconds,
    });
    // Without the key, which would stay in the history of the browser.
    return c.redirect('/', 303);
  };
  return {
    path: first,
    guard: async (c, next) => {
      const shown = c.req.query('key');
      const isVisit = c.req.method === 'GET' && c.req.path === '/';
      if (isSame(getCookie(c, cookieName(c)), session)) {
        return isVisit && shown !== undefined ? c.redirect('/', 303) : await next();
      }
      if (isVisit && !isUsed && isSame(shown, key)) return enter(c);
      if (isVisit && isUsed) {
        key = newSecret();
        isUsed = false;
        onNewPath(pathOf(key));
      }
      return c.text(
        'Open the address that fresco shows where it runs: it works once, for one browser.\n',
        401,
      );
    },
  };
}

function newSecret(): string {
  return randomBytes(16).toString('base64url');
}

function pathOf(key: string): string {
  return `/?key=${key}`;
}

/** Cookies are the same for every port of a machine. */
function cookieName(c: Context): string {
  return `fresco-${new URL(c.req.url).port || '80'}`;
}

function isSame(shown: string | undefined, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return shown !== undefined && timingSafeEqual(digest(shown), digest(wanted));
}
