/** What a browser is known by between its start and its return. */
export interface BrowserCookie {
  /** 256 random bits. */
  readonly browser: string;
  /** Whether its link had a ticket, without which it cannot begin again. */
  readonly hadTicket: boolean;
}

/** The cookie of a request; `undefined` where there is none, or more than one. */
export function browserIn(header: string | undefined, isHttps: boolean): BrowserCookie | undefined {
  const start = `${nameOf(isHttps)}=`;
  const [value = '', ...others] = (header ?? '')
    .split(/;\s*/)
    .flatMap((pair) => (pair.startsWith(start) ? [pair.slice(start.length)] : []));
  const [, browser, last] = /^([\w-]{43})([ts])$/.exec(value) ?? [];
  if (browser === undefined || others.length > 0) return undefined;
  return { browser, hadTicket: last === 't' };
}

/** The header that sets it for ten minutes, or that takes it back. */
export function setCookie(cookie: BrowserCookie | undefined, isHttps: boolean): string {
  const value = cookie === undefined ? '' : `${cookie.browser}${cookie.hadTicket ? 't' : 's'}`;
  const secure = isHttps ? ' Secure;' : '';
  const life = cookie === undefined ? 0 : 600;
  return `${nameOf(isHttps)}=${value}; Path=/; HttpOnly; SameSite=Lax;${secure} Max-Age=${life}`;
}

/** Browsers take a name with this prefix from https alone, and for this host alone (RFC 6265bis §4.1.3.2). */
function nameOf(isHttps: boolean): string {
  return isHttps ? '__Host-fresco-connect' : 'fresco-connect';
}
