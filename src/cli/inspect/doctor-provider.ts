import type { Connection } from '../../connection/connection.ts';
import type { Examined } from '../../connection/provider.ts';
import { commandsFor, describeOutcome } from '../../core/outcome/outcome-text.ts';
import { standingOutcome } from '../../core/rotation/latch.ts';
import { durationText } from '../settings/duration.ts';
import { examineCompanies } from './doctor-company.ts';
import { broken, type Finding, ok, unknown } from './doctor-finding.ts';
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
  const foreign = foreignFinding(connection, sight);
  if (foreign !== undefined) return { findings: [foreign] };
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

/** What is stored is another provider's: this one is not asked anything. */
function foreignFinding(
  { provider }: Connection,
  { published, grant }: StoreSight,
): Finding | undefined {
  const { baseUrl } = provider.profile;
  const origin = published?.accessToken.origin ?? provider.apiOrigin;
  const stored = origin === provider.apiOrigin ? (grant?.provider ?? baseUrl) : origin;
  return stored === baseUrl
    ? undefined
    : broken(
        'provider',
        `the tokens were issued by ${stored}, but FRESCO_PROVIDER_URL is ${baseUrl}: nothing was sent there`,
        `set FRESCO_PROVIDER_URL to ${stored}, or fresco login`,
      );
}

function unreachable(
  { provider }: Connection,
  { cause }: Extract<Examined, { kind: 'unreachable' }>,
  env: NodeJS.ProcessEnv,
): Finding {
  const proxy = proxyVariables.find((name) => env[name]);
  const next =
    proxy === undefined
      ? 'check the network of this machine; until then the access token is served'
      : `check the network and the proxy in ${proxy}; until then the access token is served`;
  return broken('provider', `${provider.profile.baseUrl} is not reached (${cause})`, next, true);
}

function answered(
  { provider }: Connection,
  { status, answer }: Extract<Examined, { kind: 'answered' }>,
): Finding {
  const { baseUrl, canaryUrl } = provider.profile;
  if (status >= 500) {
    const next = 'wait until the provider works again; until then the access token is served';
    return broken('provider', `${baseUrl} answers ${status}`, next, true);
  }
  if (answer.kind === 'wait') {
    const said = `${baseUrl} answers ${status}: too many requests`;
    const next = `wait ${durationText(answer.waitMs)}: until then the provider answers no call, with any token`;
    return broken('provider', said, next, true);
  }
  // A proxy or a firewall refuses in a page of its own, and not in the API's JSON.
  const isApi = canaryUrl === undefined || status === 401 || speaksApi.has(answer.kind);
  return isApi
    ? ok('provider', `${baseUrl} answers`)
    : broken(
        'provider',
        `${baseUrl} answers ${status}, which is not the API's`,
        'check FRESCO_PROVIDER_URL, and any proxy or firewall; until then the access token is served',
      );
}

const speaksApi: ReadonlySet<string> = new Set([
  'ok',
  'no-permission',
  'no-access',
  'licence-expired',
]);

function tokenFinding(
  connection: Connection,
  { published, journal, grant, clientVersionId }: StoreSight,
  { status }: Extract<Examined, { kind: 'answered' }>,
): Finding {
  const standing = journal && grant && standingOutcome(journal, grant, clientVersionId);
  if (standing?.kind === 'latched' || standing?.kind === 'refused') {
    const [command = 'fresco rotate, which decides', otherwise] = commandsFor(standing);
    const { url } = connection.consent ?? {};
    const byLink =
      url && standing.kind === 'latched' ? `, or the owner of the account at: ${url}` : '';
    const help = otherwise === undefined ? '' : `; if that does not help: ${otherwise}`;
    const next = `${command}${byLink}${help}`;
    return broken('token', describeOutcome(standing), next, standing.kind === 'refused');
  }
  if (published === undefined) return unknown('token', 'there is no access token to ask with');
  if (connection.provider.profile.canaryUrl === undefined) {
    return unknown('token', 'the provider has no address to ask with it');
  }
  if (status === 200) return ok('token', 'the provider accepts the access token');
  if (status !== 401)
    return unknown(
      'token',
      `the provider answered ${status}, which does not say whether the token works`,
    );
  if (published.expiresAtMs === null) {
    const next = 'fresco rotate takes a new one in its place, or fresco login --manual';
    return broken('token', 'the provider rejects the manual token: it was revoked', next);
  }
  const isOver = published.expiresAtMs <= connection.clock.nowMs();
  if (isOver) return broken('token', 'the access token has expired', 'fresco rotate');
  return broken(
    'token',
    'the provider rejects the access token before it expires: the connection was revoked, or a refresh has replaced the token',
    'fresco rotate; if the refresh token is refused too, fresco login',
  );
}
