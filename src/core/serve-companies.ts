import { encodeAccessToken } from './access-token.ts';
import type { Company } from './company.ts';
import { readPublished } from './install.ts';
import type { Random, VersionedSecret } from './ports.ts';
import { StoreRefused } from './ports.ts';
import { newVersionId } from './version-id.ts';

const triesMax = 8;

/**
 * Has consumers told of these companies from now on, with the same token: refreshes of the same grant keep
 * to them. A compare-and-set, so that no newer token is replaced. Rejects with `StoreRefused`.
 */
export async function serveCompanies(
  secret: VersionedSecret,
  companies: readonly Company[],
  random: Random,
): Promise<void> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const published = await readPublished(secret);
    if (published?.token === undefined) return;
    const versionId = newVersionId(random);
    await secret.put(versionId, encodeAccessToken({ ...published.token, companies }));
    if ((await secret.promote(versionId, published.versionId)) === 'promoted') return;
  }
  throw new StoreRefused('unavailable', 'the access token kept changing: its companies stay');
}
