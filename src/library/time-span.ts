/** A length of time: milliseconds, or a text such as `'90s'`, `'5m'`, `'3h'` or `'1d'`. */
export type TimeSpan = number | `${number}${'s' | 'm' | 'h' | 'd'}`;

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A length of time in milliseconds; throws `RangeError` for what is none. */
export function millisecondsOf(name: string, span: TimeSpan): number {
  if (typeof span === 'number' && span >= 0 && Number.isFinite(span)) return Math.ceil(span);
  const [, count = '', unit = ''] = /^(\d{1,9}(?:\.\d+)?)([smhd])$/.exec(String(span)) ?? [];
  if (count !== '') return Math.ceil(Number(count) * (unitMs[unit] ?? 0));
  throw new RangeError(
    `${name} must be milliseconds or a text such as '5m' or '3h', got '${span}'`,
  );
}
