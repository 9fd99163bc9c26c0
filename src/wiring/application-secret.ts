import { decodeClient, encodeClient } from '../core/client.ts';
import type { Client, Random, VersionedSecret } from '../core/ports.ts';
import { StoreRefused } from '../core/ports.ts';
import { newVersionId } from '../core/version-id.ts';

const triesMax = 8;

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

/** Makes `client` the current version unless it is already; a new version lifts a latch on the old one. */
export async function storeApplication(
  secret: VersionedSecret,
  client: Client,
  random: Random,
): Promise<'stored' | 'unchanged'> {
  const value = encodeClient(client);
  const versionId = newVersionId(random);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const current = await secret.current();
    if (current?.versionId === versionId) return 'stored';
    if (current?.value.equals(value)) return 'unchanged';
    await secret.put(versionId, value);
    if (current === undefined) continue;
    if ((await secret.promote(versionId, current.versionId)) === 'promoted') return 'stored';
  }
  throw new StoreRefused('unavailable', 'the application kept changing while it was being stored');
}
