const format = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Rome',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

type Field = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

/** The API's timestamps: `2026-01-31 10:00:00`, Italian local time without a zone. */
export function romeTimestamp(ms: number): string {
  const at = fields(ms);
  return `${at.year}-${at.month}-${at.day} ${at.hour}:${at.minute}:${at.second}`;
}

/** The API's dates: `2026-01-31`, as of Italian local time. */
export function romeDate(ms: number): string {
  return romeTimestamp(ms).slice(0, 10);
}

/** RFC 3339 with the Italian offset, as in `ce-time`: `2026-04-04T12:54:21+02:00`. */
export function romeOffsetTime(ms: number): string {
  const hours = offsetMs(ms) / 3_600_000;
  return `${romeTimestamp(ms).replace(' ', 'T')}+0${hours}:00`;
}

/** The first moment of the next calendar month in Italy, in epoch milliseconds. */
export function nextRomeMonthMs(ms: number): number {
  const at = fields(ms);
  const asIfUtcMs = Date.UTC(Number(at.year), Number(at.month), 1);
  return asIfUtcMs - offsetMs(asIfUtcMs);
}

function offsetMs(ms: number): number {
  const at = fields(ms);
  const asIfUtcMs = Date.UTC(
    Number(at.year),
    Number(at.month) - 1,
    Number(at.day),
    Number(at.hour),
    Number(at.minute),
    Number(at.second),
  );
  return asIfUtcMs - Math.floor(ms / 1_000) * 1_000;
}

function fields(ms: number): Record<Field, string> {
  const found = { year: '', month: '', day: '', hour: '', minute: '', second: '' };
  for (const { type, value } of format.formatToParts(ms)) {
    if (type in found) found[type as Field] = value;
  }
  return found;
}
