import { openFileConnection } from '../../src/connection/file.ts';
import { storeApplication } from '../../src/connection/login/application.ts';
import { openProvider } from '../../src/connection/provider.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemClock, systemRandom } from '../../src/local/clock.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';
import { redirectUri, type SandboxServer, startSandbox } from '../sandbox/sandbox-server.ts';

type LoggedInStore = SandboxServer & { readonly path: string };

/** A file store whose connection is logged in to a sandbox that runs on this machine's clock; or one more in that. */
export async function loggedInStore({
  server: before,
  name = 'default',
  agedMs = 0,
}: {
  readonly server?: LoggedInStore;
  readonly name?: string;
  /** How long ago the login was. */
  readonly agedMs?: number;
} = {}): Promise<LoggedInStore> {
  const server = before ?? (await startSandbox({ clock: systemClock }));
  const path = before?.path ?? `${await temporaryFolder()}/store`;
  const provider = await openProvider(
    { providerUrl: server.url, providerFile: undefined },
    { clock: systemClock, env: {} },
  );
  const connection = await openFileConnection({ path, name, provider, create: true });
  await storeApplication(
    connection.client,
    {
      clientId: 'sandbox-client',
      clientSecret: new Secret('sandbox-secret', server.url),
      redirectUri,
    },
    systemRandom,
  );
  const requestedAtMs = systemClock.nowMs() - agedMs;
  const tokens = await server.grant();
  await connection.login({
    accessToken: new Secret(tokens.access_token),
    refreshToken: new Secret(tokens.refresh_token),
    requestedAtMs,
    expiresInSeconds: tokens.expires_in,
    companies: [{ id: 108061, name: 'Studio Esempio' }],
  });
  return { ...server, path };
}
