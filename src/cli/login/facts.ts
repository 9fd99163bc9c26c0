import type { Connection } from '../../connection/connection.ts';
import { storeApplication } from '../../connection/login/application.ts';
import type { Consented, NoRefreshToken } from '../../connection/login/consent.ts';
import type { Client } from '../../core/ports.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import type { Company } from '../../core/records/company.ts';
import { toRfc3339 } from '../../core/time.ts';
import { personNeeded } from '../failure.ts';
import { namingOptions, type Settings } from '../settings/settings.ts';
import { print, say, strong } from '../terminal.ts';

/** What a login prints. */
export interface LoginFacts {
  readonly connection: string;
  readonly store: string;
  readonly provider: string;
  readonly generation: number;
  readonly expiresAt: string | null;
  readonly companies: readonly Company[];
  /** What makes the passes from now on. */
  readonly schedule: string;
}

/** The facts of a login that has published `token`. */
export function factsOfLogin(
  { name, place, provider, schedule }: Connection,
  token: Pick<AccessToken, 'generation' | 'expiresAtMs' | 'companies'>,
): LoginFacts {
  return {
    connection: name,
    store: place,
    provider: provider.profile.baseUrl,
    generation: token.generation,
    expiresAt: token.expiresAtMs === null ? null : toRfc3339(token.expiresAtMs),
    companies: token.companies,
    schedule,
  };
}

/** Stores the application and what its login has brought; rejects with `Failure` or `StoreRefused`. */
export async function keepConsent(
  connection: Connection,
  client: Client,
  consented: Consented | NoRefreshToken,
  scopes: readonly string[],
): Promise<LoginFacts> {
  if (consented.kind === 'no-refresh-token')
    throw personNeeded`the provider gave no refresh token: check that the application may have one, and ask for the scope that it takes`;
  const { consent } = consented;
  await storeApplication(connection.client, client, connection.random);
  const { position, warnings } = await connection.login({ ...consent, scopes });
  for (const warning of [...warnings, ...consented.warnings]) say(`warning: ${warning}`);
  const expiresAtMs = consent.requestedAtMs + consent.expiresInSeconds * 1000;
  return factsOfLogin(connection, { ...position, expiresAtMs, companies: consent.companies });
}

/** Tells a person, or a program, what a login has stored and where. */
export function tellLogin(facts: LoginFacts, settings: Settings, json = false): void {
  if (json) {
    print(JSON.stringify(facts));
    return;
  }
  say([strong('connected:'), ` ${facts.connection}, generation ${facts.generation}`]);
  say(`stored in     ${facts.store}`);
  if (facts.expiresAt !== null) say(`access token  until ${facts.expiresAt}`);
  const companies = facts.companies.map(({ id, name }) => `${id} ${name}`).join(', ');
  if (companies !== '') say(`companies     ${companies}`);
  say(`schedule      ${facts.schedule}`);
  say(`next          fresco token ${namingOptions(settings)}`);
}
