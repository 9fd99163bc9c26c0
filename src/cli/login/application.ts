import type { Config } from '../../config/config.ts';
import type { Connection } from '../../connection/connection.ts';
import { givenTo, readApplication } from '../../connection/login/application.ts';
import type { Client } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { ask, askHidden } from '../terminal.ts';

/** The redirect that people register, unless they say otherwise. */
const defaultRedirectUri = 'http://localhost:8787/callback';

const notKnown =
  'the application is not known yet: set FATTUREINCLOUD_CLIENT_ID and FATTUREINCLOUD_CLIENT_SECRET, or run this on a terminal to be asked';

const missingId =
  'the application is not known yet: set FATTUREINCLOUD_CLIENT_ID, or run this on a terminal to be asked';

/**
 * The application to log in as: what the environment says, else what is stored, else what a person answers.
 * A stored secret is used with its own client id and provider alone.
 */
export async function findApplication(
  connection: Connection,
  config: Config<'cli'>,
): Promise<Client> {
  const found = await readApplication(connection.client);
  const { tokenOrigin } = connection.provider;
  const origin = found?.clientSecret?.origin;
  const stored = origin === undefined || origin === tokenOrigin ? found : undefined;
  const missing =
    found === stored ? notKnown : notKnown.replace('not known yet', `stored for ${origin} alone`);
  const clientId = config.clientId ?? stored?.clientId ?? (await ask('Client id', missing));
  const known = stored?.clientId === clientId ? stored : undefined;
  const clientSecret =
    config.clientSecret ??
    known?.clientSecret ??
    new Secret(await askHidden('Client secret', missing));
  const redirectUri = config.redirectUri ?? known?.redirectUri ?? usualRedirect(connection);
  return givenTo(connection.provider, { clientId, clientSecret, redirectUri });
}

function usualRedirect({ consent }: Connection): string {
  return consent?.callback ?? defaultRedirectUri;
}

/** The client id of an application that has no secret, found likewise. */
export async function findClientId(connection: Connection, config: Config<'cli'>): Promise<string> {
  const stored = await readApplication(connection.client);
  return config.clientId ?? stored?.clientId ?? (await ask('Client id', missingId));
}

/** The application's credentials as a person enters them again, whatever is stored. */
export async function askApplication(
  connection: Connection,
  config: Config<'cli'>,
): Promise<Client> {
  return givenTo(connection.provider, {
    clientId: config.clientId ?? (await ask('Client id', notKnown)),
    clientSecret: config.clientSecret ?? new Secret(await askHidden('Client secret', notKnown)),
    redirectUri: config.redirectUri ?? usualRedirect(connection),
  });
}
