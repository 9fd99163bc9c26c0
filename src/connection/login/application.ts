import type { Client, Random, VersionedSecret } from '../../core/ports.ts';
import { decodeClient, encodeClient } from '../../core/records/client.ts';
import { newVersionId } from '../../core/records/version-id.ts';
import { eightTimes, replaceCurrent } from '../../core/replace-current.ts';
import type { Provider } from '../provider.ts';

/** The application as it is stored; `undefined` if none is, or only a damaged one. Rejects with `StoreRefused`. */
export async function readApplication(secret: VersionedSecret): Promise<Client | undefined> {
  const version = await secret.current();
  if (version === undefined) return undefined;
  try {
    return decodeClient(version.value);
  } catch {
    return undefined;
  }
}

/** An application as a person gives it to a provider: its secret is for that provider alone. */
export function givenTo({ tokenOrigin }: Pick<Provider, 'tokenOrigin'>, client: Client): Client {
  const { clientSecret, ...rest } = client;
  return { ...rest, ...(clientSecret && { clientSecret: clientSecret.boundTo(tokenOrigin) }) };
}

/**
 * Makes `client` the current version unless it is already; `again`: a new version even so, since whatever the provider
 * has refused holds for the old one alone.
 */
export async function storeApplication(
  secret: VersionedSecret,
  client: Client,
  random: Random,
  { again = false }: { readonly again?: boolean } = {},
): Promise<'stored' | 'unchanged'> {
  const value = encodeClient(client);
  const { kept = 'stored' } = await replaceCurrent<'unchanged'>(secret, {
    candidate: { versionId: newVersionId(random) },
    random,
    until: eightTimes,
    gaveUp: 'the application kept changing while it was being stored',
    decide: (current) =>
      !again && current?.value.equals(value) ? { keep: 'unchanged' } : { replaceBy: value },
  });
  return kept;
}
