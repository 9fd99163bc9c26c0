import type { Client } from '../core/ports.ts';
import type { HttpRequest } from './http-exchange.ts';
import type { ProviderProfile } from './provider-profile.ts';

/** A request to a token or device endpoint, with the client's credentials where the provider wants them. */
export function tokenRequest(
  url: string,
  parameters: Readonly<Record<string, string>>,
  client: Client,
  profile: Pick<ProviderProfile, 'clientAuthentication' | 'encoding'>,
): HttpRequest {
  const secret = client.clientSecret?.reveal();
  const isBasic = profile.clientAuthentication === 'basic' && secret !== undefined;
  const fields = {
    ...parameters,
    ...(isBasic ? {} : { client_id: client.clientId }),
    ...(isBasic || secret === undefined ? {} : { client_secret: secret }),
  };
  const isForm = profile.encoding === 'form';
  return {
    method: 'POST',
    url,
    headers: {
      Accept: 'application/json',
      'Content-Type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
      ...(isBasic ? { Authorization: basic(client.clientId, secret) } : {}),
    },
    body: isForm ? new URLSearchParams(fields).toString() : JSON.stringify(fields),
  };
}

/** RFC 6749 §2.3.1: both are form-encoded before they are joined. */
function basic(clientId: string, secret: string): string {
  const [id, password] = [clientId, secret].map((part) =>
    new URLSearchParams({ '': part }).toString().slice(1),
  );
  return `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`;
}
