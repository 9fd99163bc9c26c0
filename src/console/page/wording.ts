const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const dayTime = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const date = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** A moment of today: `14:19:47`. */
export function timeText(atMs: number): string {
  return time.format(atMs);
}

/** A moment of these days: `Thu 14:19`. */
export function dayTimeText(atMs: number): string {
  return dayTime.format(atMs).replace(',', '');
}

/** A moment with its date: `Thu 26 Nov, 14:19`. */
export function dateText(atMs: number): string {
  return date.format(atMs).replace(',', '');
}

/** A length of time in its two largest units, to the nearest minute: `23 h 10 min`, `24 h`. */
export function lengthText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / minuteMs));
  const hours = Math.floor(minutes / 60);
  if (hours >= 72) return joined([Math.floor(hours / 24), 'd'], [hours % 24, 'h']);
  if (hours >= 1) return joined([hours, 'h'], [minutes % 60, 'min']);
  return `${minutes} min`;
}

function joined(large: [number, string], small: [number, string]): string {
  return small[0] === 0 ? large.join(' ') : `${large.join(' ')} ${small.join(' ')}`;
}

/** Hours for the eye: `12 h`, `1.5 h`, `20 min`. */
export function hoursText(ms: number): string {
  return ms < hourMs ? lengthText(ms) : `${Math.round(ms / (hourMs / 10)) / 10} h`;
}

const instant = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** A sentence of the core as the page says it: with moments that people can read. */
export function legible(text: string): string {
  return text.replace(instant, (found) => dayTimeText(Date.parse(found)));
}

const outcomes: Readonly<Record<string, string>> = {
  'logged-in': 'logged in',
  uncertain: 'no answer came',
  refused: 'refused once',
  latched: 'refused for good',
  waiting: 'rate-limited',
  unavailable: 'not reachable',
  unexpected: 'a strange answer',
  'store-refused': 'a store refused',
  kept: 'saved, not published yet',
  'out-of-time': 'out of time',
};

/** How a pass ended, in a few words; one that is not known here goes by its own name. */
export function outcomeText(outcome: string): string {
  return outcomes[outcome] ?? outcome;
}
