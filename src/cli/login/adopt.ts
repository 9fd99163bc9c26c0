import type { Connection } from '../../connection/connection.ts';
import { readApplication, storeApplication } from '../../connection/login/application.ts';
import { serveCompanies } from '../../core/operations/companies.ts';
import { classOf, type Outcome } from '../../core/outcome/outcome.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import type { Client } from '../../core/ports.ts';
import { type AccessToken, decodeAccessToken } from '../../core/records/access-token.ts';
import type { Company } from '../../core/records/company.ts';
import { decodeGrant, type Grant } from '../../core/records/grant.ts';
import type { Secret } from '../../core/secret.ts';
import { Failure, tryAgain } from '../failure.ts';
import { confirm, isInteractive, say, waiting } from '../terminal.ts';
import { factsOfLogin, type LoginFacts } from './facts.ts';
import { takeToken } from './token-intake.ts';

/** What was there before a refresh token from elsewhere took its place. */
interface Before {
  readonly grant: Grant | undefined;
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
  if (before.grant !== undefined && isInteractive()) {
    const question = `Connection ${connection.name} has a grant that works (generation ${before.grant.generation}). Replace it?`;
    if (!(await confirm(question))) throw tryAgain`kept the grant that is stored`;
  }
  await storeApplication(connection.client, client, connection.random);
  await connection.login({
    refreshToken,
    requestedAtMs: connection.clock.nowMs(),
    expiresInSeconds: 0,
    companies: [],
  });
  const pass = connection.rotate({ trigger: 'login', onlyIfDue: false });
  const { outcome, warnings } = await waiting('testing the token by one refresh', pass);
  for (const warning of warnings) say(`warning: ${warning}`);
  if (classOf(outcome) !== 'done') return notProven(connection, before, outcome);
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
async function lookBefore({ grant, client, journal }: Connection): Promise<Before> {
  const [version, application, { journal: noted }] = await Promise.all([
    grant.current(),
    readApplication(client),
    journal.read(),
  ]);
  const works = version !== undefined && noted.latch === null && noted.refusal === null;
  return {
    grant: works ? decoded(version.value) : undefined,
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

async function notProven(connection: Connection, before: Before, outcome: Outcome): Promise<never> {
  const why = describeOutcome(outcome);
  const isRefused = ['latched', 'refused', 'application-refused'].includes(outcome.kind);
  if (!isRefused) {
    const outcomeClass = classOf(outcome) === 'person' ? 'person' : 'retry';
    throw new Failure(
      outcomeClass,
      `the refresh token is stored but not tested yet: ${why}; then run fresco rotate`,
    );
  }
  const isBack = before.grant !== undefined && (await bringBack(connection, before.grant, before));
  const refused =
    outcome.kind === 'application-refused'
      ? `the provider refuses the application (${outcome.said}): check client id and secret`
      : 'the provider does not accept this refresh token: check that it is whole, the newest, and of this application';
  throw new Failure('person', isBack ? `${refused}; the grant from before is back` : refused);
}

/** A login with the earlier pair, which the provider still takes for unspent if nobody has sent anything since. */
async function bringBack(connection: Connection, grant: Grant, before: Before): Promise<boolean> {
  const { journal } = await connection.journal.read();
  if (journal.lastAttempt > before.lastAttempt + 1 || grant.accessToken === null) return false;
  if (before.client !== undefined) {
    await storeApplication(connection.client, before.client, connection.random);
  }
  await connection.login({
    refreshToken: grant.refreshToken,
    accessToken: grant.accessToken,
    requestedAtMs: grant.issuedAtMs,
    expiresInSeconds: Math.round((grant.expiresAtMs - grant.issuedAtMs) / 1000),
    companies: grant.companies,
    ...(grant.scopes && { scopes: grant.scopes }),
    issuedFor: grant,
  });
  return true;
}
