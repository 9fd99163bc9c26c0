const hopsMax = 10;
const redirects: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Sends a request and follows redirects as `fetch` does, but that what is of one origin stays there: to another
 * goes a bare GET without headers or body, and what would need its body is a `TypeError`.
 */
export async function followed(
  fetch: typeof globalThis.fetch,
  request: Request,
): Promise<Response> {
  let next = request;
  for (let hops = 0; hops <= hopsMax; hops += 1) {
    const sent = new Request(next.clone(), { redirect: 'manual' });
    const response = await fetch(sent);
    const location = response.headers.get('location');
    const isFollowed = location !== null && redirects.includes(response.status);
    if (!isFollowed || request.redirect === 'manual') return response;
    if (request.redirect === 'error') throw new TypeError('the answer was a redirect');
    await response.body?.cancel();
    next = redirected(next, new URL(location, next.url), response.status);
  }
  throw new TypeError(`more than ${hopsMax} redirects`);
}

function redirected(request: Request, to: URL, status: number): Request {
  const { method, signal } = request;
  const becomesGet = (status === 303 && method !== 'HEAD') || (status < 303 && method === 'POST');
  if (to.origin === new URL(request.url).origin) {
    if (!becomesGet) return new Request(to, request);
    const headers = new Headers(request.headers);
    for (const name of ['content-type', 'content-length', 'content-encoding']) headers.delete(name);
    return new Request(to, { headers, signal });
  }
  if (!becomesGet && method !== 'GET' && method !== 'HEAD') {
    throw new TypeError(
      `redirected to ${to.origin}, where neither the token nor this request's body is sent`,
    );
  }
  return new Request(to, { method: method === 'HEAD' ? 'HEAD' : 'GET', signal });
}
