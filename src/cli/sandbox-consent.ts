import { Failure } from './failure.ts';

/** Approves a consent page of the sandbox as a person would in a browser; resolves with the redirect. */
export async function approveInSandbox(authorizeUrl: string): Promise<string> {
  const asked = await fetch(authorizeUrl, { redirect: 'manual' });
  const [, request] = /name="request" value="([^"]+)"/.exec(await asked.text()) ?? [];
  if (request === undefined) {
    throw new Failure('retry', `the sandbox showed no consent page, it answered ${asked.status}`);
  }
  const decided = await fetch(new URL('/oauth/authorize', authorizeUrl), {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ request, decision: 'approve' }),
  });
  const redirect = decided.headers.get('location');
  if (redirect === null) {
    throw new Failure('retry', `the sandbox did not redirect, it answered ${decided.status}`);
  }
  return redirect;
}
