/** One metric of the rotator: its name, its unit, and the dimensions under which it is found. */
export interface MetricName {
  readonly name: string;
  readonly unit: 'Count' | 'None';
  readonly dimensions: readonly string[];
}

/** Where the rotator's metrics are in CloudWatch. */
export const metricNamespace = 'Fresco';

const ofConnection = ['prefix', 'connection'];

/** What the rotator measures at the end of every pass; `prefix` tells stages in one account apart. */
export const rotatorMetrics = {
  /** 1 for each pass, by how it ended. */
  passes: { name: 'Passes', unit: 'Count', dimensions: [...ofConnection, 'outcome'] },
  /** Hours until the published access token ends, 0 once it has; absent where there is none. */
  hoursLeft: { name: 'HoursLeft', unit: 'None', dimensions: ofConnection },
  /** 1 where only a person can go on, else 0: a level, told again by every check. */
  personNeeded: { name: 'PersonNeeded', unit: 'None', dimensions: ofConnection },
  /** Hours since a refresh token was sent with no answer on record; 0 where none is. */
  uncertainHours: { name: 'UncertainHours', unit: 'None', dimensions: ofConnection },
} satisfies Readonly<Record<string, MetricName>>;
