import { jsonObject } from '../core/text/json.ts';
/** What a deployed stack tells those who look for it: the JSON of the SSM parameter `/<prefix>/stack`. */
export interface StackOutputs {
  /** Account, region and stage, as a grant of this stack carries them. */
  readonly environment: string;
  readonly connections: readonly string[];
  readonly table: string;
  readonly bus: string;
  /** ARNs of the rotator's aliases: the one that consumers ask, and the one that operators call. */
  readonly consumersAlias: string;
  readonly operatorAlias: string;
  /** The group of schedules in which the check of each connection has the connection's name. */
  readonly checkGroup?: string;
  /** Before there was a group: name of the schedule that checks each connection, by the connection's name. */
  readonly checks?: Readonly<Record<string, string>>;
  /** Base URL of the webhook sinks: a slash and the connection's name follow. Absent without webhooks. */
  readonly webhookSink?: string;
  readonly queueUrl?: string;
  readonly deadLetterQueueUrl?: string;
  /** Base URL of the pages for consent: a slash and the connection's name follow. Absent without them. */
  readonly connectUrl?: string;
}

/** Where the stack of a prefix leaves its facts. */
export function stackParameterName(prefix: string): string {
  return `/${prefix}/stack`;
}

/** The name of one of a connection's three secrets. */
export function secretName(
  prefix: string,
  connection: string,
  secret: 'client' | 'grant' | 'access-token',
): string {
  return `${prefix}/${connection}/${secret}`;
}

/** The sink of a connection, as it is registered with the provider and as a notification's `aud` names it. */
export function sinkOf(webhookSink: string, connection: string): string {
  return `${webhookSink}/${connection}`;
}

/** What the stack writes, to be made JSON; values may be tokens of a template. */
export function stackParameterValue(facts: StackOutputs): Record<string, unknown> {
  return { v: 1, ...facts };
}

/**
 * Reads the parameter back; throws an error that names each field at fault. All that it names must be of the
 * account and region in which it was read: somebody who could change it must not lead the command elsewhere.
 */
export function parseStackFacts(text: string, parameterArn: string): StackOutputs {
  const fields = jsonObject(text) ?? {};
  const [, , , region = '', account = ''] = parameterArn.split(':');
  const wanted: Readonly<Record<string, Wanted>> = { ...ofPlace(account, region), ...ofAnyPlace };
  const problems = [
    ...(fields['v'] === 1 ? [] : [`"v" must be 1, got ${JSON.stringify(fields['v'])}`]),
    ...Object.entries(wanted).flatMap(([key, { must, pattern, isOptional = false }]) => {
      const value = fields[key];
      const isFine = typeof value === 'string' ? pattern.test(value) : value === undefined;
      return isFine && (isOptional || value !== undefined) ? [] : [`"${key}" must be ${must}`];
    }),
    ...(fields['checks'] === undefined || Object.values(Object(fields['checks'])).every(isName)
      ? []
      : ['"checks" must name a schedule for each connection']),
    ...(Array.isArray(fields['connections']) && fields['connections'].every(isName)
      ? []
      : ['"connections" must be a list of names']),
  ];
  if (problems.length > 0) {
    throw new Error(
      `the stack's parameter cannot be trusted: ${problems.join('; ')}; deploy again`,
    );
  }
  const { v: _, ...facts } = fields;
  return facts as unknown as StackOutputs;
}

interface Wanted {
  readonly must: string;
  readonly pattern: RegExp;
  readonly isOptional?: true;
}

type Field = Exclude<keyof StackOutputs, 'connections' | 'checks'>;

const isName = (value: unknown) => typeof value === 'string' && /^[\w.-]{1,64}$/.test(value);

const page: Wanted = {
  must: 'an https URL where it is given',
  pattern: /^(https:\/\/[^\s/@]+|http:\/\/([\w.-]+\.)?(localhost|127\.0\.0\.1)(:\d+)?)\/\S*[^\s/]$/,
  isOptional: true,
};

const ofAnyPlace = {
  table: { must: 'the name of a table', pattern: /^[\w.-]{3,255}$/ },
  checkGroup: {
    must: 'the name of a group of schedules where it is given',
    pattern: /^[\w.-]{1,64}$/,
    isOptional: true,
  },
  webhookSink: page,
  connectUrl: page,
} satisfies Partial<Record<Field, Wanted>>;

function ofPlace(account: string, region: string) {
  const here = `account ${account || 'unknown'}, ${region || 'unknown'}`;
  const of = (pattern: string) => new RegExp(`^${pattern}$`);
  const arn = (service: string, rest: string) =>
    `arn:[\\w-]+:${service}:${region || '-'}:${account || '-'}:${rest}`;
  const alias = {
    must: `an alias of a function of ${here}`,
    pattern: of(arn('lambda', 'function:[\\w-]+:[\\w-]+')),
  };
  const queue: Wanted = {
    must: `the URL of a queue of account ${account} where it is given`,
    pattern: of(`https?://[^\\s/@]+/${account || '-'}/[\\w-]+`),
    isOptional: true,
  };
  return {
    environment: {
      must: `of ${here}: it was copied from elsewhere`,
      pattern: of(`${account || '-'}/${region || '-'}/[^/\\s]+`),
    },
    bus: {
      must: `a bus of ${here}`,
      pattern: of(`(${arn('events', 'event-bus/[\\w./-]+')}|[\\w.-]+)`),
    },
    consumersAlias: alias,
    operatorAlias: alias,
    queueUrl: queue,
    deadLetterQueueUrl: queue,
  } satisfies Partial<Record<Field, Wanted>>;
}
