import type { Connection } from '../../connection/connection.ts';
import { storeApplication } from '../../connection/login/application.ts';
import type { Consented, NoRefreshToken } from '../../connection/login/consent.ts';
import type { Client } from '../../core/ports.ts';
import { Failure } from '../failure.ts';
import { say } from '../terminal.ts';
import { factsOfLogin, type LoginFacts } from './facts.ts';

/** Stores the application and what its login has brought; rejects with `Failure` or `StoreRefused`. */
export async function keepConsent(
  connection: Connection,
  client: Client,
  consented: Consented | NoRefreshToken,
): Promise<LoginFacts> {
  if (consented.kind === 'no-refresh-token') {
    throw new Failure(
      'person',
      'the provider gave no refresh token: check that the application may have one, and ask for the scope that it takes',
    );
  }
  const { consent } = consented;
  await storeApplication(connection.client, client, connection.random);
  const { position, warnings } = await connection.login(consent);
  for (const warning of [...warnings, ...consented.warnings]) say(`warning: ${warning}`);
  const expiresAtMs = consent.requestedAtMs + consent.expiresInSeconds * 1000;
  return factsOfLogin(connection, { ...position, expiresAtMs, companies: consent.companies });
}
