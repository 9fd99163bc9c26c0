import { Duration, type Stack } from 'aws-cdk-lib';
import { Role, User } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { watchings } from '../src/config/metric-names.ts';
import type { FrescoProps } from './choices.ts';
import type { NightlyJob } from './nightly/nightly.ts';
import { checkOperator } from './permissions/operator-arn.ts';
import type { Operator } from './store.ts';

/** The props that are plain data, and so can be given as text. */
type Plain = Exclude<keyof FrescoProps, 'key' | 'bus' | 'alarmTopic'>;

interface Reading {
  readonly stack: Stack;
  /** Where the CLI of CDK deploys to, if it knows. */
  readonly account: string | undefined;
}

/** How each prop is read from what `-c <name>=<text>` gives; throws an error that says what it must be. */
const readers: {
  readonly [K in Plain]: (text: string, reading: Reading) => NonNullable<FrescoProps[K]>;
} = {
  prefix: (text) => text,
  connections: listIn,
  operators: (text, reading) => listIn(text).map((arn, at) => operator(arn, at, reading)),
  rotateEvery: durationIn,
  rotateNativelyEvery: durationIn,
  alarmEmail: (text) => text,
  watching: (text) => oneOf(text, watchings),
  alarms: flagIn,
  webhooks: flagIn,
  webhookWait: durationIn,
  renewSubscriptions: flagIn,
  reconnect: flagIn,
  applicationId: (text) => text,
  webhookPublicKeys: (text) => text.trim().split(/(?<=-----END PUBLIC KEY-----)[\s,]*(?=-)/),
  nightlySync: (text) => text,
  nightlyJobs: (text) => listIn(text).map(jobIn),
  entity: (text) => oneOf(text, ['full', 'reference']),
  providerUrl: (text) => text,
  reservedConcurrency: numberIn,
  tracing: flagIn,
  logRetention: retentionIn,
};

/**
 * The props that are in the context of an app: `cdk deploy -c <name>=<value>`, or the same in cdk.json. Throws
 * for a name that is neither a prop nor CDK's own, and for a value that is not what its prop takes.
 */
export function propsIn(context: Readonly<Record<string, unknown>>, reading: Reading): FrescoProps {
  const entries = Object.entries(context)
    .filter(([name]) => !isOfCdk(name))
    .flatMap(([name, value]) => {
      const text = textOf(name, value);
      if (!Object.hasOwn(readers, name)) throw new Error(unknown(name));
      return text === '' ? [] : [[name, read(name as Plain, text, reading)]];
    });
  return Object.fromEntries(entries);
}

function read(name: Plain, text: string, reading: Reading): unknown {
  try {
    return readers[name](text, reading);
  } catch (error) {
    throw new Error(`-c ${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Its flags, what it has looked up, and the settings of its command. */
function isOfCdk(name: string): boolean {
  return /[@:]/.test(name) || ['cli-telemetry', 'acknowledged-issue-numbers'].includes(name);
}

function unknown(name: string): string {
  return `there is no option '${name}' to give with -c: there are ${Object.keys(readers).join(', ')}`;
}

/** In cdk.json a value may be a list, a number or true. */
function textOf(name: string, value: unknown): string {
  const texts = [value].flat().map((it) => (typeof it === 'object' ? undefined : String(it)));
  if (texts.includes(undefined)) throw new Error(`-c ${name}: must be a text or a list of texts`);
  return texts.join(',');
}

function listIn(text: string): string[] {
  return text.split(',').flatMap((entry) => entry.trim() || []);
}

function flagIn(text: string): boolean {
  return oneOf(text, ['true', 'false']) === 'true';
}

function oneOf<const T extends string>(text: string, words: readonly T[]): T {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new Error(`must be ${words.join(' or ')}, got '${text}'`);
}

function numberIn(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new Error(`must be a whole number, got '${text}'`);
}

const units = {
  s: Duration.seconds,
  m: Duration.minutes,
  h: Duration.hours,
  d: Duration.days,
} as const;

function durationIn(text: string): Duration {
  const [, amount, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) return units[unit as keyof typeof units](Number(amount));
  throw new Error(`must be a length of time such as 90m, 12h or 30d, got '${text}'`);
}

/** `03:30/3h`, or `03:30/3h/<connection>`. */
function jobIn(text: string): NightlyJob {
  const [at = '', lasts = '', connection, ...others] = text.split('/');
  if (lasts === '' || others.length > 0) {
    throw new Error(
      `a job is <time>/<how long>, or with /<connection>, such as 03:30/3h, got '${text}'`,
    );
  }
  return { at, lasts: durationIn(lasts), ...(connection !== undefined && { connection }) };
}

function retentionIn(text: string): RetentionDays {
  const days = numberIn(text);
  if (RetentionDays[days] !== undefined && days < RetentionDays.INFINITE) return days;
  throw new Error(
    `must be a number of days that CloudWatch Logs knows, such as 30, 90 or 365, got '${text}'`,
  );
}

function operator(arn: string, at: number, { stack, account }: Reading): Operator {
  checkOperator(arn, account ?? stack.account);
  const id = `Operator${at + 1}`;
  if (arn.includes(':user/')) return User.fromUserArn(stack, id, arn);
  // A role of IAM Identity Center is AWS's own: nothing can be attached to it.
  return Role.fromRoleArn(stack, id, arn, { mutable: !arn.includes('/aws-reserved/') });
}
