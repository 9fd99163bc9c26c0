import type { ConnectionView, HistoryLine, Tone } from './view.ts';
import { dayTimeText, hoursText, outcomeText } from './wording.ts';

/** One generation on the timeline, with what went wrong while it was served. */
export interface GenerationDrawing {
  readonly title: string;
  /** How and when it came: `refreshed Thu 14:19`. */
  readonly came: string;
  /** How long it has been the newest one: `newest for 12 h`. */
  readonly stay: string;
  /** Oldest first. */
  readonly incidents: readonly { readonly tone: Tone; readonly text: string }[];
}

const drawnMax = 30;
const bringsGeneration = new Set(['logged-in', 'refreshed', 'recovered', 'adopted']);

interface Span {
  readonly begin: HistoryLine;
  readonly incidents: HistoryLine[];
}

/** The generations of a connection, newest first. */
export function drawGenerations({ history, nowMs }: ConnectionView): readonly GenerationDrawing[] {
  const spans: Span[] = [];
  for (const line of history) {
    const last = spans.at(-1);
    if (last === undefined || begins(line, last.begin)) spans.push({ begin: line, incidents: [] });
    else if (!bringsGeneration.has(line.outcome)) last.incidents.push(line);
  }
  const drawn = spans.map((span, at) => draw(span, spans[at + 1]?.begin.atMs, nowMs));
  return drawn.reverse().slice(0, drawnMax);
}

function begins(line: HistoryLine, last: HistoryLine): boolean {
  if (line.outcome === 'logged-in') return true;
  return bringsGeneration.has(line.outcome) && line.generation !== last.generation;
}

function draw(
  { begin, incidents }: Span,
  endMs: number | undefined,
  nowMs: number,
): GenerationDrawing {
  const stay = hoursText((endMs ?? nowMs) - begin.atMs);
  return {
    title: `Generation ${begin.generation}`,
    came: `${outcomeText(begin.outcome)} ${dayTimeText(begin.atMs)}`,
    stay: endMs === undefined ? `newest for ${stay}` : `newest for ${stay}, then replaced`,
    incidents: incidents.map(({ atMs, outcome }) => ({
      tone: 'bad',
      text: `${dayTimeText(atMs)} ${outcomeText(outcome)}`,
    })),
  };
}
