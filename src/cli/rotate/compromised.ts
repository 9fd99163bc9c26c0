import type { Connection } from '../../connection/connection.ts';
import { readApplication } from '../../connection/login/application.ts';
import { isLoopback } from '../../core/origin.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { readManual } from '../../core/rotation/manual-check.ts';
import { readPublished } from '../../core/rotation/promote.ts';
import { Failure, failureOf, personNeeded } from '../failure.ts';
import { askApplication } from '../login/application.ts';
import { chooseCompanies } from '../login/company-choice.ts';
import type { LoginFacts } from '../login/facts.ts';
import { type LoginOptions, logIn } from '../login/methods.ts';
import type { Settings } from '../settings/settings.ts';
import { confirm, isInteractive, print, say, strong, waiting } from '../terminal.ts';
import { whereToManageApplications, whereToRevoke } from '../web-application.ts';
import { rotateManually } from './manual.ts';
import { fateOf, type OldToken, oldTokenIs, untilRevoked } from './old-token.ts';

/** How the login of the walk is made. */
export type LeakOptions = Pick<LoginOptions, 'scopes' | 'paste' | 'browser' | 'json'>;

/**
 * The guide's advice after a leak, as a walk: revoke the connection, log in again, and check. What was
 * leaked works until the first step is done, so that one comes first, and jobs have no token until the second is.
 */
export async function renewAfterLeak(
  connection: Connection,
  settings: Settings,
  options: LeakOptions,
): Promise<void> {
  const { json = false } = options;
  const manual = await readManual(connection);
  if (manual !== undefined)
    return rotateManually(connection, manual, { json, isCompromised: true });
  const old = await readOld(connection);
  mustBeSeated(connection);
  say('what leaked works until it is revoked; jobs have no token from then until the login');
  step(1, `as the owner of the account, revoke the connection: ${whereToRevoke(connection)}`);
  const { providerUrl } = settings.config;
  if (isLoopback(new URL(providerUrl))) {
    say(`in the sandbox: curl -X POST -H 'Sandbox-Control: 1' ${providerUrl}/_sandbox/revoke`);
  }
  await mustBeRevoked(connection, old);
  step(2, 'log in again');
  const facts = await logInAnew(connection, settings, options).catch((error: unknown) => {
    const { failureClass, message } = failureOf(error);
    throw new Failure(
      failureClass,
      `${message}; the connection is revoked, and jobs have no token until you run fresco login`,
    );
  });
  await keepCompanies(connection, facts, old);
  step(3, 'ask the provider about both tokens');
  tell(connection, facts, await verdictsOn(connection, old), options);
}

function step(count: number, text: string): void {
  say([strong(`${count} of 3`), `  ${text}`]);
}

/** Rejects with `Failure` where there is nothing that could have leaked from here; what is damaged could. */
async function readOld({ accessToken, grant }: Connection): Promise<AccessToken | undefined> {
  const [published, granted] = await Promise.all([readPublished(accessToken), grant.current()]);
  if (published !== undefined || granted !== undefined) return published?.token;
  throw new Failure('person', describeOutcome({ kind: 'not-connected', missing: 'grant' }));
}

function mustBeSeated(connection: Connection): void {
  if (isInteractive()) return;
  throw personNeeded`a connection is revoked by a person: run fresco rotate --compromised on a terminal, or revoke it yourself (${whereToRevoke(connection)}) and run fresco login`;
}

async function mustBeRevoked(connection: Connection, old: AccessToken | undefined): Promise<void> {
  const question = 'Is the connection revoked?';
  const { said } = await untilRevoked(connection, old, { question });
  if (said) return;
  throw personNeeded`nothing was changed: the leaked token works until the owner of the account revokes the connection; then run fresco rotate --compromised again`;
}

/** By the way that the application knows: one without a secret has a device code. */
async function logInAnew(
  connection: Connection,
  settings: Settings,
  options: LeakOptions,
): Promise<LoginFacts> {
  const client = await readApplication(connection.client);
  const device = client !== undefined && client.clientSecret === undefined;
  const { config } = settings;
  if (device || !(await confirm('Has the client secret leaked too?'))) {
    return logIn(connection, settings, { ...options, device });
  }
  say(`delete the application and make a new one: ${whereToManageApplications(connection)}`);
  say('then log in with it for every other connection that used it, and subscribe webhooks again');
  // What the environment says is what has leaked.
  const redirectUri = config.redirectUri ?? client?.redirectUri;
  const unknown = { ...config, clientId: undefined, clientSecret: undefined, redirectUri };
  const application = await askApplication(connection, unknown);
  return logIn(connection, { ...settings, config: { ...config, ...application } }, options);
}

/** Jobs work for the companies that they worked for, as far as the new token reaches them. */
async function keepCompanies(
  connection: Connection,
  { companies }: LoginFacts,
  old: AccessToken | undefined,
): Promise<void> {
  const before = old?.companies.map(({ id }) => id) ?? [];
  const reached = before.filter((id) => companies.some((company) => company.id === id));
  const lost = before.filter((id) => !reached.includes(id));
  if (lost.length > 0) {
    say(`warning: the new token does not reach company ${lost.join(', ')}, which the old one did`);
  }
  await chooseCompanies(connection, companies, reached);
}

interface Verdicts {
  readonly previous: OldToken;
  readonly isAccepted: boolean;
}

async function verdictsOn(connection: Connection, old: AccessToken | undefined): Promise<Verdicts> {
  const fresh = (await readPublished(connection.accessToken))?.token;
  const check = fresh && connection.provider.canary.check(fresh.accessToken);
  const verdict = check && (await waiting('asking the provider about the new token', check));
  return { previous: await fateOf(connection, old), isAccepted: verdict === 'accepted' };
}

function tell(
  connection: Connection,
  { generation, expiresAt }: LoginFacts,
  { previous, isAccepted }: Verdicts,
  { json }: LeakOptions,
): void {
  const { name } = connection;
  const facts = { connection: name, outcome: 'renewed', generation, expiresAt };
  const details = { ...facts, previous, isAccepted };
  if (!isAccepted) {
    const text = `generation ${generation} is stored, and the provider does not confirm its token: run fresco doctor`;
    throw new Failure('retry', text, { details });
  }
  const text = `generation ${generation} is published and works; the old token is ${oldTokenIs[previous]}`;
  if (previous !== 'dead') {
    const next =
      previous === 'alive'
        ? 'revoke that connection as well, or wait for the end of its access token'
        : `see for yourself that the connection from before is gone, ${whereToRevoke(connection)}`;
    throw new Failure('person', `${text}: ${next}`, { details });
  }
  print(json ? JSON.stringify(details) : text);
}
