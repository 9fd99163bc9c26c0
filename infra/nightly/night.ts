/** What a day is prepared by: the token is asked for so many minutes before a job. */
export const aheadMinutes = 15;
/** The hour that is missing in the night in which summer time begins, and comes twice when it ends. */
const [gapStarts, gapEnds] = [120, 180];

/** Minutes after midnight of a time such as `03:30`; throws for anything else. */
export function minutesAt(at: string): number {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(at) ?? [];
  if (minute !== undefined) return Number(hour) * 60 + Number(minute);
  throw new Error(`a time at night is an hour and a minute such as 03:30, got '${at}'`);
}

/** Minutes after midnight of a time that every night has; throws for one that the night of summer time skips. */
export function everyNightAt(at: string): number {
  const minutes = minutesAt(at);
  if (!isMissingOnce(minutes)) return minutes;
  throw new Error(
    `'${at}' does not exist in the night in which summer time begins (the clock goes from 02:00 to 03:00), and the schedule would skip that night: choose a time before 02:00 or from 03:00 on`,
  );
}

/** When a job's token is asked for, and how long before the job that is at most, over all nights of a year. */
export function preparationFor(at: string): {
  readonly minutes: number;
  readonly aheadMinutesMax: number;
} {
  const job = minutesAt(at);
  const usual = (job - aheadMinutes + 1440) % 1440;
  // A schedule within the missing hour is skipped that night: an hour earlier there is always one.
  const minutes = isMissingOnce(usual) ? usual - 60 : usual;
  const waits = (job - minutes + 1440) % 1440;
  // The hour that comes twice lies between the two, or the job may start when it comes the second time.
  const comesTwice = minutes < gapStarts && job >= gapStarts;
  return { minutes, aheadMinutesMax: waits + (comesTwice ? 60 : 0) };
}

function isMissingOnce(minutes: number): boolean {
  return minutes >= gapStarts && minutes < gapEnds;
}
