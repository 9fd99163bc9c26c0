import type { Config } from '../config.ts';
import type { Client } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import { readApplication } from '../wiring/application-secret.ts';
import type { Connection } from '../wiring/connection.ts';
import { ask, askHidden } from './terminal.ts';

/** The redirect that people register, unless they say otherwise. */
export const defaultRedirectUri = 'http://localhost:8787/callback';

const missing =
  'the application is not known yet: set FATTUREINCLOUD_CLIENT_ID and FATTUREINCLOUD_CLIENT_SECRET, or run this on a terminal to be asked';

const missingId =
  'the application is not known yet: set FATTUREINCLOUD_CLIENT_ID, or run this on a terminal to be asked';

/**
 * The application to log in as: what the environment says, else what is stored, else what a person answers.
 * A stored secret is used with its own client id alone.
 */
export async function findApplication(
  connection: Connection,
  config: Config<'cli'>,
): Promise<Client> {
  const stored = await readApplication(connection.client);
  const clientId = config.clientId ?? stored?.clientId ?? (await ask('Client id', missing));
  const known = stored?.clientId === clientId ? stored : undefined;
  const clientSecret =
    config.clientSecret ??
    known?.clientSecret ??
    new Secret(await askHidden('Client secret', missing));
  const redirectUri = config.redirectUri ?? known?.redirectUri ?? defaultRedirectUri;
  return { clientId, clientSecret, redirectUri };
}

/** The client id of an application that has no secret, found likewise. */
export async function findClientId(connection: Connection, config: Config<'cli'>): Promise<string> {
  const stored = await readApplication(connection.client);
  return config.clientId ?? stored?.clientId ?? (await ask('Client id', missingId));
}

/** The application's credentials as a person gives them anew, whatever is stored. */
export async function askApplication(config: Config<'cli'>): Promise<Client> {
  return {
    clientId: config.clientId ?? (await ask('Client id', missing)),
    clientSecret: config.clientSecret ?? new Secret(await askHidden('Client secret', missing)),
    redirectUri: config.redirectUri ?? defaultRedirectUri,
  };
}
