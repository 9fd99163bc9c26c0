/** How far a clock may be off another's before what it dates is not believed. */
export const skewMaxMs = 30_000;

/** Epoch milliseconds as RFC 3339 in UTC, to the second: `2026-11-23T02:00:00Z`. */
export function toRfc3339(atMs: number): string {
  const days = Math.floor(atMs / 86_400_000);
  const seconds = Math.floor((atMs - days * 86_400_000) / 1000);
  // Civil date from a day count, in the proleptic Gregorian calendar with eras of 400 years.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const date = `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((n) => pad(Math.floor(n)));
  return `${date}T${time.join(':')}Z`;
}

/** RFC 3339 as epoch milliseconds; `undefined` for anything else. */
export function fromRfc3339(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
