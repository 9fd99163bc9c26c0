import { Duration, type Stack, Token } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { parseConfig, toEnvironment } from '../src/config/config.ts';
import type { Watching } from '../src/config/metric-names.ts';
import type { NightlyJob } from './nightly/nightly.ts';
import { checkOperator } from './permissions/operator-arn.ts';
import { arnOf, type Operator } from './store.ts';

/** What may be chosen; everything has a default. */
export interface FrescoProps {
  /** Begins the names of secrets, and tells stages in one account apart. @default 'fresco' */
  readonly prefix?: string;
  /** Names of the connections, one for each login. @default ['default'] */
  readonly connections?: readonly string[];
  /** Roles and users of this account who may log in and rotate. @default - nobody, until they are named */
  readonly operators?: readonly Operator[];
  /** How old an access token may get; half its life is the most. @default Duration.days(1) */
  readonly rotateEvery?: Duration;
  /** Secrets Manager rotates by its own schedule too, for auditors; log in first. @default - on demand only */
  readonly rotateNativelyEvery?: Duration;
  /**
   * Encrypts secrets, table, queues and bus. Its policy stays as it is: it must let EventBridge and
   * CloudWatch use it, and may keep client and grant from others. @default - a key of its own, which does
   */
  readonly key?: IKey;
  /** Where events go, in the same account. @default - a bus of its own */
  readonly bus?: IEventBus;
  /** Where alarms go. @default - a topic of its own */
  readonly alarmTopic?: ITopic;
  /** Gets the alarms, once its owner has confirmed. @default - nobody, and a deploy warns of it */
  readonly alarmEmail?: string;
  /**
   * `full`: an alarm of its own for each condition, the gauges behind them and a dashboard, for those who chart
   * them. `small`: the same conditions by few alarms. @default 'small'
   */
  readonly watching?: Watching;
  /** Whether there are alarms; without them the metrics stay, for alarms of your own. @default true */
  readonly alarms?: boolean;
  /** Whether notifications are received. @default true */
  readonly webhooks?: boolean;
  /**
   * How long webhooks may wait for others, to be handled fifty at a time: whole seconds, up to 5 minutes. Where few
   * come, Lambda may wait for 20 seconds all the same. @default - not at all, ten at a time
   */
  readonly webhookWait?: Duration;
  /** Whether a subscription that the provider has ended is created again. @default false */
  readonly renewSubscriptions?: boolean;
  /**
   * Whether a person without rights may give a new consent by a link, once it is needed. Its redirect has to be
   * registered with the application. @default - as `webhooks`: where there is a public address anyhow
   */
  readonly reconnect?: boolean;
  /** The application's number, which a notification must then carry. @default - not checked */
  readonly applicationId?: string;
  /** PEM, one after the other; several while the provider changes its key. @default - the one it publishes */
  readonly webhookPublicKeys?: readonly string[];
  /**
   * When to read and publish each night what has changed, by the clock in Italy: `04:15`; not from 02:00 to 02:59,
   * which one night of the year lacks. The first sync publishes everything. @default - never
   */
  readonly nightlySync?: string;
  /** Jobs that find a token that lasts for them, whatever the schedule of rotation. @default - none */
  readonly nightlyJobs?: readonly NightlyJob[];
  /** Whether an event holds the entity or names it. @default 'full' */
  readonly entity?: 'full' | 'reference';
  /** @default 'https://api-v2.fattureincloud.it' */
  readonly providerUrl?: string;
  /** Concurrent rotators to reserve, and two pages for consent; a new account has too few. @default - none */
  readonly reservedConcurrency?: number;
  /** X-Ray. @default false */
  readonly tracing?: boolean;
  /** @default RetentionDays.THREE_MONTHS */
  readonly logRetention?: RetentionDays;
}

const defaults = {
  prefix: 'fresco',
  connections: ['default'],
  operators: [],
  rotateEvery: Duration.days(1),
  watching: 'small',
  alarms: true,
  webhooks: true,
  renewSubscriptions: false,
  entity: 'full',
  providerUrl: 'https://api-v2.fattureincloud.it',
  tracing: false,
  logRetention: RetentionDays.THREE_MONTHS,
} satisfies FrescoProps;

/** The props with every default filled in. */
export type ResolvedProps = FrescoProps &
  Required<Pick<FrescoProps, keyof typeof defaults | 'reconnect'>>;

/** Fills in the defaults; throws for what a deploy, a function or a login would refuse. */
export function resolveProps(props: FrescoProps, stack: Stack): ResolvedProps {
  const { webhooks: reconnect } = { ...defaults, ...props };
  const chosen: ResolvedProps = { ...defaults, reconnect, ...props };
  checkSettings(chosen);
  const { connections, operators, bus, alarmEmail, rotateNativelyEvery } = chosen;
  const twice = connections.find((name, at) => connections.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`"connections" names '${twice}' twice`);
  if (chosen.reconnect && connections.includes('callback')) {
    throw new Error(
      '"connections" names \'callback\', which is the redirect of the pages for consent: name it otherwise, or set "reconnect" to false',
    );
  }
  for (const operator of operators) checkOperator(arnOf(operator), stack.account);
  if (bus !== undefined) checkBus(bus.eventBusArn, stack.account);
  if (alarmEmail !== undefined && !/^[^\s@]+@[^\s@]+$/.test(alarmEmail)) {
    throw new Error(`"alarmEmail" must be an address such as ops@example.com, got '${alarmEmail}'`);
  }
  const waitSeconds = chosen.webhookWait?.toSeconds({ integral: false }) ?? 1;
  if (waitSeconds < 1 || waitSeconds > 300 || waitSeconds % 1 !== 0) {
    throw new Error(
      `"webhookWait" must be whole seconds from 1 to 300, got ${chosen.webhookWait?.toHumanString()}`,
    );
  }
  // With none Lambda would run no rotator at all.
  const { reservedConcurrency: reserved = 1 } = chosen;
  if (!Number.isInteger(reserved) || reserved < 1) {
    throw new Error(`"reservedConcurrency" must be a whole number of 1 or more, got ${reserved}`);
  }
  const nativeHours = rotateNativelyEvery?.toHours({ integral: false }) ?? 24;
  if (nativeHours < 4 || nativeHours > 999 * 24 || nativeHours % 1 !== 0) {
    throw new Error(
      `"rotateNativelyEvery" must be whole hours from 4 hours to 999 days, which is what Secrets Manager takes, got ${rotateNativelyEvery?.toHumanString()}`,
    );
  }
  return chosen;
}

/** Reads what the functions will read, with stand-ins for what only a deploy knows; throws `ConfigInvalid`. */
function checkSettings(chosen: ResolvedProps): void {
  const { prefix, connections, watching, providerUrl, rotateEvery } = chosen;
  const { applicationId, webhookPublicKeys } = chosen;
  for (const connection of connections) {
    parseConfig('cli', { FRESCO_PREFIX: prefix, FRESCO_CONNECTION: connection });
  }
  const receiving = { prefix, connections, watching, applicationId, webhookPublicKeys };
  const url = 'https://known.later';
  const receiver = { ...receiving, table: 'later', queueUrl: url, webhookSink: url };
  parseConfig('webhook-receiver', toEnvironment('webhook-receiver', receiver));
  const rotator = {
    ...{ prefix, connections, watching, providerUrl },
    ...{ table: 'later', bus: 'later', environment: 'known/later/on', leaseTermMs: 1000 },
    rotateEveryMs: rotateEvery.toMilliseconds(),
  };
  parseConfig('rotator', toEnvironment('rotator', rotator));
}

// What is handed over may be in any account, where the command must not send what entities hold.
function checkBus(arn: string, account: string): void {
  const owner = Token.isUnresolved(arn) ? undefined : arn.split(':')[4];
  if (owner === undefined || Token.isUnresolved(account) || owner === account) return;
  throw new Error(
    `the bus ${arn} is of another account than the stack (${account}): give one of this account, and forward from it with a rule`,
  );
}
