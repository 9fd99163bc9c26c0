import { drawGenerations, type GenerationDrawing } from '../generations.ts';
import type { FaultOn } from '../sandbox-control.ts';
import type { ConnectionView, Moment, TokenView } from '../view.ts';
import {
  drawKilled,
  drawStations,
  drawStored,
  type KilledDrawing,
  type StationDrawing,
  type StoredDrawing,
} from './stored-drawing.ts';
import { dateText, dayTimeText, legible, lengthText, timeText } from './wording.ts';

/** What the page shows of a connection, ready to be put in its places. */
export interface Drawing {
  /** Whether the provider is a stand-in on this machine, and no token is worth anything elsewhere. */
  readonly isSandbox: boolean;
  readonly status: { readonly words: string; readonly tone: 'good' | 'busy' | 'bad' };
  /** Whether nothing goes on until somebody logs in. */
  readonly needsPerson: boolean;
  /** What is the matter and what comes next; empty where nothing is. */
  readonly note: string;
  /** Where a new consent heals it; empty where none is needed. */
  readonly connectUrl: string;
  /** The system's own time. */
  readonly clock: string;
  readonly token: TokenDrawing | null;
  readonly facts: readonly (readonly [term: string, value: string])[];
  /** Newest first. */
  readonly generations: readonly GenerationDrawing[];
  /** The faults that are on, one sentence each. */
  readonly faults: readonly string[];
  readonly stored: StoredDrawing;
  /** The rotator that was killed last; `null` where none was. */
  readonly killed: KilledDrawing | null;
  /** The way of webhooks; empty where none are received. */
  readonly stations: readonly StationDrawing[];
}

/** The life of the access token. */
export interface TokenDrawing {
  readonly generation: string;
  readonly fingerprint: string;
  readonly left: string;
  /** What `left` is: `left`, or what it is worth. */
  readonly leftWhat: string;
  /** Of its life, 0 to 100. */
  readonly leftPercent: number;
  /** Where on the bar the refresh is due, from its issue at 0 to its end at 100. */
  readonly duePercent: number;
  readonly isLow: boolean;
  readonly issued: string;
  readonly due: string;
  readonly ends: string;
}

/** A moment as the page lists it. */
export interface MomentDrawing {
  readonly at: string;
  readonly kind: string;
  readonly tone: Moment['tone'];
  readonly text: string;
}

const lowMs = 2 * 3_600_000;

/** Draws a connection, with the faults that are on at its provider. */
export function draw(view: ConnectionView, faults: readonly FaultOn[]): Drawing {
  return {
    isSandbox: /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(view.provider).hostname),
    status: statusOf(view),
    needsPerson: view.token === null || view.latch !== null,
    note: legible(noteOf(view)),
    connectUrl: (view.latch && view.connectUrl) ?? '',
    clock: dateText(view.nowMs),
    token: view.token && drawToken(view.token, view),
    facts: factsOf(view),
    generations: drawGenerations(view),
    faults: faults.map(faultText),
    stored: drawStored(view.stored),
    killed: view.killed && drawKilled(view.killed),
    stations: view.webhooks === null ? [] : drawStations(view.webhooks),
  };
}

/** Draws a moment. */
export function drawMoment({ atMs, kind, tone, text }: Moment): MomentDrawing {
  return { at: timeText(atMs), kind: kindText[kind], tone, text: legible(text) };
}

const kindText: Readonly<Record<Moment['kind'], string>> = {
  login: 'login',
  rotation: 'rotator',
  webhook: 'webhook',
  event: 'event',
  request: 'request',
  provider: 'provider',
  time: 'time',
};

function statusOf(view: ConnectionView): Drawing['status'] {
  const { token, nowMs } = view;
  if (token === null) return { words: 'Nobody has logged in', tone: 'bad' };
  if (view.latch !== null) return { words: 'A person is needed', tone: 'bad' };
  if (view.leaseUntilMs !== null && view.leaseUntilMs > nowMs) {
    return { words: 'Refreshing', tone: 'busy' };
  }
  if (token.expiresAtMs !== null && nowMs >= token.expiresAtMs) {
    return { words: 'Expired', tone: 'bad' };
  }
  if (view.isForgotten) return { words: 'Dead, and nobody has noticed', tone: 'bad' };
  if (view.isRejected) return { words: 'Rejected by the provider', tone: 'bad' };
  if (view.pausedSinceMs !== null) return { words: 'Paused', tone: 'busy' };
  if (view.uncertainSinceMs !== null || view.failingSinceMs !== null) {
    return { words: 'Served, but not refreshed', tone: 'busy' };
  }
  return { words: 'Fresh', tone: 'good' };
}

function noteOf(view: ConnectionView): string {
  if (view.token === null) return 'Log in once and it is kept fresh from then on: fresco login.';
  if (view.latch !== null) return `${sentence(view.latch)}.`;
  if (view.isForgotten) {
    return 'The provider no longer accepts this token, and nobody here can know: the next call gets 401, is answered with a newer token if there is one, and else asks the rotator.';
  }
  const { uncertainSinceMs, waitingUntilMs, failingSinceMs, nowMs } = view;
  if (view.seals > 0) {
    return 'A refresh was cut off. Its token is kept in a seal, and the next check finishes the work.';
  }
  if (uncertainSinceMs !== null) {
    return `A refresh was sent ${dayTimeText(uncertainSinceMs)} and no answer came. Its token may be spent: it is sent again once that puts nothing at risk, at the latest near the end of the access token.`;
  }
  if (waitingUntilMs !== null && waitingUntilMs > nowMs) {
    return `Rate-limited by the provider until ${dayTimeText(waitingUntilMs)}. The refresh token was not used.`;
  }
  if (failingSinceMs !== null) {
    return `Refreshing fails since ${dayTimeText(failingSinceMs)}. The next check tries again.`;
  }
  return '';
}

function drawToken(token: TokenView, view: ConnectionView): TokenDrawing {
  const { generation, fingerprint, issuedAtMs, expiresAtMs } = token;
  const { nowMs } = view;
  const known = { generation: `Generation ${generation}`, fingerprint };
  const issued = dayTimeText(issuedAtMs);
  if (expiresAtMs === null) {
    const life = { left: 'no end', leftWhat: '', leftPercent: 100, duePercent: 100, isLow: false };
    return { ...known, ...life, issued, due: 'never', ends: 'never' };
  }
  const lifeMs = Math.max(1, expiresAtMs - issuedAtMs);
  const leftMs = Math.min(lifeMs, Math.max(0, expiresAtMs - nowMs));
  const isDead = view.isForgotten || view.isRejected;
  return {
    ...known,
    ...(isDead
      ? { left: 'dead', leftWhat: `${lengthText(leftMs)} before its time` }
      : // A provider that refuses the refresh token may have ended the access token too.
        { left: lengthText(leftMs), leftWhat: view.latch === null ? 'left' : 'left at most' }),
    leftPercent: isDead ? 0 : percent(leftMs, lifeMs),
    duePercent: percent(token.refreshFromMs - issuedAtMs, lifeMs),
    isLow: leftMs <= lowMs,
    issued,
    due: dayTimeText(token.refreshFromMs),
    ends: dayTimeText(expiresAtMs),
  };
}

function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 1_000) / 10;
}

function factsOf(view: ConnectionView): Drawing['facts'] {
  return [
    ['Connection', view.connection],
    ['Provider', view.provider],
    ['Kept in', view.store],
  ];
}

function faultText({ on, kind, status, served }: FaultOn): string {
  const what: Readonly<Record<string, string>> = {
    'reset-after': 'its next answer will be lost',
    html: `answers ${status ?? 502} with HTML`,
    status: `answers ${status ?? 500}`,
  };
  const times = served === 0 ? '' : ` (${served === 1 ? 'once' : `${served} times`} so far)`;
  return `${on}: ${what[kind] ?? kind}${times}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
