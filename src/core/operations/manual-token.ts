import { originOf } from '../origin.ts';
import { StoreRefused } from '../ports.ts';
import { compare, isNewer, newest, type Position, positionOf } from '../position.ts';
import { type AccessToken, encodeAccessToken } from '../records/access-token.ts';
import type { Company } from '../records/company.ts';
import { newVersionId } from '../records/version-id.ts';
import { replaceCurrent, untilEnd } from '../replace-current.ts';
import { retry } from '../retry.ts';
import { type Pass, type RotationPorts, startPass } from '../rotation/pass.ts';
import { readPublished, tokenIn } from '../rotation/promote.ts';
import type { Secret } from '../secret.ts';
import { orWarn } from '../store-refusal.ts';
import { isAbove, type LoggedIn, readReplaced, welcomed } from './login.ts';

/** A token that a person has made in the provider's web application: it never expires. */
export interface ManualToken {
  readonly accessToken: Secret;
  readonly companies: readonly Company[];
  /** What it has to be good for; the daily check looks. */
  readonly scopes: readonly string[];
}

/**
 * Publishes a manual token as the successor of whatever consumers have, a grant's token included, which is
 * not refreshed any more. Consumers are never without one. Throws `StoreRefused` if it could not be stored.
 */
export async function installManualToken(
  ports: RotationPorts,
  manual: ManualToken,
): Promise<LoggedIn> {
  const pass = startPass(ports);
  await retry(pass, () => pass.session.read());
  const token = await publishAbove(pass, manual);
  const position = positionOf(token);
  await orWarn(pass, '', () =>
    pass.session.amend((journal) => welcomed(journal, position, pass.session.nowMs()), pass.endMs),
  );
  return { position, warnings: pass.warnings };
}

async function publishAbove(pass: Pass, manual: ManualToken): Promise<AccessToken> {
  const { accessToken: secret, random } = pass.ports;
  const first = await retry(pass, () => readPublished(secret));
  let mine = newToken(pass, manual, await newestKnown(pass, first?.token));
  const { kept } = await replaceCurrent<Position | undefined>(secret, {
    candidate: { versionId: newVersionId(random) },
    random,
    until: untilEnd(pass),
    gaveUp: 'the token could not be made current in time',
    decide: (current) => {
      const published = current && tokenIn(current.value);
      if (published !== undefined && isSame(published, mine)) return { keep: undefined };
      if (!isNewer(mine, published)) return { keep: published };
      // The old grant's refresh may have come in between: consumers compare generations.
      if (!isAbove(mine, published)) mine = newToken(pass, manual, published); // guard: manual token: renumbered
      return { replaceBy: encodeAccessToken(mine) };
    },
  });
  if (kept === undefined) return mine;
  throw new StoreRefused(
    'unavailable',
    'another login has come in between, and its token stays: fresco status shows it',
  );
}

/** Whether what is published is this very token: the answer to its put may have been lost. */
function isSame(published: AccessToken, mine: AccessToken): boolean {
  return compare(published, mine) === 0 && published.accessToken.equals(mine.accessToken);
}

async function newestKnown(
  pass: Pass,
  published: Position | undefined,
): Promise<Position | undefined> {
  const replaced = await retry(pass, () => readReplaced(pass.ports.grant));
  return newest(pass.session.journal.known, published, replaced?.grant);
}

function newToken(pass: Pass, manual: ManualToken, replaced: Position | undefined): AccessToken {
  const { connection, refreshWith } = pass.settings;
  return {
    connection,
    grant: (replaced?.grant ?? 0) + 1,
    generation: (replaced?.generation ?? 0) + 1,
    attempt: 0,
    accessToken: manual.accessToken.boundTo(originOf(pass.settings.provider)),
    issuedAtMs: pass.session.nowMs(),
    expiresAtMs: null,
    companies: manual.companies,
    ...(refreshWith === undefined ? {} : { refreshWith }),
    ...(manual.scopes.length > 0 ? { scopes: manual.scopes } : {}),
  };
}
