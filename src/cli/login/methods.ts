import type { Connection } from '../../connection/connection.ts';
import type { Settings } from '../settings/settings.ts';
import { isInteractive, say } from '../terminal.ts';
import { findApplication, findClientId } from './application.ts';
import type { LoginFacts } from './facts.ts';
import type { LinkOptions } from './link.ts';
import { chooseScopes, scopesIn, scopesInUse } from './scopes.ts';

/** The options of `login`. */
export interface LoginOptions extends LinkOptions {
  readonly company?: readonly number[];
  readonly paste?: boolean;
  readonly device?: boolean;
  readonly manual?: boolean;
  readonly refreshToken?: boolean;
  readonly applicationOnly?: boolean;
  readonly sandbox?: boolean;
  readonly yes?: boolean;
  readonly link?: boolean;
  readonly browser: boolean;
  readonly dryRun?: boolean;
}

/** Logs in as the options say; rejects with `Failure` or `StoreRefused`. */
export async function logIn(
  connection: Connection,
  settings: Settings,
  options: LoginOptions,
): Promise<LoginFacts> {
  say(
    `the connection ${connection.name} with ${connection.provider.profile.baseUrl} will be stored in ${connection.place}`,
  );
  switch (methodOf(options)) {
    case 'manual token': {
      const { logInManually } = await import('./manual.ts');
      const { scopes } = options;
      const needed =
        scopes === undefined
          ? await scopesInUse(connection)
          : await scopesIn(scopes, connection.provider);
      return logInManually(connection, needed);
    }
    case 'refresh token': {
      const { adoptRefreshToken } = await import('./adopt.ts');
      return adoptRefreshToken(connection, await clientOf(connection, settings, options));
    }
    case 'device code':
      return logInByDevice(connection, settings, options);
    case 'link':
    case 'authorization code':
      return logInByCode(connection, settings, options);
  }
}

/** The ways of the authentication guide, and adopting what one of them has brought elsewhere. */
export type Method =
  | 'authorization code'
  | 'device code'
  | 'manual token'
  | 'refresh token'
  | 'link';

/** The way that the options ask for. */
export function methodOf({ device, manual, refreshToken, link }: LoginOptions): Method {
  if (link === true) return 'link';
  if (device === true) return 'device code';
  if (manual === true) return 'manual token';
  return refreshToken === true ? 'refresh token' : 'authorization code';
}

async function logInByDevice(
  connection: Connection,
  { config }: Settings,
  options: LoginOptions,
): Promise<LoginFacts> {
  const scopes = await chooseScopes(connection, options.scopes, options.sandbox !== true);
  const clientId =
    options.sandbox === true
      ? (await sandboxClient(connection.provider)).clientId
      : await findClientId(connection, config);
  const { logInWithDevice } = await import('./device.ts');
  const { browser, json = false } = options;
  return logInWithDevice(connection, { clientId, scopes, browser, json });
}

async function logInByCode(
  connection: Connection,
  settings: Settings,
  options: LoginOptions,
): Promise<LoginFacts> {
  const scopes = await chooseScopes(connection, options.scopes, options.sandbox !== true);
  const client = await clientOf(connection, settings, options);
  const { consent } = connection;
  if (options.paste !== true && consent !== undefined && consent.callback === client.redirectUri) {
    const { logInByLink } = await import('./link.ts');
    return logInByLink(connection, consent, { client, scopes, browser: options.browser });
  }
  say(`logging in to ${connection.provider.profile.baseUrl} for ${scopes.join(' ')}`);
  const { logInWithCode } = await import('./code.ts');
  const alone = options.sandbox === true && (options.yes === true || !isInteractive());
  return logInWithCode(connection, {
    client,
    scopes,
    way: options.paste === true ? 'paste' : alone ? 'sandbox' : 'page',
    anyPort: options.sandbox === true,
    browser: options.browser,
  });
}

function clientOf(connection: Connection, { config }: Settings, { sandbox }: LoginOptions) {
  return sandbox === true
    ? sandboxClient(connection.provider)
    : findApplication(connection, config);
}

async function sandboxClient({ tokenOrigin }: Connection['provider']) {
  const { sandboxApplication } = await import('../../sandbox/oauth/application.ts');
  const { Secret } = await import('../../core/secret.ts');
  const { clientId, clientSecret, redirectUri } = sandboxApplication;
  return { clientId, clientSecret: new Secret(clientSecret, tokenOrigin), redirectUri };
}
