import type { Connection } from '../../connection/connection.ts';
import { readApplication, storeApplication } from '../../connection/login/application.ts';
import { serveCompanies } from '../../core/operations/companies.ts';
import type { LoggedIn } from '../../core/operations/login.ts';
import { classOf, type Outcome } from '../../core/outcome/outcome.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import type { Client } from '../../core/ports.ts';
import { type AccessToken, decodeAccessToken } from '../../core/records/access-token.ts';
import type { Company } from '../../core/records/company.ts';
import { decodeGrant, type Grant } from '../../core/records/grant.ts';
import { readManual } from '../../core/rotation/manual-check.ts';
import type { Secret } from '../../core/secret.ts';
import { Failure, tryAgain } from '../failure.ts';
import { confirm, isInteractive, say, waiting } from '../terminal.ts';
import { factsOfLogin, type LoginFacts } from './facts.ts';
import { takeToken } from './token-intake.ts';

/** What was there before a refresh token from elsewhere took its place. */
interface Before {
  readonly grant: Grant | undefined;
  /** What consumers were served with in the place of a grant. */
  readonly manual: AccessToken | undefined;
  readonly client: Client | undefined;
  /** The highest attempt number that was ever given. */
  readonly lastAttempt: number;
}

/**
 * Adopts a refresh token that a person got elsewhere: stores it first, then proves it by one pass. Where the
 * provider refuses it, what it has replaced comes back, unless somebody has spent that in between.
 */
export async function adoptRefreshToken(
  connection: Connection,
  client: Client,
): Promise<LoginFacts> {
  const before = await lookBefore(connection);
  const refreshToken = await takeToken(connection, 'refresh token');
  const served = before.manual ?? before.grant;
  if (served !== undefined && isInteractive()) {
    const question = `Connection ${connection.name} has a ${kindOf(before)} that works (generation ${served.generation}). Replace it?`;
    if (!(await confirm(question))) throw tryAgain`kept the ${kindOf(before)} that is stored`;
  }
  await storeApplication(connection.client, client, connection.random);
  const adopted = await connection.login({
    refreshToken,
    requestedAtMs: connection.clock.nowMs(),
    expiresInSeconds: 0,
    companies: [],
  });
  const pass = connection.rotate({ trigger: 'login', onlyIfDue: false });
  const { outcome, warnings } = await waiting('testing the token by one refresh', pass);
  for (const warning of [...adopted.warnings, ...warnings]) say(`warning: ${warning}`);
  // Another login since the look is in between.
  const isNext = adopted.position.grant === (served?.grant ?? 0) + 1;
  if (classOf(outcome) !== 'done')
    return notProven(connection, isNext ? before : undefined, outcome);
  const published = await connection.accessToken.current();
  if (published === undefined) throw tryAgain`the access token is not published yet: fresco status`;
  const token = decodeAccessToken(published.value);
  return factsOfLogin(connection, { ...token, companies: await tellCompanies(connection, token) });
}

/** Only now is there an access token to ask with. */
async function tellCompanies(
  { provider, accessToken, random }: Connection,
  token: AccessToken,
): Promise<readonly Company[]> {
  const listed = await provider.companies(token.accessToken);
  if (listed.kind !== 'companies') {
    say('warning: the companies could not be read: jobs ask for them each time');
    return token.companies;
  }
  await serveCompanies(accessToken, listed.companies, random);
  return listed.companies;
}

/** A grant that is damaged, or latched, is nothing to come back to. */
async function lookBefore(connection: Connection): Promise<Before> {
  const { grant, client, journal } = connection;
  const [version, manual, application, { journal: noted }] = await Promise.all([
    grant.current(),
    readManual(connection),
    readApplication(client),
    journal.read(),
  ]);
  const works = version !== undefined && noted.latch === null && noted.refusal === null;
  return {
    grant: works ? decoded(version.value) : undefined,
    manual,
    client: application,
    lastAttempt: noted.lastAttempt,
  };
}

function decoded(value: Secret): Grant | undefined {
  try {
    return decodeGrant(value);
  } catch {
    return undefined;
  }
}

function kindOf({ manual }: Before): string {
  return manual === undefined ? 'grant' : 'manual token';
}

async function notProven(
  connection: Connection,
  before: Before | undefined,
  outcome: Outcome,
): Promise<never> {
  const why = describeOutcome(outcome);
  const isRefused = ['latched', 'refused', 'application-refused'].includes(outcome.kind);
  if (!isRefused) {
    const outcomeClass = classOf(outcome) === 'person' ? 'person' : 'retry';
    throw new Failure(
      outcomeClass,
      `the refresh token is stored but not tested yet: ${why}; then run fresco rotate`,
    );
  }
  const back = before && (await bringBack(connection, before)) ? kindOf(before) : undefined;
  const refused =
    outcome.kind === 'application-refused'
      ? `the provider refuses the application (${outcome.said}): check client id and secret`
      : 'the provider does not accept this refresh token: check that it is whole, the newest, and of this application';
  throw new Failure('person', back ? `${refused}; the ${back} from before is back` : refused);
}

/** Puts in again what was served before, with its application; false: it is too late for that. */
async function bringBack(connection: Connection, before: Before): Promise<boolean> {
  const { manual, client } = before;
  const put =
    manual === undefined
      ? await earlierPair(connection, before)
      : () => connection.putManualToken({ ...manual, scopes: manual.scopes ?? [] });
  if (put === undefined) return false;
  if (client !== undefined) await storeApplication(connection.client, client, connection.random);
  await put();
  return true;
}

/** A login with the earlier pair, which the provider still takes for unspent if nobody has sent anything since. */
async function earlierPair(
  connection: Connection,
  { grant, lastAttempt }: Before,
): Promise<(() => Promise<LoggedIn>) | undefined> {
  const { journal } = await connection.journal.read();
  if (journal.lastAttempt > lastAttempt + 1 || !grant?.accessToken) return undefined;
  const { accessToken } = grant;
  return () =>
    connection.login({
      refreshToken: grant.refreshToken,
      accessToken,
      requestedAtMs: grant.issuedAtMs,
      expiresInSeconds: Math.round((grant.expiresAtMs - grant.issuedAtMs) / 1000),
      companies: grant.companies,
      ...(grant.scopes && { scopes: grant.scopes }),
      issuedFor: grant,
    });
}
