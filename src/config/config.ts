import { watchings } from './metric-names.ts';
import {
  bareText,
  baseUrl,
  list,
  matching,
  oneOf,
  optional,
  Problem,
  type Setting,
  seconds,
  secret,
  url,
  withDefault,
} from './setting.ts';

/** An environment as a process gets it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings were missing or wrong; `problems` has one line for each of them. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the environment is not usable: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/** Ids of the stacks' own parts and alarms, which stand beside the connections: none may have a name like these. */
export const reservedNames = [
  'Default',
  'Key',
  'RotatorRole',
  'Table',
  'dead-letters',
  'failed-invocations',
  'notifications-not-kept',
  'notifications-wait',
  'rotator-fails',
  'webhook-functions-fail',
] as const;

const connectionPattern = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;
const pemPattern = /^-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----$/;

// It names secrets, an alias of KMS, a parameter of SSM (15 levels, nothing of AWS's) and a stack: what all four take.
const prefix = matching(
  'FRESCO_PREFIX',
  'a prefix such as fresco or fresco-test: letters, digits, - and _, with / between parts, beginning with a letter but not with aws or ssm, 100 characters at most',
  /^(?!aws|ssm)(?=.{1,100}$)[a-z][\w-]*(\/[\w-]+){0,13}$/i,
);
const connection = notReserved(
  matching('FRESCO_CONNECTION', 'letters, digits and dashes', connectionPattern),
);
const connections = notReserved(
  list(
    'FRESCO_CONNECTIONS',
    'names of letters, digits and dashes with commas between',
    /,/,
    connectionPattern,
    ',',
  ),
);
const table = matching('FRESCO_TABLE', 'the name of a DynamoDB table', /^[A-Za-z0-9_.:/-]{3,}$/);
const bus = matching('FRESCO_BUS', 'the name or ARN of an event bus', /^[A-Za-z0-9_./:-]+$/);
const queueUrl = url('FRESCO_QUEUE_URL', 'the URL of a queue', /^https?:\/\/\S+$/);
const environment = matching(
  'FRESCO_ENVIRONMENT',
  'account/region/stage',
  /^[^/\s]+\/[^/\s]+\/[^/\s]+$/,
);
const providerUrl = withDefault(baseUrl('FRESCO_PROVIDER_URL'), 'https://api-v2.fattureincloud.it');
const aliasPattern = /^arn:[^:\s]+:lambda:\S+$/;
const consumersAlias = matching(
  'FRESCO_CONSUMERS_ALIAS',
  "the ARN of the rotator's alias for consumers",
  aliasPattern,
);
const consentAlias = matching(
  'FRESCO_CONSENT_ALIAS',
  "the ARN of the rotator's alias for consent",
  aliasPattern,
);
const connectUrl = url('FRESCO_CONNECT_URL', 'an http or https URL', /^https?:\/\/\S*[^/\s]$/);
const webhookSink = url('FRESCO_WEBHOOK_SINK', 'an http or https URL', /^https?:\/\/\S*[^/\s]$/);
const entity = oneOf('FRESCO_ENTITY', ['full', 'reference']);
const watching = withDefault(oneOf('FRESCO_WATCHING', watchings), 'small');
const stackWide = { prefix, connections, table, bus, providerUrl };

const settings = {
  rotator: {
    ...stackWide,
    watching,
    environment,
    rotateEveryMs: seconds('FRESCO_ROTATE_EVERY_SECONDS'),
    leaseTermMs: seconds('FRESCO_LEASE_TERM_SECONDS'),
    /** Base of the pages for consent: a connection or `callback` follows. Absent where there are none. */
    connectUrl: optional(connectUrl),
  },
  connect: { connections, consentAlias, providerUrl },
  'webhook-receiver': {
    prefix,
    connections,
    watching,
    table,
    queueUrl,
    /** Base of the sinks: the sink of a connection is this, a slash and the connection's name. */
    webhookSink,
    /** The `aid` that a notification must carry; absent: the one that a handshake has told. */
    applicationId: optional(matching('FRESCO_APPLICATION_ID', 'a number', /^\d{1,15}$/)),
    /** PEM; absent: the keys that the provider publishes. */
    webhookPublicKeys: optional(
      list(
        'FRESCO_WEBHOOK_PUBLIC_KEYS',
        'public keys in PEM, one after the other',
        /(?<=-----END PUBLIC KEY-----)\s*(?=-)/,
        pemPattern,
        '\n',
      ),
    ),
  },
  'webhook-handler': {
    ...stackWide,
    watching,
    queueUrl,
    consumersAlias,
    entity,
    /** As the receiver has it; absent in a stack that was deployed before it was asked for. */
    webhookSink: optional(webhookSink),
  },
  /** The queue brings a sync back that has to go on. */
  sync: { ...stackWide, queueUrl, consumersAlias, entity },
  cli: {
    store: withDefault(
      matching('FRESCO_STORE', "'aws' or 'file:<path>'", /^(aws|file:.+)$/),
      'aws',
    ),
    prefix: withDefault(prefix, 'fresco'),
    connection: withDefault(connection, 'default'),
    providerUrl,
    /** Path of a JSON file that describes another OAuth server. */
    providerFile: optional(matching('FRESCO_PROVIDER', 'the path of a file', /\S/)),
    clientId: optional(bareText('FATTUREINCLOUD_CLIENT_ID')),
    clientSecret: optional(secret('FATTUREINCLOUD_CLIENT_SECRET')),
    redirectUri: optional(url('FATTUREINCLOUD_REDIRECT_URI', 'a URL', /^https?:\/\/\S+$/)),
  },
};

/** The programs that read an environment. */
export type Edge = keyof typeof settings;

type Value<S> = S extends Setting<infer T> ? T : never;
type Optional<S> = { [K in keyof S]: undefined extends Value<S[K]> ? K : never }[keyof S];

/** What a program runs with; absolute lengths of time are in milliseconds. */
export type Config<E extends Edge> = {
  readonly [K in Exclude<keyof Settings[E], Optional<Settings[E]>>]: Value<Settings[E][K]>;
} & { readonly [K in Optional<Settings[E]>]?: Value<Settings[E][K]> };

type Settings = typeof settings;

function notReserved<T>(setting: Setting<T>): Setting<T> {
  return {
    ...setting,
    read: (text = '') => {
      const found = text.split(',').find((it) => reservedNames.some((name) => name === it.trim()));
      return found === undefined
        ? setting.read(text || undefined)
        : new Problem(`must not be '${found}': the stack calls parts of its own so`);
    },
  };
}

type AnySettings = Readonly<Record<string, Setting<unknown>>>;

/** Reads what `edge` needs; throws `ConfigInvalid` with all problems at once. An empty variable is an unset one. */
export function parseConfig<E extends Edge>(edge: E, env: Environment): Config<E> {
  const problems: string[] = [];
  const entries = Object.entries(settings[edge] as AnySettings).map(([key, setting]) => {
    const value = setting.read(env[setting.variable] || undefined);
    if (value instanceof Problem) problems.push(`${setting.variable} ${value.text}`);
    return [key, value];
  });
  if (problems.length > 0) throw new ConfigInvalid(problems);
  return Object.fromEntries(entries) as Config<E>;
}

/** The environment from which `parseConfig` reads `config` back; values may be tokens of a template. */
export function toEnvironment<E extends Edge>(edge: E, config: Config<E>): Record<string, string> {
  const values = config as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(settings[edge] as AnySettings).flatMap(([key, setting]) => {
      const text = setting.write(values[key]);
      return text === undefined ? [] : [[setting.variable, text]];
    }),
  );
}
