import type { Connection, ConsentByLink } from '../../connection/connection.ts';
import { storeApplication } from '../../connection/login/application.ts';
import { type Client, healsByItself, StoreRefused } from '../../core/ports.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { readPublished } from '../../core/rotation/promote.ts';
import { orRefusal } from '../../core/store-refusal.ts';
import { toRfc3339 } from '../../core/time.ts';
import { openByWay } from '../browser.ts';
import { personNeeded, wrongUsage } from '../failure.ts';
import type { ConnectionOptions, Settings } from '../settings/settings.ts';
import { isInteractive, print, say, strong, waiting } from '../terminal.ts';
import { findApplication } from './application.ts';
import { factsOfLogin, type LoginFacts } from './facts.ts';
import { scopesIn } from './scopes.ts';

const dayMs = 86_400_000;
const longestMs = 30 * dayMs;
// As long as a person may take, and the ten minutes at the provider.
const ownLifeMs = 15 * 60_000;
const pageMs = 10 * 60_000;
const lookEveryMs = 2_000;

/** The options of `login --link`. */
export interface LinkOptions extends ConnectionOptions {
  readonly scopes?: string;
  readonly anyCompany?: boolean;
  /** In milliseconds. */
  readonly expires?: number;
}

/** Prints an address at which somebody without rights can consent, once. Rejects with `Failure` or `StoreRefused`. */
export async function giveLink(
  connection: Connection,
  { config }: Settings,
  options: LinkOptions,
): Promise<void> {
  const { consent, name, provider } = connection;
  if (consent === undefined)
    throw wrongUsage`${connection.place} has no pages for consent: deploy the stack with them, or run fresco login --paste: the owner of the account opens the page that it prints, and sends you the address where the browser ends`;
  const { expires: lifeMs = dayMs, anyCompany = false } = options;
  if (lifeMs > longestMs) throw wrongUsage`--expires may be 30d at most`;
  const scopes =
    options.scopes === undefined ? undefined : await scopesIn(options.scopes, provider);
  const client = await findApplication(connection, config);
  await storeApplication(connection.client, client, connection.random);
  const { url, expiresAtMs } = await issued(consent, { anyCompany, lifeMs, scopes });
  const expiresAt = toRfc3339(expiresAtMs);
  if (options.json) return print(JSON.stringify({ connection: name, url, expiresAt, anyCompany }));
  say(`this address works once, until ${expiresAt} or the next login:`);
  print(url);
  say('anyone who has it can connect an account: give it to the owner of the account alone');
  say(`the application needs the redirect ${consent.callback}`);
  say('once they have consented, fresco status shows a new generation');
}

/**
 * Has the person consent on the stack's page, where the rotator takes what comes, and waits until it shows.
 * Rejects with `Failure` or `StoreRefused`.
 */
export async function logInByLink(
  connection: Connection,
  consent: ConsentByLink,
  login: {
    readonly client: Client;
    readonly scopes: readonly string[];
    readonly browser: boolean;
  },
): Promise<LoginFacts> {
  const { clock } = connection;
  await storeApplication(connection.client, login.client, connection.random);
  const before = await grantSeen(connection);
  const wish = { anyCompany: true, scopes: login.scopes, lifeMs: ownLifeMs };
  const { url } = await issued(consent, wish);
  // By this machine's own measure: the ticket is dated by the store's clock.
  const untilMs = clock.monotonicMs() + ownLifeMs + pageMs;
  say('open this page and consent:');
  say('', ['  ', strong(url)], '');
  const seen = async () => {
    while (clock.monotonicMs() < untilMs) {
      await clock.wait(lookEveryMs);
      const now = await orRefusal(() => newerToken(connection, before));
      // The consent goes on, whether or not this command can look.
      if (now instanceof StoreRefused && !healsByItself(now.reason)) throw now;
      if (now !== undefined && !(now instanceof StoreRefused)) return now;
    }
    return undefined;
  };
  const way =
    login.browser && isInteractive() ? await openByWay(url, connection.random) : undefined;
  const token = await waiting('waiting for your consent, Ctrl-C stops waiting', seen()).finally(
    () => way?.close(),
  );
  if (token === undefined) throw personNeeded`nobody has consented in time: run fresco login again`;
  return factsOfLogin(connection, token);
}

async function newerToken(
  { accessToken, journal }: Connection,
  before: number,
): Promise<AccessToken | undefined> {
  const { journal: now } = await journal.read();
  if ((now.known?.grant ?? 0) <= before) return undefined;
  const published = await readPublished(accessToken);
  return (published?.token?.grant ?? 0) > before ? published?.token : undefined;
}

async function issued(
  consent: ConsentByLink,
  {
    scopes,
    ...wish
  }: {
    readonly anyCompany: boolean;
    readonly lifeMs: number;
    readonly scopes: readonly string[] | undefined;
  },
): Promise<{ readonly url: string; readonly expiresAtMs: number }> {
  const { ticket, expiresAtMs } = await consent.issue({ ...wish, ...(scopes && { scopes }) });
  return { url: `${consent.url}?ticket=${ticket.reveal()}`, expiresAtMs };
}

async function grantSeen({ accessToken, journal }: Connection): Promise<number> {
  const [{ journal: now }, published] = await Promise.all([
    journal.read(),
    readPublished(accessToken),
  ]);
  return Math.max(now.known?.grant ?? 0, published?.token?.grant ?? 0);
}
