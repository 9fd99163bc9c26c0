import { InvalidArgumentError, Option } from 'commander';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads a length of time such as `90s`, `5m`, `3h` or `1d` as milliseconds. */
export function parseDuration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text.trim()) ?? [];
  if (count === '') {
    throw new InvalidArgumentError("it must be a length of time such as '5m', '3h' or '2d'.");
  }
  return Number(count) * unitMs[unit as keyof typeof unitMs];
}

/** An option that takes a length of time; the help shows its default as people write it. */
export function durationOption(name: string, description: string, byDefault: string): Option {
  return new Option(`${name} <duration>`, description)
    .argParser(parseDuration)
    .default(parseDuration(byDefault), byDefault);
}

/** A length of time for people, in its two largest units: `23 h 59 min`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours >= 1) return `${hours} h ${minutes % 60} min`;
  if (minutes >= 1) return `${minutes} min ${seconds % 60} s`;
  return `${seconds} s`;
}
