/** Proxies as the usual variables name them; they may carry credentials, so they are never printed. */
export interface ProxySettings {
  /** `HTTPS_PROXY`: for https URLs. */
  readonly https?: string;
  /** `HTTP_PROXY`: for http URLs. */
  readonly http?: string;
  /** `NO_PROXY`: hosts reached directly, separated by commas; `*` is all, `example.com` its subdomains too. */
  readonly no?: string;
}

/** The proxy for a URL; `undefined`: go directly, as always on loopback. Throws TypeError if it is no URL. */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const proxy = url.protocol === 'https:' ? settings.https : settings.http;
  if (proxy === undefined || proxy === '' || isExempt(url, settings.no ?? '')) return undefined;
  return new URL(proxy.includes('://') ? proxy : `http://${proxy}`);
}

/** Whether a URL's host is this machine. */
export function isLoopback(url: URL): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

/** The value of a `Basic` authorization for credentials in a proxy's URL; `undefined` without any. */
export function proxyAuthorization(proxy: URL): string | undefined {
  if (proxy.username === '') return undefined;
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
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
