// `updated_at` is Italian local time without a zone: `2026-10-25 02:30:00`. It is compared and shortened as
// what it is, and never made a moment, since in the hour that summer time ends with it would be two.

/** The stamp of a moment in Italy. */
export function romeStamp(atMs: number): string {
  const parts = new Map(rome.formatToParts(atMs).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  const date = `${part('year')}-${part('month')}-${part('day')}`;
  return `${date} ${part('hour')}:${part('minute')}:${part('second')}`;
}

const rome = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Rome',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** Whether a text is a stamp as the provider writes it. */
export function isStamp(text: unknown): text is string {
  return typeof text === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text);
}

/** The stamp so many minutes earlier by the clock on the wall, whatever became of the clock meanwhile. */
export function earlier(stamp: string, minutes: number): string {
  return onTheWall(asIfUtcMs(stamp) - minutes * 60_000);
}

/** How many minutes the clock on the wall shows between two stamps. */
export function minutesBetween(from: string, to: string): number {
  return (asIfUtcMs(to) - asIfUtcMs(from)) / 60_000;
}

/** Whether the stamp lies in the hour that comes twice: from 2 to 3 on the last Sunday of October. */
export function isInRepeatedHour(stamp: string): boolean {
  if (stamp.slice(5, 7) !== '10' || stamp.slice(11, 13) !== '02') return false;
  const day = new Date(asIfUtcMs(stamp));
  return day.getUTCDay() === 0 && day.getUTCDate() > 24;
}

function asIfUtcMs(stamp: string): number {
  return Date.parse(`${stamp.replace(' ', 'T')}Z`);
}

function onTheWall(asIfUtc: number): string {
  return new Date(asIfUtc).toISOString().slice(0, 19).replace('T', ' ');
}
