import { isLoopback } from '../../core/origin.ts';

/** Proxies as the usual variables name them; they may carry credentials, so they are never printed. */
export interface ProxySettings {
  /** `HTTPS_PROXY`: for https URLs. */
  readonly https?: string;
  /** `HTTP_PROXY`: for http URLs. */
  readonly http?: string;
  /** `NO_PROXY`: hosts reached directly, separated by commas; `*` is all, `example.com` its subdomains too. */
  readonly no?: string;
}

const invalid = 'the proxy that is set is no URL';

/** Proxies as the usual variables of an environment name them, in either case. */
export function proxiesIn(env: Readonly<Record<string, string | undefined>>): ProxySettings {
  const variable = (name: string) => env[name] || env[name.toLowerCase()] || undefined;
  const [https, http, no] = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].map(variable);
  return {
    ...(https === undefined ? {} : { https }),
    ...(http === undefined ? {} : { http }),
    ...(no === undefined ? {} : { no }),
  };
}

/** The proxy for a URL; `undefined`: go directly, as always on loopback. Throws TypeError if it is no URL. */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const proxy = url.protocol === 'https:' ? settings.https : settings.http;
  if (proxy === undefined || proxy === '' || isExempt(url, settings.no ?? '')) return undefined;
  const text = proxy.includes('://') ? proxy : `http://${proxy}`;
  // The system's own error would quote it, password and all.
  if (!URL.canParse(text)) throw Object.assign(new TypeError(invalid), { code: invalid });
  return new URL(text);
}

/** The value of a `Basic` authorization for credentials in a proxy's URL; `undefined` without any. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '') return undefined;
  const pair = [proxy.username, proxy.password].map(decoded).join(':');
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** A `%` that escapes nothing stands for itself: people write passwords as they are. */
function decoded(text: string): string {
  return text.replace(/(?:%[\da-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
}

function isExempt(url: URL, list: string): boolean {
  if (isLoopback(url)) return true;
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [host = '', entryPort] = entry.replace(/^\*?\./, '').split(':');
      if (entryPort !== undefined && entryPort !== port) return false;
      return url.hostname === host || url.hostname.endsWith(`.${host}`);
    });
}
