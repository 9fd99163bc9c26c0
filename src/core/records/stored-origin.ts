import { originOf } from '../origin.ts';
import type { SecretVersion, VersionedSecret } from '../ports.ts';
import { Secret } from '../secret.ts';
import { unlessRefused } from '../store-refusal.ts';
import { jsonObject } from '../text/json.ts';
import { decodeGrant } from './grant.ts';

/** Where the records of 0.1.0 were written for, unless their grant says otherwise: they name no origin. */
export const originBefore = 'https://api-v2.fattureincloud.it';

/**
 * A secret whose record, if it names no origin, is read as one of the provider that the grant is of, or of
 * Fatture in Cloud where no grant can be read. What is stored stays as it is.
 */
export function boundByGrant<S extends Pick<VersionedSecret, 'current'>>(
  secret: S,
  grant?: Pick<VersionedSecret, 'current'>,
): S {
  const current = async () => {
    const version = await secret.current();
    return version && withOrigin(version, grant);
  };
  return { ...secret, current };
}

async function withOrigin(
  version: SecretVersion,
  grant: Pick<VersionedSecret, 'current'> | undefined,
): Promise<SecretVersion> {
  const fields = jsonObject(version.value.reveal());
  if (fields === undefined || fields['origin'] !== undefined) return version;
  const origin = (await grantOrigin(grant)) ?? originBefore;
  return { ...version, value: new Secret(JSON.stringify({ ...fields, origin })) };
}

async function grantOrigin(
  grant: Pick<VersionedSecret, 'current'> | undefined,
): Promise<string | undefined> {
  // Damaged, or logged out: it says nothing.
  return unlessRefused(async () => {
    const version = await grant?.current();
    return version && originOf(decodeGrant(version.value).provider);
  });
}
