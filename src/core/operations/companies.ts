import type { Random, VersionedSecret } from '../ports.ts';
import { encodeAccessToken } from '../records/access-token.ts';
import type { Company } from '../records/company.ts';
import { newVersionId } from '../records/version-id.ts';
import { eightTimes, replaceCurrent } from '../replace-current.ts';
import { tokenIn } from '../rotation/promote.ts';

/**
 * Has consumers told of these companies from now on, with the same token: refreshes of the same grant keep
 * to them. A compare-and-set, so that no newer token is replaced. Rejects with `StoreRefused`.
 */
export async function serveCompanies(
  secret: VersionedSecret,
  companies: readonly Company[],
  random: Random,
): Promise<void> {
  await replaceCurrent<undefined>(secret, {
    candidate: { versionId: newVersionId(random) },
    random,
    until: eightTimes,
    gaveUp: 'the access token kept changing: its companies stay',
    decide: (current) => {
      const token = current && tokenIn(current.value);
      if (token === undefined) return { keep: undefined };
      return { replaceBy: encodeAccessToken({ ...token, companies }) };
    },
  });
}
