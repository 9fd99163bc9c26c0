import type { Connection } from '../../connection/connection.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import type { Company } from '../../core/records/company.ts';
import { toRfc3339 } from '../../core/time.ts';
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
