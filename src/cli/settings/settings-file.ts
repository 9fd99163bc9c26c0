import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Environment } from '../../config/config.ts';
import { homeFolder, noHome } from '../../connection/home-folder.ts';
import { checkFolderOf, readOwned, replaceOwned } from '../../connection/owned-file.ts';
import { StoreRefused } from '../../core/ports.ts';
import { jsonObject } from '../../core/text/json.ts';
import { wrongUsage } from '../failure.ts';

/** Where a connection is. */
export interface Remembered {
  readonly store?: string;
  readonly prefix?: string;
  readonly connection?: string;
  readonly providerUrl?: string;
  readonly provider?: string;
}

// The connection is not among them: one that nobody names is `default`, whatever the last login was for.
const keys = ['store', 'prefix', 'providerUrl', 'provider'] as const;

/** Where settings are remembered (XDG Base Directory); nowhere for a user without a home. */
export function settingsPath(env: Environment): string | undefined {
  return below(env, env['XDG_CONFIG_HOME'], '.config', 'settings.json');
}

/** A folder for data of the program's own choosing (XDG Base Directory); none for a user without a home. */
export function dataPath(env: Environment, name: string): string | undefined {
  return below(env, env['XDG_DATA_HOME'], '.local/share', name);
}

function below(env: Environment, named: string | undefined, usual: string, name: string) {
  const home = named ? '' : homeFolder(env);
  return home === undefined ? undefined : join(named || join(home, usual), 'fresco', name);
}

/**
 * What the last login of a person has left, nothing of it secret; nothing where there was none. Rejects with
 * `Failure` for a file that is not one of these, with `StoreRefused` for one that others may have written.
 */
export async function readRemembered(env: Environment): Promise<Remembered> {
  const path = settingsPath(env);
  if (path === undefined) return {};
  let text: string;
  try {
    await checkFolderOf(path);
    text = await readOwned(path, '644');
  } catch (error) {
    if (error instanceof StoreRefused) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw wrongUsage`the settings in ${path} cannot be read (${code}): check the file's mode`;
  }
  const fields = jsonObject(text);
  if (fields?.['v'] !== 1)
    throw wrongUsage`the settings in ${path} are damaged: remove that file, nothing in it is secret`;
  return Object.fromEntries(
    keys.flatMap((key) => (typeof fields[key] === 'string' ? [[key, fields[key]]] : [])),
  );
}

/** Replaces what is remembered; rejects with `StoreRefused` or the system's error. */
export async function remember(env: Environment, settings: Remembered): Promise<void> {
  const path = settingsPath(env) ?? noHome('what is remembered of a login');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await checkFolderOf(path);
  await replaceOwned(path, `${JSON.stringify({ v: 1, ...settings }, null, 2)}\n`);
}
