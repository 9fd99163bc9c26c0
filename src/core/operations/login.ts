import type { Journal } from '../journal/journal.ts';
import { originOf } from '../origin.ts';
import type { SecretVersion, VersionedSecret } from '../ports.ts';
import { isNewer, newest, type Position, positionOf } from '../position.ts';
import type { AccessToken } from '../records/access-token.ts';
import type { Company } from '../records/company.ts';
import { decodeGrant, encodeGrant, type Grant } from '../records/grant.ts';
import { LoggedOut } from '../records/logged-out.ts';
import { newVersionId } from '../records/version-id.ts';
import { replaceCurrent, untilEnd } from '../replace-current.ts';
import { retryWhileUnavailable } from '../retry.ts';
import { type GrantVersion, type Pass, type RotationPorts, startPass } from '../rotation/pass.ts';
import { lookAtPublished, publish } from '../rotation/promote.ts';
import { withEntry } from '../rotation/settle.ts';
import { Secret } from '../secret.ts';
import { orWarn, unlessRefused } from '../store-refusal.ts';

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
  /** What was asked for; absent where nobody knows. */
  readonly scopes?: readonly string[];
  /** Of a grant that comes back: whose it is and where it may be spent; absent: as for everything here. */
  readonly issuedFor?: Pick<Grant, 'provider' | 'environment'>;
}

/** Where the new grant stands, and what is left for the next pass to tidy. */
export interface LoggedIn {
  readonly position: Position;
  readonly warnings: readonly string[];
}

/** Over what a consent may be installed: a login or logout after it shuts the consent out. */
export interface SeenGrant {
  /** The highest grant number that is known; 0: there never was one. */
  readonly grant: number;
  readonly isLoggedOut: boolean;
}

/**
 * Stores a new grant as the successor of whatever is there, clears the latches, and publishes its access
 * token. Needs no lease: an old grant's late holder finds itself superseded. Throws `StoreRefused` only if
 * the grant could not be stored; the rest is caught up by the next pass. With `over`: changes nothing, and is
 * `too-late`, where somebody has logged in or out since that was seen.
 */
export async function login(ports: RotationPorts, consent: Consent): Promise<LoggedIn>;
export async function login(
  ports: RotationPorts,
  consent: Consent,
  over: SeenGrant,
): Promise<LoggedIn | 'too-late'>;
export async function login(
  ports: RotationPorts,
  consent: Consent,
  over?: SeenGrant,
): Promise<LoggedIn | 'too-late'> {
  const pass = startPass(ports);
  await triedOrWarned(pass, () => pass.session.read());
  await triedOrWarned(pass, () => lookAtPublished(pass));
  // A code was exchanged with these credentials; with what was adopted nothing was tried yet.
  const accepted = consent.accessToken && (await clientVersion(ports));
  const current = await installGrant(pass, consent, over);
  if (current === 'too-late') return current;
  const position = positionOf(current.grant);
  await triedOrWarned(pass, async () => {
    await pass.session.read();
    await pass.session.amend((journal) => ({
      ...welcomed(journal, position, pass.session.nowMs()),
      ...(accepted !== undefined && { acceptedClient: accepted }),
    }));
  });
  await triedOrWarned(pass, () => publish(pass, current));
  if (isUnderManual(position, pass.published)) {
    pass.warnings.push('a manual token came in between and is served: fresco login replaces it');
  }
  return { position, warnings: pass.warnings };
}

/** A manual token that came in between may stand where this login does, or above. */
function isUnderManual(mine: Position, published: AccessToken | undefined): boolean {
  return published?.expiresAtMs === null && !isNewer(mine, published);
}

/** Nothing depends on it but which of two causes is named first. */
async function clientVersion({ client }: RotationPorts): Promise<string | undefined> {
  return (await unlessRefused(() => client.read()))?.versionId;
}

function triedOrWarned(pass: Pass, action: () => Promise<unknown>): Promise<void> {
  const { clock } = pass.ports;
  const untilMs = Math.min(pass.endMs, clock.monotonicMs() + warnAfterMs);
  return orWarn(pass, '', () => retryWhileUnavailable(clock, untilMs, action));
}

async function installGrant(
  pass: Pass,
  consent: Consent,
  over: SeenGrant | undefined,
): Promise<GrantVersion | 'too-late'> {
  const { random } = pass.ports;
  const sealKey = new Secret(Buffer.from(random.bytes(32)).toString('base64'));
  let mine = newGrant(pass, consent, sealKey, undefined);
  const { versionId, kept } = await replaceCurrent<'too-late' | undefined>(pass.ports.grant, {
    candidate: { versionId: newVersionId(random) },
    random,
    until: untilEnd(pass),
    gaveUp: 'the new grant could not be made current in time',
    decide: (version, mayHaveMoved) => {
      const current = version && replacedBy(version);
      // The rotator may have gone on from mine already: it is in, and its refresh token is spent.
      if (current?.grant?.sealKey.equals(sealKey)) return { keep: undefined };
      if (over && isSuperseded(over, seenGrant(pass, current))) return { keep: 'too-late' }; // guard: consent: not over a newer login
      const place = current?.grant;
      // A login takes a grant number above the one that it finds current.
      if (mayHaveMoved && place !== undefined && place.grant > mine.grant) {
        // Mine may have been current, and spent, before a later login took its place: not again.
        pass.warnings.push('another login has taken the place of this one');
        return { keep: undefined };
      }
      if (!isAbove(mine, place)) mine = newGrant(pass, consent, sealKey, current); // guard: login: renumbered
      return { replaceBy: encodeGrant(mine) };
    },
  });
  return kept === 'too-late' ? kept : { versionId, grant: mine };
}

/** Above in both numbers: consumers compare generations, and the old grant's refresh may come in between. */
export function isAbove(mine: Position, place: Position | undefined): boolean {
  return isNewer(mine, place) && mine.generation > (place?.generation ?? 0);
}

/** Over what a consent that begins now may be installed. */
export function seenGrant(
  { session, published }: Pick<Pass, 'session' | 'published'>,
  current: Replaced | undefined,
): SeenGrant {
  return {
    grant: newest(current?.grant, session.journal.known, published)?.grant ?? 0,
    isLoggedOut: current?.isLoggedOut === true,
  };
}

/** Whether somebody has logged in or out between `over` and `now`. */
export function isSuperseded(over: SeenGrant, now: SeenGrant): boolean {
  return now.grant > over.grant || (now.isLoggedOut && !over.isLoggedOut);
}

/** What a login finds in its place; nothing but its version where that is damaged. */
export interface Replaced {
  readonly versionId: string;
  readonly grant?: Grant;
  readonly isLoggedOut?: true;
}

/** What a login replaces: a damaged grant gives way like any other, its version stays as the previous one. */
export async function readReplaced(
  secret: Pick<VersionedSecret, 'current'>,
): Promise<Replaced | undefined> {
  const version = await secret.current();
  return version && replacedBy(version);
}

/** The same of a version that was read. */
export function replacedBy({ versionId, value }: SecretVersion): Replaced {
  try {
    return { versionId, grant: decodeGrant(value) };
  } catch (error) {
    return { versionId, ...(error instanceof LoggedOut && { isLoggedOut: true }) };
  }
}

function newGrant(
  pass: Pass,
  consent: Consent,
  sealKey: Secret,
  current: Replaced | undefined,
): Grant {
  const replaced = newest(current?.grant, pass.session.journal.known, pass.published); // guard: login: above what is known
  const { settings } = pass;
  const { provider, environment } = consent.issuedFor ?? settings;
  const origin = originOf(provider);
  // A clock that is ahead would have the token outlive its end.
  const issuedAtMs = Math.min(consent.requestedAtMs, pass.session.nowMs());
  return {
    connection: settings.connection,
    grant: (replaced?.grant ?? 0) + 1,
    // Generations go on across grants, so that consumers can compare them.
    generation: (replaced?.generation ?? 0) + 1,
    attempt: 0,
    refreshToken: consent.refreshToken.boundTo(origin),
    accessToken: consent.accessToken?.boundTo(origin) ?? null,
    issuedAtMs,
    expiresAtMs: issuedAtMs + consent.expiresInSeconds * 1000,
    sealKey,
    companies: consent.companies,
    provider,
    environment,
    ...(consent.scopes && { scopes: consent.scopes }),
  };
}

/** The journal after a login: nothing of the old grant binds the new one. */
export function welcomed(journal: Journal, position: Position, nowMs: number): Journal {
  if (journal.known !== null && !isNewer(position, journal.known)) return journal;
  return {
    ...journal,
    known: position,
    latch: null, // guard: login: clears latches
    refusal: null,
    badAnswer: null,
    retryAtMs: null,
    failingSinceMs: null,
    dispatch: null, // guard: login: voids the open attempt
    seals: journal.seals.filter((seal) => isNewer(seal, position)),
    history: withEntry(journal.history, {
      atMs: nowMs,
      outcome: 'logged-in',
      generation: position.generation,
    }),
  };
}
