import { dayTimeText, hoursText, outcomeText } from './page/wording.ts';
import type { ConnectionView, HistoryLine } from './view.ts';

/** One generation on the timeline, with what went wrong while it was served. */
export interface GenerationDrawing {
  readonly title: string;
  /** How and when it came: `refreshed Thu 14:19`. */
  readonly came: string;
  /** How long it has been the newest one: `newest for 12 h`. */
  readonly stay: string;
  /** Its number, for where there is little room. */
  readonly label: string;
  /** Where its stay begins and ends, of all the time that is drawn, 0 to 100. */
  readonly fromPercent: number;
  readonly toPercent: number;
  /** Oldest first. */
  readonly incidents: readonly IncidentDrawing[];
}

/** A pass that did not bring a new generation. */
export interface IncidentDrawing {
  readonly text: string;
  /** On the scale of its generation's stay. */
  readonly atPercent: number;
}

const drawnMax = 30;
const bringsGeneration = new Set(['logged-in', 'refreshed', 'recovered', 'adopted']);

interface Span {
  readonly begin: HistoryLine;
  readonly incidents: HistoryLine[];
}

/** The last generations of a connection, newest first. */
export function drawGenerations({ history, nowMs }: ConnectionView): readonly GenerationDrawing[] {
  const spans = spansOf(history).slice(-drawnMax);
  const fromMs = spans[0]?.begin.atMs ?? nowMs;
  const wholeMs = Math.max(1, nowMs - fromMs);
  const percent = (atMs: number) => Math.round(((atMs - fromMs) / wholeMs) * 1_000) / 10;
  return spans.map((span, at) => draw(span, spans[at + 1]?.begin.atMs ?? nowMs, percent)).reverse();
}

function spansOf(history: readonly HistoryLine[]): readonly Span[] {
  const spans: Span[] = [];
  for (const line of history) {
    const last = spans.at(-1);
    if (last === undefined || begins(line, last.begin)) spans.push({ begin: line, incidents: [] });
    else if (!bringsGeneration.has(line.outcome)) last.incidents.push(line);
  }
  return spans;
}

function begins(line: HistoryLine, last: HistoryLine): boolean {
  if (line.outcome === 'logged-in') return true;
  return bringsGeneration.has(line.outcome) && line.generation !== last.generation;
}

function draw(
  { begin, incidents }: Span,
  endMs: number,
  percent: (atMs: number) => number,
): GenerationDrawing {
  return {
    title: `Generation ${begin.generation}`,
    came: `${outcomeText(begin.outcome)} ${dayTimeText(begin.atMs)}`,
    stay: `newest for ${hoursText(endMs - begin.atMs)}`,
    label: String(begin.generation),
    fromPercent: percent(begin.atMs),
    toPercent: percent(endMs),
    incidents: incidents.map(({ atMs, outcome }) => ({
      text: `${dayTimeText(atMs)} ${outcomeText(outcome)}`,
      atPercent: percent(atMs),
    })),
  };
}
