import type { SandboxOptions } from '../../src/sandbox/world.ts';
import type { SandboxServer } from '../sandbox/sandbox-server.ts';
import { createSandboxWorkspace, type Workspace } from './workspace.ts';

/** A workspace whose connection is in generation 1, in a sandbox. */
export async function loggedIn(
  options: SandboxOptions = {},
  scopes?: string,
): Promise<Workspace & { readonly sandbox: SandboxServer }> {
  const workspace = await createSandboxWorkspace(options);
  const { code, stderr } = await workspace.run([
    ...['login', '--sandbox'],
    ...(scopes === undefined ? [] : ['--scopes', scopes]),
  ]);
  if (code !== 0) throw new Error(`the login failed: ${stderr}`);
  return workspace;
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
