import type { Random, VersionedSecret } from '../ports.ts';
import { type AccessToken, encodeAccessToken } from '../records/access-token.ts';
import type { Company } from '../records/company.ts';
import { newVersionId } from '../records/version-id.ts';
import { eightTimes, replaceCurrent } from '../replace-current.ts';
import { tokenIn } from '../rotation/promote.ts';

/**
 * Has consumers told of these companies from now on, with the same token: refreshes of the same grant keep
 * to them. A compare-and-set, so that no newer token is replaced. Rejects with `StoreRefused`, also where a later
 * login does not reach them.
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
    gaveUp: 'the access token kept changing, or is of another login: its companies stay',
    decide: (current) => {
      const token = current && tokenIn(current.value);
      if (token === undefined) return { keep: undefined };
      // Of another login, or of the one before: a read may be behind.
      if (!isWithin(companies, token)) return 'look again';
      return { replaceBy: encodeAccessToken({ ...token, companies }) };
    },
  });
}

/** Whether what is published reaches them, or tells of none: then nobody has asked yet. */
function isWithin(companies: readonly Company[], token: AccessToken): boolean {
  const reached = token.companies;
  return reached.length === 0 || companies.every(({ id }) => reached.some((it) => it.id === id));
}
