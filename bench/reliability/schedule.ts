import { seeded } from './seeded.ts';

/** What goes wrong on one day; it strikes the first refresh of that day, whoever makes it and when. */
export type DayFault =
  | { readonly kind: 'none' }
  /** The provider commits, and not a byte of its answer arrives. */
  | { readonly kind: 'lost-answer' }
  /** The store of secrets takes no write for an hour, from the answer on. */
  | { readonly kind: 'store-refuses' }
  /** The process that refreshes is killed after so many further steps: 0 is before the provider commits. */
  | { readonly kind: 'kill'; readonly steps: number }
  /** The token endpoint answers 502 for so many hours. */
  | { readonly kind: 'outage'; readonly hours: number };

/** Faults by day, and callers by hour. */
export interface Schedule {
  readonly seed: number;
  readonly days: readonly DayFault[];
  /** How many callers want a token at the same time, in each hour. */
  readonly callers: readonly number[];
}

/** Five days of twelve have a fault; the same seed gives every contender the same. */
export function scheduleOf(seed: number, days: number): Schedule {
  const chance = seeded(seed);
  return {
    seed,
    days: Array.from({ length: days }, () => dayFault(chance.below(12), chance.next())),
    callers: Array.from({ length: days * 24 }, () => 1 + chance.below(3)),
  };
}

function dayFault(kind: number, size: number): DayFault {
  switch (kind) {
    case 0:
      return { kind: 'lost-answer' };
    case 1:
      return { kind: 'store-refuses' };
    case 2:
    case 3:
      return { kind: 'kill', steps: Math.floor(size * 5) };
    case 4:
      return { kind: 'outage', hours: 1 + Math.floor(size * 6) };
    default:
      return { kind: 'none' };
  }
}
