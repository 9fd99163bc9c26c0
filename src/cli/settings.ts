import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { type Config, ConfigInvalid, type Environment, parseConfig } from '../config.ts';
import { type Remembered, readRemembered } from './settings-file.ts';

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
}

const variables = {
  store: 'FRESCO_STORE',
  prefix: 'FRESCO_PREFIX',
  connection: 'FRESCO_CONNECTION',
  providerUrl: 'FRESCO_PROVIDER_URL',
  provider: 'FRESCO_PROVIDER',
} as const;

type Key = keyof typeof variables;

const flags: Readonly<Record<Key, string>> = {
  store: '--store',
  prefix: '--prefix',
  connection: '--connection',
  providerUrl: '--provider-url',
  provider: '--provider',
};

/** Flags beat the environment, the environment beats what is remembered; `instead` takes the place of the last. */
export async function readSettings(
  options: ConnectionOptions,
  instead?: Remembered,
): Promise<Settings> {
  const env = process.env;
  const given = overlay(fromEnvironment(env), options);
  const remembered = instead ?? (await readRemembered(env));
  const named = given.store ?? remembered.store;
  const store = named === undefined ? undefined : absolute(named);
  const chosen: Remembered = {
    // A provider belongs to the store it was used with: a token of one must not be sent to another.
    ...(store === remembered.store ? remembered : {}),
    ...given,
    ...(store === undefined ? {} : { store }),
  };
  const provider = given.provider ?? given.providerUrl;
  const settled = provider === undefined ? chosen : withProvider(chosen, given);
  return { config: parse(settled, options, env), env };
}

function fromEnvironment(env: Environment): Remembered {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([key, variable]) =>
      env[variable] ? [[key, env[variable]]] : [],
    ),
  );
}

function overlay(environment: Remembered, options: ConnectionOptions): Remembered {
  const given = Object.fromEntries(
    (Object.keys(variables) as Key[]).flatMap((key) =>
      options[key] === undefined ? [] : [[key, options[key]]],
    ),
  ) as Remembered;
  // A flag for one kind of provider beats a variable for the other.
  const { provider, providerUrl, ...rest } = environment;
  const named = given.provider !== undefined || given.providerUrl !== undefined;
  return named ? { ...rest, ...given } : { ...environment, ...given };
}

function withProvider(chosen: Remembered, given: Remembered): Remembered {
  const { provider: _, providerUrl: __, ...rest } = chosen;
  return {
    ...rest,
    ...(given.provider === undefined ? {} : { provider: given.provider }),
    ...(given.providerUrl === undefined ? {} : { providerUrl: given.providerUrl }),
  };
}

function absolute(store: string): string {
  if (!store.startsWith('file:')) return store;
  const path = store.slice('file:'.length);
  return path === '' ? store : `file:${resolve(path.replace(/^~(?=\/|$)/, homedir()))}`;
}

function parse(chosen: Remembered, options: ConnectionOptions, env: Environment): Config<'cli'> {
  const environment = Object.fromEntries(
    (Object.keys(variables) as Key[]).map((key) => [variables[key], chosen[key]]),
  );
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
  const key = (Object.keys(variables) as Key[]).find((name) => variables[name] === variable);
  return key === undefined || options[key] === undefined
    ? problem
    : `${flags[key]}${problem.slice(variable.length)}`;
}
