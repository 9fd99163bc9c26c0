/** Scheme, host and port of a URL (RFC 6454); `undefined` for what has none. */
export function originOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin } = new URL(url);
  return origin === 'null' ? undefined : origin;
}

/** Whether a URL's host is this machine. */
export function isLoopback(url: URL): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

/** Whether secrets may be sent to a URL at all: https, or http on this machine, without credentials or fragment. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const isPrivate = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
  return isPrivate && url.username === '' && url.password === '' && !text.includes('#');
}

/** A URL as it may be shown: credentials, query and fragment may be secret. */
export function shownUrl(text: string): string {
  const [place = ''] = text.split(/[?#]/, 1);
  const from = place.includes('://') ? place.indexOf('://') + 3 : 0;
  const at = place.lastIndexOf('@');
  return at < from ? place : `${place.slice(0, from)}…@${place.slice(at + 1)}`;
}
