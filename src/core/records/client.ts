import type { Client, ClientSource, VersionedSecret } from '../ports.ts';
import { Secret } from '../secret.ts';
import { encodeRecord, field, parseRecord, type StoredRecord } from './record.ts';

/** The JSON of `docs/storage.md`; the same client always gives the same text. */
export function encodeClient(client: Client): Secret {
  const { clientId, clientSecret, redirectUri } = client;
  return encodeRecord({ clientId, clientSecret, redirectUri, origin: clientSecret?.origin });
}

/** Reads back what `encodeClient` wrote; throws `StoreRefused` ('damaged') and names the field at fault. */
export function decodeClient(value: Secret): Client {
  const record = parseRecord(value, 'client secret');
  const clientSecret = optionalText(record, 'clientSecret');
  const redirectUri = optionalText(record, 'redirectUri');
  const origin = optionalText(record, 'origin');
  return {
    clientId: field.text(record, 'clientId'),
    ...(clientSecret === undefined ? {} : { clientSecret: new Secret(clientSecret, origin) }),
    ...(redirectUri === undefined ? {} : { redirectUri }),
  };
}

/** The client that a versioned secret holds; its version id tells one set of credentials from the next. */
export function clientSource(secret: Pick<VersionedSecret, 'current'>): ClientSource {
  return {
    async read() {
      const version = await secret.current();
      if (version === undefined) return undefined;
      return { client: decodeClient(version.value), versionId: version.versionId };
    },
  };
}

function optionalText(record: StoredRecord, key: string): string | undefined {
  return record.fields[key] === undefined ? undefined : field.text(record, key);
}
