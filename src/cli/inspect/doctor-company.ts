import type { Connection } from '../../connection/connection.ts';
import { StoreRefused } from '../../core/ports.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { orRefusal } from '../../core/store-refusal.ts';
import { broken, type Finding, ok, unknown } from './doctor-finding.ts';

const companiesLooked = 3;

/** Whether the token reaches the companies that are needed, may read what is needed, and is served. */
export async function examineCompanies(
  connection: Connection,
  token: AccessToken,
  wished: readonly string[],
): Promise<readonly Finding[]> {
  const listed = await connection.provider.companies(token.accessToken);
  if (listed.kind !== 'companies')
    return [unknown('company', 'the list of companies could not be read')];
  const reached = new Set(listed.companies.map(({ id }) => id));
  const expected = await orRefusal(() => connection.subscriptions.list());
  const subscribed = expected instanceof StoreRefused ? [] : expected;
  const needed = new Set([
    ...token.companies.map(({ id }) => id),
    ...subscribed.map(({ companyId }) => companyId),
  ]);
  const missing = [...needed].filter((id) => !reached.has(id));
  if (missing.length > 0 || reached.size === 0) {
    const what = missing.length > 0 ? `company ${missing.join(', ')}` : 'any company';
    const next = 'fresco login, and choose the companies that are needed';
    return [broken('company', `the token no longer reaches ${what}`, next)];
  }
  const company = ok('company', reachText([...reached]));
  const { scopesFor } = await import('../../connection/provider.ts');
  // An accountant's token may reach hundreds.
  const looked = needed.size > 0 ? [...needed] : [...reached].slice(0, companiesLooked);
  const wants = looked.map((companyId) => {
    const types = subscribed.filter((it) => it.companyId === companyId).flatMap((it) => it.types);
    return {
      companyId,
      scopes: [...new Set([...wished, ...(token.scopes ?? []), ...scopesFor(types)])],
    };
  });
  return [company, ...(await examineScopes(connection, token, wants))];
}

interface Want {
  readonly companyId: number;
  readonly scopes: readonly string[];
}

/** One list for each scope that is needed; where none is, one list all the same, for the licence. */
async function examineScopes(
  { provider }: Connection,
  { accessToken }: AccessToken,
  wants: readonly Want[],
): Promise<readonly Finding[]> {
  const { listFor } = await import('../../connection/provider.ts');
  const missing: string[] = [];
  const expired: number[] = [];
  const asked: string[] = [];
  const unknownScopes: string[] = [];
  for (const { companyId, scopes } of wants) {
    for (const scope of scopes.length > 0 ? scopes : ['entity.clients:r']) {
      const path = listFor(scope, companyId);
      if (path === undefined) {
        unknownScopes.push(scope);
        continue;
      }
      const examined = await provider.examine(`${provider.profile.baseUrl}${path}`, accessToken);
      if (examined.kind !== 'answered') continue;
      const { kind } = examined.answer;
      if (kind === 'licence-expired') expired.push(companyId);
      if (scopes.length === 0) continue;
      asked.push(scope);
      if (kind === 'no-permission') missing.push(`${scope} in company ${companyId}`);
    }
  }
  const permissions = permissionsFinding({ asked, missing, unknownScopes });
  return [permissions, licenceFinding([...new Set(expired)])];
}

function permissionsFinding({
  asked,
  missing,
  unknownScopes,
}: Readonly<Record<'asked' | 'missing' | 'unknownScopes', readonly string[]>>): Finding {
  if (missing.length > 0) {
    const next = `fresco login --scopes with ${[...new Set(missing.map((it) => it.split(' ')[0]))].join(' ')} among them`;
    return broken('permissions', `the token lacks ${missing.join(', ')}`, next);
  }
  const [unasked] = unknownScopes;
  if (unasked !== undefined)
    return unknown('permissions', `no API list shows whether it has ${unasked}`);
  return asked.length > 0
    ? ok('permissions', `${[...new Set(asked)].join(' ')}`)
    : unknown('permissions', 'no webhook is subscribed: name the scopes to check with --scopes');
}

function licenceFinding(expired: readonly number[]): Finding {
  return expired.length === 0
    ? ok('licence', 'the API serves the companies')
    : broken(
        'licence',
        `the licence of company ${expired.join(', ')} has expired`,
        'renew it in Fatture in Cloud; waiting webhooks are then handled',
      );
}

function reachText(ids: readonly number[]): string {
  const more = ids.length > companiesLooked ? ` and ${ids.length - companiesLooked} more` : '';
  return `reaches ${ids.slice(0, companiesLooked).join(', ')}${more}`;
}
