import type { Position } from '../../core/position.ts';
import { killSteps } from '../kill-steps.ts';
import type { KilledView, StoredView, VersionView, WebhooksView } from '../view.ts';
import { dayTimeText, legible } from './wording.ts';

/** What is stored, ready to be put in its places; no values. */
export interface StoredDrawing {
  readonly journal: readonly (readonly [term: string, value: string])[];
  /** Newest first. */
  readonly grant: readonly VersionDrawing[];
  readonly accessToken: readonly VersionDrawing[];
}

/** A version of a secret in one line. */
export interface VersionDrawing {
  readonly text: string;
  readonly id: string;
  readonly labels: readonly string[];
}

/** The rotator that was killed last. */
export interface KilledDrawing {
  readonly step: string;
  /** False where the pass ended before the step. */
  readonly isKilled: boolean;
  readonly headline: string;
  readonly leaves: string;
  /** What the next run will do; once it has come, what it did. */
  readonly next: string;
  readonly tone: 'bad' | 'plain' | 'good';
  /** On the button of the next run; empty where there is nothing left for one to do. */
  readonly button: string;
}

/** A place that webhooks pass. */
export interface StationDrawing {
  readonly name: string;
  readonly count: number;
  readonly what: string;
}

const idLength = 8;

/** Draws what is stored. */
export function drawStored(stored: StoredView): StoredDrawing {
  const { lease, dispatch, seals } = stored;
  return {
    journal: [
      ['lease', lease === null ? 'free' : lease.isHolderDead ? 'held by a dead process' : 'held'],
      ['dispatch', dispatch === null ? 'idle' : dispatchText(dispatch)],
      ['seals', seals.length === 0 ? 'none' : seals.map(positionText).join(', ')],
    ],
    grant: [...stored.grant].reverse().map(drawVersion),
    accessToken: [...stored.accessToken].reverse().map(drawVersion),
  };
}

function dispatchText({ parent, sends }: NonNullable<StoredView['dispatch']>): string {
  const times = sends === 1 ? 'once' : `${sends} times`;
  return `generation ${parent.generation} sent ${times}, no answer on record`;
}

function positionText({ generation, attempt }: Position): string {
  return `generation ${generation}, attempt ${attempt}`;
}

function drawVersion({ versionId, labels, ...position }: VersionView): VersionDrawing {
  return { text: positionText(position), id: versionId.slice(0, idLength), labels };
}

/** Draws a killed rotator and what has become of its work. */
export function drawKilled({ step, missed, next, againAtMs }: KilledView): KilledDrawing {
  const { label, leaves, next: willDo } = killSteps[step];
  if (missed !== null) {
    const headline = `Not killed: it did not reach “${label}”`;
    const leaves = sentence(legible(missed));
    return { step, isKilled: false, headline, leaves, next: '', tone: 'plain', button: '' };
  }
  const again = againAtMs === null ? '' : `Let time pass until ${dayTimeText(againAtMs)}`;
  return {
    step,
    isKilled: true,
    headline: `Killed: ${label}`,
    leaves,
    next: next === null ? willDo : `The next run: ${legible(next.text)}.`,
    tone: next?.tone ?? 'bad',
    button: next === null ? 'Let the next run come' : again,
  };
}

/** Draws the way of webhooks, from the provider to the bus. */
export function drawStations(webhooks: WebhooksView): readonly StationDrawing[] {
  const { sent, accepted, waiting, published } = webhooks;
  return [
    { name: 'Provider', count: sent, what: 'sent' },
    { name: 'Receiver', count: accepted, what: 'verified' },
    { name: 'Queue', count: waiting, what: 'waiting' },
    { name: 'Bus', count: published, what: 'events' },
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
