import type { AccessToken } from '../core/access-token.ts';
import { describeOutcome } from '../core/outcome-text.ts';
import { StoreRefused } from '../core/ports.ts';
import { heldLatch } from '../core/settlement.ts';
import type { Connection } from '../wiring/connection.ts';
import type { Examined } from '../wiring/provider.ts';
import { broken, type Finding, ok, orRefusal, unknown } from './doctor-finding.ts';
import type { StoreSight } from './doctor-store.ts';

/** What the provider said, and its own clock. */
export interface ProviderSight {
  readonly findings: readonly Finding[];
  readonly dateMs?: number;
}

const proxyVariables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];

/** The links that hang from the provider: one request for each, with the access token that is published. */
export async function examineProvider(
  connection: Connection,
  sight: StoreSight,
  wish: { readonly scopes: readonly string[]; readonly env: NodeJS.ProcessEnv },
): Promise<ProviderSight> {
  const { provider } = connection;
  const { canaryUrl, baseUrl } = provider.profile;
  const token = sight.published;
  // Nothing but the API gets to see the token.
  const examined = await provider.examine(
    canaryUrl ?? baseUrl,
    canaryUrl === undefined ? undefined : token?.accessToken,
  );
  if (examined.kind === 'unreachable')
    return { findings: [unreachable(connection, examined, wish.env)] };
  const reached = answered(connection, examined);
  const findings = [reached];
  if (reached.state === 'ok') {
    const tokenFound = tokenFinding(connection, sight, examined);
    findings.push(tokenFound);
    if (tokenFound.state === 'ok' && token !== undefined && provider.isFattureInCloud) {
      findings.push(...(await examineCompanies(connection, token, wish.scopes)));
    }
  }
  return { findings, ...(examined.dateMs !== undefined && { dateMs: examined.dateMs }) };
}

function unreachable(
  { provider }: Connection,
  { cause }: Extract<Examined, { kind: 'unreachable' }>,
  env: NodeJS.ProcessEnv,
): Finding {
  const proxy = proxyVariables.find((name) => env[name]);
  const next =
    proxy === undefined
      ? 'check the network of this machine; the access token is served meanwhile'
      : `check the network and the proxy in ${proxy}; the access token is served meanwhile`;
  return broken('provider', `${provider.profile.baseUrl} is not reached (${cause})`, next, true);
}

function answered(
  { provider }: Connection,
  { status, answer }: Extract<Examined, { kind: 'answered' }>,
): Finding {
  const { baseUrl, canaryUrl } = provider.profile;
  if (status >= 500) {
    const next = 'wait: it is the provider’s to mend, and the access token is served meanwhile';
    return broken('provider', `${baseUrl} answers ${status}`, next, true);
  }
  const isApi = canaryUrl === undefined || [200, 401, 403, 429].includes(status);
  const isJson = status !== 200 || canaryUrl === undefined || answer.kind === 'ok';
  return isApi && isJson
    ? ok('provider', `${baseUrl} answers`)
    : broken(
        'provider',
        `${baseUrl} answers ${status}, which is not the API's`,
        'check FRESCO_PROVIDER_URL and any proxy',
      );
}

function tokenFinding(
  connection: Connection,
  { published, journal, grant }: StoreSight,
  { status }: Extract<Examined, { kind: 'answered' }>,
): Finding {
  const latch = journal && grant && heldLatch(journal, grant, undefined);
  if (latch?.kind === 'revoked') {
    return broken('token', describeOutcome({ kind: 'latched', latch }), 'fresco login');
  }
  if (published === undefined) return unknown('token', 'there is no access token to ask with');
  if (connection.provider.profile.canaryUrl === undefined) {
    return unknown('token', 'the provider has no address to ask with it');
  }
  if (status === 200) return ok('token', 'the provider accepts the access token');
  if (status !== 401) return unknown('token', `the provider answered ${status}: it does not say`);
  if (published.expiresAtMs === null) {
    const next = 'fresco rotate takes a new one in its place, or fresco login --manual';
    return broken('token', 'the provider rejects the manual token: it was revoked', next);
  }
  const isOver = published.expiresAtMs <= connection.clock.nowMs();
  return isOver
    ? broken('token', 'the access token has expired', 'fresco rotate')
    : broken(
        'token',
        'the provider rejects the access token before its end: the connection was revoked, or a refresh has ended it',
        'fresco rotate; if the refresh token is refused too, fresco login',
      );
}

async function examineCompanies(
  connection: Connection,
  token: AccessToken,
  wished: readonly string[],
): Promise<readonly Finding[]> {
  const listed = await connection.provider.companies(token.accessToken);
  if (listed.kind !== 'companies') return [unknown('company', 'the companies could not be listed')];
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
  const company = ok('company', `reaches ${[...reached].join(', ')}`);
  const { scopesFor } = await import('../wiring/provider.ts');
  const wants = [...reached].map((companyId) => {
    const types = subscribed.filter((it) => it.companyId === companyId).flatMap((it) => it.types);
    return { companyId, scopes: [...new Set([...wished, ...scopesFor(types)])] };
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
  const { listFor } = await import('../wiring/provider.ts');
  const missing: string[] = [];
  const expired: number[] = [];
  const asked: string[] = [];
  for (const { companyId, scopes } of wants) {
    for (const scope of scopes.length > 0 ? scopes : ['entity.clients:r']) {
      const path = listFor(scope, companyId);
      if (path === undefined) continue;
      const examined = await provider.examine(`${provider.profile.baseUrl}${path}`, accessToken);
      if (examined.kind !== 'answered') continue;
      const { kind } = examined.answer;
      if (kind === 'licence-expired') expired.push(companyId);
      if (scopes.length === 0) continue;
      asked.push(scope);
      if (kind === 'no-permission') missing.push(`${scope} in company ${companyId}`);
    }
  }
  return [permissionsFinding(asked, missing), licenceFinding([...new Set(expired)])];
}

function permissionsFinding(asked: readonly string[], missing: readonly string[]): Finding {
  if (missing.length > 0) {
    const next = `fresco login --scopes with ${[...new Set(missing.map((it) => it.split(' ')[0]))].join(' ')} among them`;
    return broken('permissions', `the token lacks ${missing.join(', ')}`, next);
  }
  return asked.length > 0
    ? ok('permissions', `${[...new Set(asked)].join(' ')}`)
    : unknown('permissions', 'nothing is subscribed: name what is needed with --scopes');
}

function licenceFinding(expired: readonly number[]): Finding {
  return expired.length === 0
    ? ok('licence', 'the API serves the companies')
    : broken(
        'licence',
        `the licence of company ${expired.join(', ')} has expired`,
        'renew it in Fatture in Cloud; what waits goes on by itself',
      );
}
