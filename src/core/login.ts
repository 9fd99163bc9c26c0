import type { Company } from './company.ts';
import { decodeGrant, type Grant } from './grant.ts';
import { publish, putGrant } from './install.ts';
import type { Journal } from './journal.ts';
import { type GrantVersion, type Pass, type RotationPorts, startPass } from './pass.ts';
import { backoffMs, persist } from './persistence.ts';
import { StoreRefused } from './ports.ts';
import { isNewer, newest, type Position, positionOf } from './position.ts';
import { Secret } from './secret.ts';

const warnAfterMs = 5_000;

/** What a person brings: a token pair from their consent, or a refresh token that they got elsewhere. */
export interface Consent {
  readonly refreshToken: Secret;
  /** Absent: the refresh token was adopted, and the first pass brings an access token. */
  readonly accessToken?: Secret;
  readonly requestedAtMs: number;
  /** The access token's life in seconds from the request; 0 where there is none. */
  readonly expiresInSeconds: number;
  readonly companies: readonly Company[];
}

/** Where the new grant stands, and what is left for the next pass to tidy. */
export interface LoggedIn {
  readonly position: Position;
  readonly warnings: readonly string[];
}

/**
 * Stores a new grant as the successor of whatever is there, clears the latches, and publishes its access
 * token. Needs no lease: an old grant's late holder finds itself superseded. Throws `StoreRefused` only if
 * the grant could not be stored; the rest is caught up by the next pass.
 */
export async function login(ports: RotationPorts, consent: Consent): Promise<LoggedIn> {
  const pass = startPass(ports, { door: 'login' });
  await orWarn(pass, () => pass.page.read());
  const current = await persist(ports.clock, pass.endMs, () => installGrant(pass, consent));
  const position = positionOf(current.grant);
  await orWarn(pass, async () => {
    await pass.page.read();
    await pass.page.amend((journal) => welcomed(journal, position, ports.clock.nowMs()));
  });
  await orWarn(pass, () => publish(pass, current));
  return { position, warnings: pass.warnings };
}

async function orWarn(pass: Pass, action: () => Promise<unknown>): Promise<void> {
  const { clock } = pass.ports;
  try {
    await persist(clock, Math.min(pass.endMs, clock.monotonicMs() + warnAfterMs), action);
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    pass.warnings.push(error.message);
  }
}

async function installGrant(pass: Pass, consent: Consent): Promise<GrantVersion> {
  const { grant: secret, clock, random } = pass.ports;
  const sealKey = new Secret(Buffer.from(random.bytes(32)).toString('base64'));
  let mine: GrantVersion | undefined;
  for (let tries = 0; ; tries += 1) {
    const current = await readReplaced(pass);
    if (mine !== undefined && current?.versionId === mine.versionId) return mine;
    if (mine === undefined || !isNewer(mine.grant, current?.position)) {
      // Another login, or the old grant's rotation, has come in between: mine has to be newer than that.
      const replaced = newest(current?.position, pass.page.journal.known);
      mine = newGrant(pass, consent, sealKey, replaced);
      await putGrant(pass, mine);
      if (current === undefined) continue;
    }
    if (current !== undefined) {
      const moved = await secret.promote(mine.versionId, current.versionId);
      if (moved === 'promoted') return mine;
      if (moved === 'absent') await putGrant(pass, mine);
    }
    const waitMs = backoffMs(tries);
    if (clock.monotonicMs() + waitMs >= pass.endMs) {
      throw new StoreRefused('unavailable', 'the new grant could not be made current in time');
    }
    await clock.wait(waitMs);
  }
}

/** What a login replaces: a damaged grant gives way like any other, its version stays as the previous one. */
async function readReplaced(
  pass: Pass,
): Promise<{ readonly versionId: string; readonly position: Position | undefined } | undefined> {
  const version = await pass.ports.grant.current();
  if (version === undefined) return undefined;
  try {
    return { versionId: version.versionId, position: positionOf(decodeGrant(version.value)) };
  } catch {
    return { versionId: version.versionId, position: undefined };
  }
}

function newGrant(
  pass: Pass,
  consent: Consent,
  sealKey: Secret,
  replaced: Position | undefined,
): GrantVersion {
  const { settings } = pass;
  const { random } = pass.ports;
  const { requestedAtMs } = consent;
  const grant: Grant = {
    connection: settings.connection,
    grant: (replaced?.grant ?? 0) + 1,
    // Generations go on across grants, so that consumers can compare them.
    generation: (replaced?.generation ?? 0) + 1,
    attempt: 0,
    refreshToken: consent.refreshToken,
    accessToken: consent.accessToken ?? null,
    issuedAtMs: requestedAtMs,
    expiresAtMs: requestedAtMs + consent.expiresInSeconds * 1000,
    sealKey,
    companies: consent.companies,
    provider: settings.provider,
    environment: settings.environment,
  };
  return { versionId: Buffer.from(random.bytes(16)).toString('hex'), grant };
}

/** The journal after a login: nothing of the old grant binds the new one. */
function welcomed(journal: Journal, position: Position, nowMs: number): Journal {
  if (journal.known !== null && !isNewer(position, journal.known)) return journal;
  return {
    ...journal,
    known: position,
    latch: null,
    refusal: null,
    retryAtMs: null,
    failingSinceMs: null,
    dispatch: null,
    seals: journal.seals.filter((seal) => isNewer(seal, position)),
    history: [
      ...journal.history,
      { atMs: nowMs, outcome: 'logged-in', generation: position.generation },
    ],
  };
}
