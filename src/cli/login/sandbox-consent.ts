import { tryAgain } from '../failure.ts';

/** Approves a consent page of the sandbox as a person would in a browser, for every company; resolves with the redirect. */
export async function approveInSandbox(authorizeUrl: string): Promise<string> {
  const asked = await fetch(authorizeUrl, { redirect: 'manual' });
  const page = await asked.text();
  const [, request] = /name="request" value="([^"]+)"/.exec(page) ?? [];
  if (request === undefined)
    throw tryAgain`the sandbox showed no consent page, it answered ${asked.status}`;
  const form = new URLSearchParams({ request, decision: 'approve' });
  // With one company the page has nothing to choose.
  for (const [, id = ''] of page.matchAll(/name="company" value="(\d+)"/g))
    form.append('company', id);
  const decided = await fetch(new URL('/oauth/authorize', authorizeUrl), {
    method: 'POST',
    redirect: 'manual',
    body: form,
  });
  const redirect = decided.headers.get('location');
  if (redirect === null)
    throw tryAgain`the sandbox did not redirect, it answered ${decided.status}`;
  return redirect;
}
