import type { Connection } from '../../connection/connection.ts';
import type { ManualToken } from '../../core/operations/manual-token.ts';
import type { Company } from '../../core/records/company.ts';
import type { Secret } from '../../core/secret.ts';
import { personNeeded, tryAgain } from '../failure.ts';
import { say, waiting } from '../terminal.ts';

/**
 * A token as the provider knows it: it works, for these companies, and lacks none of `scopes`. Rejects with
 * `Failure` otherwise, before anything is stored.
 */
export async function examineManualToken(
  connection: Connection,
  accessToken: Secret,
  scopes: readonly string[],
): Promise<ManualToken> {
  await waiting('asking the provider about the token', mustWork(connection, accessToken));
  const companies = await companiesOf(connection, accessToken);
  await warnOfUnknown(scopes);
  for (const { id } of companies) {
    const lacked = await connection.provider.permissions.lacking(accessToken, id, scopes);
    if (lacked.length === 0) continue;
    throw personNeeded`the token lacks ${lacked.join(', ')} in company ${id}: give it that where it was made, or name with --scopes what it is for; nothing was stored`;
  }
  return { accessToken, companies, scopes };
}

async function mustWork({ provider }: Connection, accessToken: Secret): Promise<void> {
  const verdict = await provider.canary.check(accessToken);
  if (verdict === 'accepted') return;
  if (verdict === 'rejected')
    throw personNeeded`the provider rejects this token: check that it is whole and was not revoked; nothing was stored`;
  if (provider.profile.canaryUrl === undefined) {
    say('warning: this provider has no address to check a token at');
    return;
  }
  throw tryAgain`the provider could not be asked about this token: nothing was stored, try again later`;
}

/** Some scopes have no list that would show whether a token has them. */
async function warnOfUnknown(scopes: readonly string[]): Promise<void> {
  const { listFor } = await import('../../connection/provider.ts');
  const unknown = scopes.filter((scope) => listFor(scope, 0) === undefined);
  if (unknown.length > 0) say(`warning: nothing shows whether the token has ${unknown.join(', ')}`);
}

async function companiesOf(
  { provider }: Connection,
  accessToken: Secret,
): Promise<readonly Company[]> {
  const listed = await provider.companies(accessToken);
  if (listed.kind === 'companies') return listed.companies;
  const why = listed.kind === 'rejected' ? 'the provider rejects the token' : listed.cause;
  say(`warning: the companies could not be read: ${why}`);
  return [];
}
