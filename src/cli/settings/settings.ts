import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Config, ConfigInvalid, type Environment, parseConfig } from '../../config/config.ts';
import { expanded, noHome } from '../../connection/home-folder.ts';
import { isLoopback } from '../../core/origin.ts';
import { aimAt } from '../target.ts';
import { isReadByAPerson, say } from '../terminal.ts';
import { dataPath, type Remembered, readRemembered } from './settings-file.ts';

/** The options that say which connection is meant; every command on a connection has them. */
export interface ConnectionOptions {
  readonly store?: string;
  readonly prefix?: string;
  readonly connection?: string;
  readonly providerUrl?: string;
  readonly provider?: string;
  readonly json?: boolean;
}

/** What a command runs with. */
export interface Settings {
  readonly config: Config<'cli'>;
  readonly env: Environment;
  /** Whether a flag or the environment names the connection. */
  readonly namesConnection: boolean;
}

/** The name of the store that `login --sandbox` keeps, wherever it lies. */
const sandboxStore = 'sandbox';

/** Where the sandbox is, unless somebody says otherwise. */
export const sandboxPort = 4010;

const variables = {
  store: 'FRESCO_STORE',
  prefix: 'FRESCO_PREFIX',
  connection: 'FRESCO_CONNECTION',
  providerUrl: 'FRESCO_PROVIDER_URL',
  provider: 'FRESCO_PROVIDER',
} as const;

type Key = keyof typeof variables;

const keys = Object.keys(variables) as Key[];

/** The option of a setting or a question, by its name in camel case. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Flags beat the environment, and for a person at a terminal that beats what the last login has left. */
export async function readSettings(
  options: ConnectionOptions,
  { isLogin = false } = {},
): Promise<Settings> {
  const env = process.env;
  const given = namedBy(options, env);
  // A job has to work on the same store, even if somebody logs in to another one on this machine.
  const left = isReadByAPerson() ? await readRemembered(env) : {};
  // What was tried in the sandbox says nothing about where a real login goes.
  const remembered = isLogin && isSandboxStore(left.store, env) ? {} : left;
  const config = parse(chosenFrom(given, remembered, env), options, env);
  const unremembered = chosenFrom(given, {}, env);
  if (!isDeepStrictEqual(config, parse(unremembered, options, env))) sayRemembered(config);
  aimAt(config.connection, options);
  return { config, env, namesConnection: given.connection !== undefined };
}

/** What a login to the sandbox runs with: wherever it is stored, it talks to a sandbox on this machine alone. */
export function readSandboxSettings(options: ConnectionOptions): Settings {
  const env = process.env;
  const { provider: _, ...given } = namedBy(options, env);
  const chosen = chosenFrom({ store: sandboxStore, ...sandboxAt, ...given }, {}, env);
  const config = parse(chosen, options, env);
  if (!isLoopback(new URL(config.providerUrl))) {
    throw new ConfigInvalid([
      `the sandbox is on this machine, and ${config.providerUrl} is named as the provider: leave --provider-url and FRESCO_PROVIDER_URL out`,
    ]);
  }
  if (config.store === 'aws') {
    throw new ConfigInvalid([
      'a login to the sandbox is stored on this machine alone: leave --store and FRESCO_STORE out, or name a folder with --store file:<path>',
    ]);
  }
  const isOwn = isSandboxStore(config.store, env);
  aimAt(config.connection, {
    store: options.store ?? (given.store === undefined ? sandboxStore : undefined),
    providerUrl:
      options.providerUrl ?? (isOwn || given.providerUrl ? undefined : config.providerUrl),
  });
  return { config, env, namesConnection: given.connection !== undefined };
}

/** Whether it is the store of `login --sandbox`, where nothing real is kept. */
export function isSandboxStore(store: string | undefined, env: Environment): boolean {
  return store !== undefined && store === sandboxPlace(env);
}

const sandboxAt: Remembered = { providerUrl: `http://127.0.0.1:${sandboxPort}` };

function chosenFrom(given: Remembered, remembered: Remembered, env: Environment): Remembered {
  const isSandbox = given.store === sandboxStore;
  const named = isSandbox ? (sandboxPlace(env) ?? noHome('the sandbox’s store')) : given.store;
  const store = named === undefined ? remembered.store : absolute(named, env);
  // A provider belongs to the store it was used with: a token of one must not be sent to another.
  const usual = { ...(store === remembered.store && remembered), ...(isSandbox && sandboxAt) };
  return overlaid(usual, store === undefined ? given : { ...given, store });
}

function sayRemembered({ store, prefix, connection, providerUrl, providerFile }: Config<'cli'>) {
  const place = store === 'aws' ? `AWS under the prefix ${prefix}` : store;
  const provider = providerFile ?? providerUrl;
  say(
    `not named, so as at the last login on this terminal: connection ${connection} in ${place}, provider ${provider} (--store names another)`,
  );
}

/** What flags name, else the environment. */
function namedBy(options: ConnectionOptions, env: Environment): Remembered {
  const named = (read: (key: Key) => string | undefined): Remembered =>
    Object.fromEntries(keys.flatMap((key) => (read(key) === undefined ? [] : [[key, read(key)]])));
  return overlaid(
    named((key) => env[variables[key]] || undefined),
    named((key) => options[key]),
  );
}

/** What is given, over what is below: one kind of provider takes the place of the other. */
function overlaid(below: Remembered, given: Remembered): Remembered {
  const { provider: _, providerUrl: __, ...rest } = below;
  const isNamed = given.provider !== undefined || given.providerUrl !== undefined;
  return { ...(isNamed ? rest : below), ...given };
}

/** The sandbox's store as any other is named. */
function sandboxPlace(env: Environment): string | undefined {
  const path = dataPath(env, sandboxStore);
  return path === undefined ? undefined : `file:${path}`;
}

function absolute(store: string, env: Environment): string {
  if (!store.startsWith('file:')) return store;
  const path = store.slice('file:'.length);
  return path === '' ? store : `file:${resolve(expanded(path, env))}`;
}

function parse(chosen: Remembered, options: ConnectionOptions, env: Environment): Config<'cli'> {
  const environment = Object.fromEntries(keys.map((key) => [variables[key], chosen[key]]));
  try {
    return parseConfig('cli', { ...env, ...environment });
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error;
    throw new ConfigInvalid(error.problems.map((problem) => inWordsOf(options, problem)));
  }
}

/** Names the flag where the value at fault came from one. */
function inWordsOf(options: ConnectionOptions, problem: string): string {
  const [variable = ''] = problem.split(' ', 1);
  const key = keys.find((name) => variables[name] === variable);
  return key === undefined || options[key] === undefined
    ? problem
    : `${flagOf(key)}${problem.slice(variable.length)}`;
}

/** The options that name what the settings mean, for a person or a crontab to type. */
export function namingOptions({ config, env }: Pick<Settings, 'config' | 'env'>): string {
  const { store, prefix, connection, providerUrl, providerFile } = config;
  const isSandbox = store === sandboxPlace(env);
  const options: readonly (readonly [string, string | undefined])[] = [
    ['--store', isSandbox ? sandboxStore : store],
    ['--connection', connection],
    ['--prefix', prefix === 'fresco' ? undefined : prefix],
    ['--provider', providerFile],
    ['--provider-url', isUsual(providerUrl, isSandbox) ? undefined : providerUrl],
  ];
  return options
    .filter(([, value]) => value !== undefined)
    .map(([option, value = '']) => `${option} ${quoted(value)}`)
    .join(' ');
}

function quoted(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function isUsual(providerUrl: string, isSandbox: boolean): boolean {
  const usual = isSandbox ? sandboxAt.providerUrl : parseConfig('cli', {}).providerUrl;
  return providerUrl === usual;
}
