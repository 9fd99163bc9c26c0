export { alarmLevels, type Watching, watchings } from '../core/outcome/attention.ts';

/** One metric: its name, its unit, and the dimensions under which it is found. */
export interface MetricName {
  readonly name: string;
  readonly unit: 'Count' | 'None';
  readonly dimensions: readonly string[];
}

/** Where all metrics are in CloudWatch. */
export const metricNamespace = 'Fresco';

const ofConnection = ['prefix', 'connection'];

/** The one gauge of a small stack, told by each check: 1 where somebody should look, 2 where a person has to act, 3 for both. */
export const attention: MetricName = { name: 'Attention', unit: 'None', dimensions: ofConnection };

/** What the rotator measures at the end of every pass; `prefix` tells stages in one account apart. */
export const rotatorMetrics = {
  /** 1 for each pass, by how it ended. */
  passes: { name: 'Passes', unit: 'Count', dimensions: [...ofConnection, 'outcome'] },
  /** 1 for each pass that the schedule made, whatever consumers do: a dead schedule must not hide behind them. */
  checks: { name: 'Checks', unit: 'Count', dimensions: ofConnection },
  /** Hours until the published access token ends, 0 once it has; absent where there is none. */
  hoursLeft: { name: 'HoursLeft', unit: 'None', dimensions: ofConnection },
  /** 1 if manual action is required, else 0: a level, set again by every check. */
  personNeeded: { name: 'PersonNeeded', unit: 'None', dimensions: ofConnection },
  /** Hours since a refresh token was sent with no answer on record; 0 where none is. */
  uncertainHours: { name: 'UncertainHours', unit: 'None', dimensions: ofConnection },
  /** Days since the refresh token was used last: unused for a year, it dies. */
  idleDays: { name: 'IdleDays', unit: 'None', dimensions: ofConnection },
} satisfies Readonly<Record<string, MetricName>>;

/** What the functions behind webhooks count. */
export const webhookMetrics = {
  /** 1 for each request to a sink, by what became of it: `forged` in bursts is an attack or a changed key. */
  receipts: { name: 'Receipts', unit: 'Count', dimensions: [...ofConnection, 'receipt'] },
  /** 1 for each delivery of a message, by how it ended: `done`, `drop`, or why it comes again. */
  deliveries: { name: 'Deliveries', unit: 'Count', dimensions: [...ofConnection, 'ending'] },
  /** How long a message has been sent again and again, waiting for a token, a quota or a licence: to the queue each copy is young. */
  waiting: { name: 'WaitingHours', unit: 'None', dimensions: ofConnection },
} satisfies Readonly<Record<string, MetricName>>;

/** What the sync counts. */
export const syncMetrics = {
  /** 1 for each sync that is complete; a night without one shows by its absence. */
  completed: { name: 'SyncsCompleted', unit: 'Count', dimensions: ofConnection },
} satisfies Readonly<Record<string, MetricName>>;
