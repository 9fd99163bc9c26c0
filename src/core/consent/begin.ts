import { createHmac } from 'node:crypto';
import { Secret } from '../secret.ts';
import { randomText } from '../text/random-text.ts';
import { hashOf, opening } from './opening.ts';
import type { ConsentPorts, ConsentStart } from './ports.ts';
import type { ConsentAnswer, ConsentRequest } from './request.ts';

const startLifeMs = 10 * 60_000;
// With the throttle in front most slots are free: eight taken ones in a row are a flood.
const slotsTried = 8;

/** Lets a person begin: keeps a start that lasts ten minutes, and answers with the provider's page. */
export async function begin(
  ports: ConsentPorts,
  { ticket: given, browser }: Extract<ConsentRequest, { step: 'begin' }>,
): Promise<ConsentAnswer> {
  const { rotation, store, provider, redirectUri } = ports;
  const found = await opening(ports, given);
  if (typeof found === 'string') return { kind: found };
  const { ticket, stored, seen: over } = found;
  const application = await rotation.client.read();
  if (application === undefined) {
    ports.note('the application is not stored: fresco login --application-only');
    return { kind: 'failed', next: 'operator' };
  }
  const scopes = ticket?.scopes ?? stored?.grant?.scopes ?? (await ports.defaultScopes());
  const nowMs = found.pass.session.nowMs();
  for (let tries = 0; tries < slotsTried; tries += 1) {
    const state = `${rotation.settings.connection}.${randomText(rotation.random)}`;
    const start: ConsentStart = {
      stateHash: hashOf(new Secret(state)),
      browserHash: hashOf(browser),
      verifierSalt: new Secret(randomText(rotation.random)),
      over,
      ...(ticket && { ticket: { anyCompany: ticket.anyCompany } }),
      scopes,
      expiresAtMs: nowMs + startLifeMs,
    };
    const codeVerifier = verifierOf(start, browser);
    const client = { ...application.client, redirectUri };
    const authorizeUrl = provider.authorizeUrl({ client, scopes, state, codeVerifier });
    if (authorizeUrl === undefined) {
      ports.note('the provider has no page for consent: fresco login');
      return { kind: 'failed', next: 'operator' };
    }
    if (await store.keepStart(start, nowMs)) return { kind: 'begun', authorizeUrl };
  }
  return { kind: 'busy' };
}

/** The PKCE verifier (RFC 7636 §4.1): neither the table alone nor the cookie alone is enough to make it. */
export function verifierOf({ verifierSalt }: ConsentStart, browser: Secret): Secret {
  const hmac = createHmac('sha256', verifierSalt.reveal()).update(browser.reveal());
  return new Secret(hmac.digest('base64url'));
}
