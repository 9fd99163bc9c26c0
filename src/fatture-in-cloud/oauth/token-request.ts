import type { Client } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import type { HttpRequest, WrittenRequest } from '../http/exchange.ts';
import type { Reveal } from '../http/reveal-to.ts';
import type { ProviderProfile } from '../profile.ts';

/** A request to a token or device endpoint, with the client's credentials where the provider wants them. */
export function tokenRequest(
  url: string,
  parameters: Readonly<Record<string, string | Secret>>,
  client: Client,
  profile: Pick<ProviderProfile, 'clientAuthentication' | 'encoding'>,
): HttpRequest {
  return { method: 'POST', url, write: (reveal) => written(parameters, client, profile, reveal) };
}

function written(
  parameters: Readonly<Record<string, string | Secret>>,
  client: Client,
  profile: Pick<ProviderProfile, 'clientAuthentication' | 'encoding'>,
  reveal: Reveal,
): WrittenRequest {
  const secret = client.clientSecret && reveal(client.clientSecret);
  const isBasic = profile.clientAuthentication === 'basic' && secret !== undefined;
  const named = Object.entries(parameters).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : reveal(value),
  ]);
  const fields: Record<string, string> = {
    ...Object.fromEntries(named),
    ...(isBasic ? {} : { client_id: client.clientId }),
    ...(isBasic || secret === undefined ? {} : { client_secret: secret }),
  };
  const isForm = profile.encoding === 'form';
  return {
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
