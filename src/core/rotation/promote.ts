import { type SecretVersion, StoreRefused, type VersionedSecret } from '../ports.ts';
import { compare, isNewer } from '../position.ts';
import {
  type AccessToken,
  accessTokenOf,
  decodeAccessToken,
  encodeAccessToken,
} from '../records/access-token.ts';
import { decodeGrant, encodeGrant } from '../records/grant.ts';
import { LoggedOut } from '../records/logged-out.ts';
import { replaceCurrent, untilEnd } from '../replace-current.ts';
import type { Secret } from '../secret.ts';
import type { GrantVersion, Pass } from './pass.ts';

/** Whether a kept token is current now, or something newer is. */
export type Installed = 'current' | 'overtaken';

/** One read of the current grant; it may be behind. */
export async function readGrant(
  secret: Pick<VersionedSecret, 'current'>,
): Promise<GrantVersion | undefined> {
  const version = await secret.current();
  return version && { versionId: version.versionId, grant: decodeGrant(version.value) };
}

/** Creates the version of a grant under its id; there already is as good. Throws `StoreRefused`. */
export async function putGrant(pass: Pass, { versionId, grant }: GrantVersion): Promise<void> {
  if ((await pass.ports.grant.put(versionId, encodeGrant(grant))) === 'stored') return;
  throw new StoreRefused('damaged', `version ${versionId} of the grant holds another value`);
}

/**
 * Step 6: makes a kept version current by compare-and-set from whatever is, and never over anything newer.
 * Throws `StoreRefused` when time is up.
 */
export async function promote(
  pass: Pass,
  { versionId, grant }: GrantVersion,
  home: 'put' | 'only sealed' = 'put',
): Promise<Installed> {
  const value = encodeGrant(grant);
  const { kept = 'current' } = await replaceCurrent<Installed>(pass.ports.grant, {
    candidate: { versionId, ...(home === 'put' && { value }) },
    random: pass.ports.random,
    until: untilEnd(pass),
    gaveUp: 'the grant could not be made current in time',
    decide: (current) => {
      if (current === undefined) return 'look again';
      const order = compare(grant, decodeGrant(current.value));
      // A native rotation makes a copy of the same pair current, under an id of its own.
      if (order === 0) return { keep: 'current' };
      return order < 0 ? { keep: 'overtaken' } : { replaceBy: value }; // guard: nothing newer is overwritten
    },
  });
  return kept;
}

/** Step 7: publishes the current grant's access token, if it has one, in the same manner. */
export async function publish(pass: Pass, { versionId, grant }: GrantVersion): Promise<void> {
  const made = accessTokenOf(grant, pass.settings.refreshWith);
  if (made === undefined) return;
  let token = made;
  const { kept } = await replaceCurrent<AccessToken>(pass.ports.accessToken, {
    candidate: { versionId },
    random: pass.ports.random,
    until: untilEnd(pass),
    gaveUp: 'the access token could not be made current in time',
    decide: async (current) => {
      const found = current && publishedIn(current);
      if (found?.loggedOut !== undefined) await refuseLogoutSince(pass, found);
      const published = found?.token;
      if (published !== undefined && !isNewer(made, published)) return { keep: published }; // guard: publishing nothing older
      token = { ...made, companies: companiesToServe(made, published ?? pass.published) }; // guard: the companies are those that are published now
      return { replaceBy: encodeAccessToken(token) };
    },
  });
  pass.published = kept ?? token;
}

/** A logout takes the grant first: a mark that has come since is the end of this grant, unless a login came later. */
async function refuseLogoutSince({ foundPublished, ports }: Pass, mark: Published): Promise<void> {
  if (mark.versionId !== foundPublished) await readGrant(ports.grant);
}

/** A person may narrow the companies at any time: within a grant that stays. */
function companiesToServe(made: AccessToken, published: AccessToken | undefined) {
  const isNarrowed = published?.grant === made.grant && published.companies.length > 0;
  return isNarrowed ? published.companies : made.companies;
}

/** What consumers find; a damaged one has no token, and gives way to any. */
export interface Published {
  readonly versionId: string;
  readonly token: AccessToken | undefined;
  /** The mark that a logout has left. */
  readonly loggedOut: LoggedOut | undefined;
}

/** What is published, with its version. */
export async function readPublished(secret: VersionedSecret): Promise<Published | undefined> {
  const version = await secret.current();
  return version && publishedIn(version);
}

/** The first look of a pass at what is published. */
export async function lookAtPublished(pass: Pass): Promise<Published | undefined> {
  const found = await readPublished(pass.ports.accessToken);
  pass.published = found?.token;
  pass.foundPublished = found?.versionId;
  return found;
}

/** The token in what is published, if it can be read. */
export function tokenIn(value: Secret): AccessToken | undefined {
  return publishedIn({ versionId: '', value }).token;
}

function publishedIn({ versionId, value }: SecretVersion): Published {
  try {
    return { versionId, token: decodeAccessToken(value), loggedOut: undefined };
  } catch (error) {
    const loggedOut = error instanceof LoggedOut ? error : undefined;
    return { versionId, token: undefined, loggedOut };
  }
}
