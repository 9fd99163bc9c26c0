import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { sandboxApplication } from '../../../src/sandbox/oauth/application.ts';
import type { SandboxServer } from '../../sandbox/sandbox-server.ts';
import type { Begun, Ended } from '../in-process.ts';
import { loggedIn } from '../logged-in.ts';
import { createSandboxWorkspace, type Workspace } from '../workspace.ts';

/** A workspace in which every secret is known, and all that is said and written is looked through. */
export interface Watched {
  readonly workspace: Workspace & { readonly sandbox: SandboxServer };
  /** The environment with the planted application. */
  readonly application: Readonly<Record<string, string>>;
  readonly run: Workspace['run'];
  readonly start: Workspace['start'];
  readonly begin: Workspace['begin'];
  /** One more value that must not be seen; its first characters are looked for, so that a part is found too. */
  plant(secret: string): void;
  /** What was given out so far: tokens and codes, oldest first. */
  readonly minted: readonly string[];
  /** Where a secret is seen: in what was said, and in files that are not the store's. */
  leaks(): Promise<readonly string[]>;
  /** The same for one text. */
  seenIn(text: string): number;
}

const clientSecret = 'planted-client-secret-invented';
const partLength = 12;

/** A sandbox whose tokens, codes and client secret are written down, and a user of it who is logged in or not. */
export async function watchedWorkspace(isLoggedIn = false): Promise<Watched> {
  const minted: string[] = [];
  const bytes = (count: number) => {
    const made = randomBytes(count);
    // Tokens and codes are the only ones of this length; their two-character prefix is no secret.
    if (count === 33) minted.push(made.toString('base64url'));
    return made;
  };
  const application = { ...sandboxApplication, clientSecret };
  const options = { random: { bytes }, application };
  const workspace = await (isLoggedIn ? loggedIn(options) : createSandboxWorkspace(options));
  const planted = [clientSecret];
  const said: { readonly by: string; readonly text: string }[] = [];
  const env = { TMPDIR: workspace.path };
  const note = (args: readonly string[], { stdout, stderr }: Ended) =>
    said.push({ by: args[0] ?? '', text: stdout + stderr });
  const noted = <T extends Begun>(args: readonly string[], begun: T): T => {
    void begun.ended.then((ended) => note(args, ended));
    return begun;
  };
  const seenIn = (text: string) =>
    [...planted, ...minted].filter((secret) => text.includes(secret.slice(0, partLength))).length;
  return {
    workspace,
    application: {
      FATTUREINCLOUD_CLIENT_ID: application.clientId,
      FATTUREINCLOUD_CLIENT_SECRET: clientSecret,
    },
    minted,
    plant: (secret) => void planted.push(secret),
    seenIn,
    run: async (args, options = {}) => {
      const ended = await workspace.run(args, { ...options, env: { ...env, ...options.env } });
      note(args, ended);
      return ended;
    },
    start: (args, more = {}) => noted(args, workspace.start(args, { ...env, ...more })),
    begin: (args, more = {}) => noted(args, workspace.begin(args, { ...env, ...more })),
    leaks: async () => [
      ...said.filter(({ text }) => seenIn(text) > 0).map(({ by }) => `said by ${by}`),
      ...(await filesOutside(workspace.storePath, workspace.path))
        .filter(({ name, text }) => seenIn(name + text) > 0)
        .map(({ name }) => `in the file ${name}`),
    ],
  };
}

/** Where a login asks for consent, once it does. */
export async function consentAddress(login: Begun): Promise<string> {
  return login.says(/(http:\S+authorize\S+)/);
}

async function filesOutside(store: string, folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(`${store}/`));
  return Promise.all(
    paths.map(async (path) => ({
      name: relative(folder, path),
      text: await readFile(path, 'utf8'),
    })),
  );
}
