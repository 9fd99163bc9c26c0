import { openFileConnection } from '../../src/connection/file.ts';
import { storeApplication } from '../../src/connection/login/application.ts';
import { openProvider } from '../../src/connection/provider.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemClock } from '../../src/local/clock.ts';
import { sandboxApplication } from '../../src/sandbox/oauth/application.ts';
import type { SandboxOptions } from '../../src/sandbox/world.ts';
import type { SandboxServer } from '../sandbox/sandbox-server.ts';
import { createSandboxWorkspace, type Workspace } from './workspace.ts';

/** A workspace whose connection is in generation 1, in a sandbox; logged in without a process of its own. */
export async function loggedIn(
  options: SandboxOptions = {},
  scopes = 'entity.clients:r',
): Promise<Workspace & { readonly sandbox: SandboxServer }> {
  const workspace = await createSandboxWorkspace(options);
  await logInto(workspace, 'default', { ...options, scopes });
  return workspace;
}

/** Logs a connection of the workspace's store in to its sandbox. */
export async function logInto(
  { sandbox, storePath: path }: Workspace & { readonly sandbox: SandboxServer },
  name: string,
  { scopes = 'entity.clients:r', ...options }: SandboxOptions & { readonly scopes?: string } = {},
): Promise<void> {
  const from = { providerUrl: sandbox.url, providerFile: undefined };
  const provider = await openProvider(from, { clock: systemClock, env: {} });
  const connection = await openFileConnection({ path, name, provider, create: true });
  const { clientId, clientSecret, redirectUri } = options.application ?? sandboxApplication;
  const client = { clientId, clientSecret: new Secret(clientSecret, sandbox.url), redirectUri };
  await storeApplication(connection.client, client, connection.random);
  const requestedAtMs = systemClock.nowMs();
  const tokens = await sandbox.grant(scopes);
  const accessToken = new Secret(tokens.access_token, sandbox.url);
  const listed = await provider.companies(accessToken);
  await connection.login({
    accessToken,
    refreshToken: new Secret(tokens.refresh_token),
    requestedAtMs,
    expiresInSeconds: tokens.expires_in,
    companies: listed.kind === 'companies' ? listed.companies : [],
  });
}

/** Lets the access token that is stored expire: the next one lives a second, and that second passes. */
export async function withExpiredToken(
  workspace: Workspace & { readonly sandbox: SandboxServer },
): Promise<void> {
  await workspace.sandbox.request('POST', '/_sandbox/state', { accessTokenSeconds: 1 });
  const { code, stderr } = await workspace.run(['rotate']);
  if (code !== 0) throw new Error(`the rotation failed: ${stderr}`);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await workspace.sandbox.request('POST', '/_sandbox/state', { accessTokenSeconds: 86_400 });
}

/** How many token requests the sandbox has seen. */
export async function tokenRequests({
  sandbox,
}: {
  readonly sandbox: SandboxServer;
}): Promise<number> {
  const { json } = await sandbox.request('GET', '/_sandbox/state');
  return json.counters.tokenRequests;
}
