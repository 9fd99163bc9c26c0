import os from 'node:os';
import { ConfigInvalid, type Environment } from '../config/config.ts';

/** The home folder of this user; `undefined` where nothing names one, as in a container that runs as any uid. */
export function homeFolder(env: Environment): string | undefined {
  try {
    return env['HOME'] || os.userInfo().homedir;
  } catch {
    return undefined;
  }
}

/** A path from a variable or a file, where no shell has put the home folder in place of `~`. Throws `ConfigInvalid`. */
export function expanded(path: string, env: Environment): string {
  return path.replace(/^~(?=\/|$)/, () => homeFolder(env) ?? noHome(path));
}

/** Refuses what needs a home folder where there is none. */
export function noHome(what: string): never {
  throw new ConfigInvalid([
    `${what} needs a home folder, and this user has none here: set HOME, or give the whole path`,
  ]);
}
