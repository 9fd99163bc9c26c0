import type { Connection, OpenOptions } from './connection.ts';
import { openProvider } from './provider.ts';

/** Opens the connection that the settings name; rejects with `StoreRefused` or `ConfigInvalid`. */
export async function openConnection(options: OpenOptions): Promise<Connection> {
  const { config, env } = options;
  const provider = await openProvider(config, { env });
  // Each store is loaded only where it is used: the SDK alone takes longer than a file store's whole command.
  if (config.store.startsWith('file:')) {
    const { openFileConnection } = await import('./file.ts');
    const path = config.store.slice('file:'.length);
    const { create = false, mend = false, onWrite, onPersonNeeded } = options;
    const name = config.connection;
    const hooks = { ...(onWrite && { onWrite }), ...(onPersonNeeded && { onPersonNeeded }) };
    return openFileConnection({ path, name, provider, create, mend, ...hooks });
  }
  const { openAwsConnection } = await import('./aws.ts');
  return openAwsConnection({ prefix: config.prefix, name: config.connection, provider });
}
