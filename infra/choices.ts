import { Duration } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { parseConfig } from '../src/config.ts';
import type { NightlyJob } from './nightly.ts';
import type { Operator } from './store.ts';

/** What may be chosen; everything has a default. */
export interface FrescoProps {
  /** Begins the names of secrets, and tells stages in one account apart. @default 'fresco' */
  readonly prefix?: string;
  /** Names of the connections, one for each login. @default ['default'] */
  readonly connections?: readonly string[];
  /** Roles and users who may log in and rotate at will. @default - nobody, until they are named */
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
  /** Where events go. @default - a bus of its own */
  readonly bus?: IEventBus;
  /** Where alarms go. @default - a topic of its own */
  readonly alarmTopic?: ITopic;
  /** Gets the alarms, once its owner has confirmed. @default - nobody is written to */
  readonly alarmEmail?: string;
  /** Whether notifications are received. @default true */
  readonly webhooks?: boolean;
  /** Whether a subscription that the provider has taken back is made anew. @default false */
  readonly renewSubscriptions?: boolean;
  /** The application's number, which a notification must then carry. @default - not checked */
  readonly applicationId?: string;
  /** PEM, one after the other; several while the provider changes its key. @default - the one it publishes */
  readonly webhookPublicKeys?: readonly string[];
  /**
   * When what changed is read and told each night, as the clock in Italy shows: `04:15`. The first sync tells
   * everything there is. @default - never
   */
  readonly nightlySync?: string;
  /** Jobs that find a token that lasts for them, whatever the schedule of rotation. @default - none */
  readonly nightlyJobs?: readonly NightlyJob[];
  /** Whether an event holds the entity or names it. @default 'full' */
  readonly entity?: 'full' | 'reference';
  /** @default 'https://api-v2.fattureincloud.it' */
  readonly providerUrl?: string;
  /** Concurrent rotators to reserve; a new account has too few. @default - none are reserved */
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
  webhooks: true,
  renewSubscriptions: false,
  entity: 'full',
  providerUrl: 'https://api-v2.fattureincloud.it',
  tracing: false,
  logRetention: RetentionDays.THREE_MONTHS,
} satisfies FrescoProps;

/** The props with every default filled in. */
export type Chosen = FrescoProps & Required<Pick<FrescoProps, keyof typeof defaults>>;

/** Fills in the defaults; throws `ConfigInvalid` for a name or URL that a function would refuse at its start. */
export function choose(props: FrescoProps): Chosen {
  const chosen: Chosen = { ...defaults, ...props };
  for (const connection of chosen.connections) {
    parseConfig('cli', {
      FRESCO_PREFIX: chosen.prefix,
      FRESCO_CONNECTION: connection,
      FRESCO_PROVIDER_URL: chosen.providerUrl,
    });
  }
  return chosen;
}
