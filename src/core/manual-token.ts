import { type AccessToken, encodeAccessToken } from './access-token.ts';
import type { Company } from './company.ts';
import { readPublished } from './install.ts';
import { type LoggedIn, readReplaced, welcomed } from './login.ts';
import { type Pass, type RotationPorts, startPass } from './pass.ts';
import { backoffMs, stubbornly } from './persistence.ts';
import { StoreRefused } from './ports.ts';
import { isNewer, newest, type Position, positionOf } from './position.ts';
import type { Secret } from './secret.ts';
import { newVersionId } from './version-id.ts';

/** A token that a person has made in the provider's web application: it never expires. */
export interface ManualToken {
  readonly accessToken: Secret;
  readonly companies: readonly Company[];
  /** What it has to be good for; the daily check looks. */
  readonly scopes: readonly string[];
}

interface Version {
  readonly versionId: string;
  readonly token: AccessToken;
}

/**
 * Publishes a manual token as the successor of whatever consumers have, a grant's token included, which is
 * not refreshed any more. Consumers are never without one. Throws `StoreRefused` if it could not be stored.
 */
export async function installManualToken(
  ports: RotationPorts,
  manual: ManualToken,
): Promise<LoggedIn> {
  const pass = startPass(ports, { door: 'login' });
  await stubbornly(pass, () => pass.page.read());
  const token = await publishAbove(pass, manual);
  const position = positionOf(token);
  try {
    await stubbornly(pass, () =>
      pass.page.amend((journal) => welcomed(journal, position, pass.page.nowMs())),
    );
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    pass.warnings.push(error.message);
  }
  return { position, warnings: pass.warnings };
}

async function publishAbove(pass: Pass, manual: ManualToken): Promise<AccessToken> {
  const { accessToken: secret, clock } = pass.ports;
  let mine: Version | undefined;
  for (let tries = 0; ; tries += 1) {
    const current = await stubbornly(pass, () => readPublished(secret));
    if (mine !== undefined && current?.versionId === mine.versionId) return mine.token;
    mine ??= newVersion(pass, manual, await newestKnown(pass, current?.token));
    if (current?.token !== undefined && !isNewer(mine.token, current.token)) {
      throw new StoreRefused(
        'unavailable',
        'another login has come in between, and its token stays: fresco status shows it',
      );
    }
    const { versionId, token } = mine;
    await stubbornly(pass, () => secret.put(versionId, encodeAccessToken(token)));
    if (current !== undefined) {
      const moved = await stubbornly(pass, () => secret.promote(versionId, current.versionId));
      if (moved === 'promoted') return token;
    }
    const waitMs = backoffMs(tries);
    if (clock.monotonicMs() + waitMs >= pass.endMs) {
      throw new StoreRefused('unavailable', 'the token could not be made current in time');
    }
    await clock.wait(waitMs);
  }
}

async function newestKnown(
  pass: Pass,
  published: Position | undefined,
): Promise<Position | undefined> {
  const replaced = await stubbornly(pass, () => readReplaced(pass.ports.grant));
  return newest(pass.page.journal.known, published, replaced?.position);
}

function newVersion(pass: Pass, manual: ManualToken, replaced: Position | undefined): Version {
  const { random, settings } = pass.ports;
  const { connection, refreshWith } = settings;
  return {
    versionId: newVersionId(random),
    token: {
      connection,
      grant: (replaced?.grant ?? 0) + 1,
      generation: (replaced?.generation ?? 0) + 1,
      attempt: 0,
      accessToken: manual.accessToken,
      issuedAtMs: pass.page.nowMs(),
      expiresAtMs: null,
      companies: manual.companies,
      ...(refreshWith === undefined ? {} : { refreshWith }),
      ...(manual.scopes.length > 0 ? { scopes: manual.scopes } : {}),
    },
  };
}
