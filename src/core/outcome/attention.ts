/** How much a stack measures: what its few alarms need, or gauges and counts of everything. */
export const watchings = ['small', 'full'] as const;

/** One of `watchings`. */
export type Watching = (typeof watchings)[number];

/** From when on a gauge calls for somebody. */
export const alarmLevels = { hoursLeft: 6, uncertainHours: 1, idleDays: 300, waitingHours: 6 };
