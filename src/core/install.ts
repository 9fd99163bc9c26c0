import {
  type AccessToken,
  accessTokenOf,
  decodeAccessToken,
  encodeAccessToken,
} from './access-token.ts';
import { readGrant } from './current-grant.ts';
import { encodeGrant } from './grant.ts';
import type { GrantVersion, Pass } from './pass.ts';
import { backoffMs, persist } from './persistence.ts';
import { StoreRefused, type VersionedSecret } from './ports.ts';
import { compare, isNewer } from './position.ts';
import type { Secret } from './secret.ts';

/** Whether a kept token is current now, or something newer is. */
export type Installed = 'current' | 'overtaken';

/** Creates the version of a grant under its id; there already is as good. */
export async function putGrant(pass: Pass, mine: GrantVersion): Promise<void> {
  await pass.ports.grant.put(mine.versionId, encodeGrant(mine.grant));
}

/**
 * Step 6: makes a stored version current by compare-and-set from whatever is, and never over anything
 * newer; unanswered or outrun, it looks again. Throws `StoreRefused` when time is up.
 */
export async function promote(pass: Pass, mine: GrantVersion): Promise<Installed> {
  return persist(pass.ports.clock, pass.endMs, async () => {
    for (let tries = 0; ; tries += 1) {
      const current = await readGrant(pass);
      if (current !== undefined) {
        if (current.versionId === mine.versionId) return 'current';
        const order = compare(mine.grant, current.grant);
        // A native rotation makes a copy of the same pair current, under an id of its own.
        if (order === 0) return 'current';
        if (order < 0) return 'overtaken';
        if (await movedTo(pass, mine, current.versionId)) return 'current';
      }
      await lookAgain(pass, tries, 'the grant');
    }
  });
}

async function movedTo(pass: Pass, mine: GrantVersion, from: string): Promise<boolean> {
  const moved = await pass.ports.grant.promote(mine.versionId, from);
  // A version whose only label was taken by a later one may have vanished: it is put again.
  if (moved === 'absent') await putGrant(pass, mine);
  return moved === 'promoted';
}

/** Step 7: publishes the current grant's access token, if it has one, in the same manner. */
export async function publish(pass: Pass, current: GrantVersion): Promise<void> {
  const made = accessTokenOf(current.grant, pass.settings.refreshWith);
  if (made === undefined) return;
  const token = { ...made, companies: companiesToTell(made, pass.published) };
  const secret = pass.ports.accessToken;
  await persist(pass.ports.clock, pass.endMs, async () => {
    await secret.put(current.versionId, encodeAccessToken(token));
    for (let tries = 0; ; tries += 1) {
      const published = await readPublished(secret);
      if (published?.token !== undefined && !isNewer(token, published.token)) return;
      if (published !== undefined) {
        const moved = await secret.promote(current.versionId, published.versionId);
        if (moved === 'promoted') return;
        if (moved === 'absent') await secret.put(current.versionId, encodeAccessToken(token));
      }
      await lookAgain(pass, tries, 'the access token');
    }
  });
  pass.published = token;
}

/** A person may have narrowed the companies after the login: within a grant that stays. */
function companiesToTell(made: AccessToken, published: AccessToken | undefined) {
  const isNarrowed = published?.grant === made.grant && published.companies.length > 0;
  return isNarrowed ? published.companies : made.companies;
}

async function lookAgain(pass: Pass, tries: number, what: string): Promise<void> {
  const waitMs = backoffMs(tries);
  if (pass.ports.clock.monotonicMs() + waitMs >= pass.endMs) {
    throw new StoreRefused(
      'unavailable',
      `${what} could not be made current before the time was up`,
    );
  }
  await pass.ports.clock.wait(waitMs);
}

/** What is published, with its version; a damaged one has no token, and gives way to any. */
export async function readPublished(
  secret: VersionedSecret,
): Promise<{ readonly versionId: string; readonly token: AccessToken | undefined } | undefined> {
  const version = await secret.current();
  return version && { versionId: version.versionId, token: tokenIn(version.value) };
}

function tokenIn(value: Secret): AccessToken | undefined {
  try {
    return decodeAccessToken(value);
  } catch {
    return undefined;
  }
}
