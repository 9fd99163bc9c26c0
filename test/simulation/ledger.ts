// Goal: the truth of one history: each pair that the server issued, where it went, and each presentation.
// Method: told by the ports at the moment of effect and answer, it knows more than any process can.
import { decodeGrant, type Grant } from '../../src/core/grant.ts';
import type { Journal } from '../../src/core/journal.ts';
import type { TokenAnswer } from '../../src/core/ports.ts';
import { compare, type Position, positionOf } from '../../src/core/position.ts';
import type { Report } from '../../src/core/report.ts';
import { openSeal, type Seal } from '../../src/core/seal.ts';
import type { Secret } from '../../src/core/secret.ts';
import { times } from './history.ts';
import { PersonCalls } from './person-calls.ts';
import type { Family, Issue } from './provider.ts';
import type { Process } from './scheduler.ts';
import type { World } from './world.ts';

/** Irreducible holes of the protocol: what passes through one is counted, not a violation. */
export type Window =
  | 'answer lost'
  | 'death in hand'
  | 'late send'
  | 'held late'
  | 'both stores refuse'
  | 'login in hand';

/** A promise that was broken, and how it showed. */
export interface Violation {
  readonly promise: 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'core';
  readonly what: string;
}

/** One sending of a refresh token. */
export interface Presentation {
  readonly process: Process;
  readonly parent: Position;
  readonly parentIssue: Issue | undefined;
  readonly versionId: string;
  readonly refreshToken: string;
  readonly atMs: number;
  /** Its sender had lost its lease, or outlived its term. */
  readonly isLate: boolean;
  /** `unspent`: the sender knows that the token was not used. */
  state: 'in flight' | 'uncertain' | 'unspent' | 'granted';
  issue: Issue | undefined;
}

/** Where one pair is. */
export interface Pair {
  readonly issue: Issue;
  readonly presentation: Presentation | undefined;
  holder: Process | undefined;
  state: 'in flight' | 'in hand' | 'kept' | 'superseded' | 'lost';
  window: Window | undefined;
  position: Position | undefined;
  /** When its access token ends, as stored. */
  storedEndMs: number;
  /** When its holder had it; and what refused it since. */
  inHandAtMs: number;
  refusedBy: Set<'journal' | 'grant'>;
  isRefusedForGood: boolean;
}

/** What is known of a grant value: decoded once. */
const decoded = new WeakMap<Secret, Grant>();

/** The grant in a stored value. */
export function grantIn(value: Secret): Grant {
  const known = decoded.get(value);
  if (known !== undefined) return known;
  const grant = decodeGrant(value);
  decoded.set(value, grant);
  return grant;
}

/** The record of one history. */
export class Ledger {
  readonly pairs = new Map<Issue, Pair>();
  readonly presentations = new Map<string, Presentation[]>();
  readonly windows = new Map<Window, number>();
  /** The generations that a window was open at. */
  readonly holes = new Set<string>();
  /** The presentations that ended a family. */
  readonly fatal = new Map<Family, Presentation>();
  readonly violations: Violation[] = [];
  readonly reports: { readonly process: Process; readonly report: Report }[] = [];
  readonly sealKeys: Secret[] = [];
  readonly calls = new PersonCalls();
  readonly #world: World;
  /** The dispatch that each process has journalled last. */
  readonly #dispatches = new Map<Process, { parent: Position; versionId: string }>();
  readonly #leases = new Map<Process, number>();
  readonly #opened = new WeakMap<Seal, Grant | 'unreadable'>();
  judge: ((presentation: Presentation, earlier: readonly Presentation[]) => void) | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  violated(promise: Violation['promise'], what: string): void {
    this.violations.push({ promise, what });
  }

  /** Something passes through a window on its way from this generation. */
  count(window: Window, parent: Position | undefined): void {
    this.windows.set(window, (this.windows.get(window) ?? 0) + 1);
    if (parent !== undefined) this.holes.add(keyOf(parent));
  }

  /** The current grant as it truly is. */
  current(): Grant | undefined {
    const { versions, labels } = this.#world.secrets.grant.state;
    const value = labels.AWSCURRENT === undefined ? undefined : versions.get(labels.AWSCURRENT);
    return value && grantIn(value);
  }

  /** A process has written its lease or a dispatch of its own. */
  onJournal(process: Process, before: Journal, after: Journal): void {
    this.calls.onWrite(process, before, after);
    const owner = `p${process.id}`;
    if (after.lease?.owner === owner && before.lease !== after.lease) {
      this.#leases.set(process, this.#world.nowMs);
    }
    const send = after.dispatch?.sends.at(-1);
    if (after.dispatch === null || send === undefined) return;
    const isNew = !before.dispatch?.sends.some((one) => one.versionId === send.versionId);
    if (isNew) {
      const parent = positionOf(after.dispatch.parent);
      this.#dispatches.set(process, { parent, versionId: send.versionId });
    }
  }

  /** Bytes with a refresh token arrive at the server. */
  present(process: Process, refreshToken: string): Presentation {
    const dispatch = this.#dispatches.get(process);
    if (dispatch === undefined)
      this.violated('G4', 'a token was sent without a journalled dispatch');
    const parent = dispatch?.parent ?? { grant: 0, generation: 0, attempt: 0 };
    const presentation: Presentation = {
      process,
      parent,
      parentIssue: this.pairAt(parent)?.issue,
      versionId: dispatch?.versionId ?? '',
      refreshToken,
      atMs: this.#world.nowMs,
      isLate: this.#isLate(process),
      state: 'in flight',
      issue: undefined,
    };
    const key = keyOf(parent);
    const earlier = this.presentations.get(key) ?? [];
    this.judge?.(presentation, earlier);
    this.presentations.set(key, [...earlier, presentation]);
    if (presentation.isLate) this.count('late send', parent);
    return presentation;
  }

  /** The server judges what was presented. */
  commit(presentation: Presentation): Issue | undefined {
    const { provider, nowMs } = this.#world;
    const family = presentation.parentIssue?.family;
    const wasAlive = family?.isAlive;
    const issue = provider.present(presentation.refreshToken, nowMs);
    presentation.issue = issue;
    if (family && wasAlive && !family.isAlive) this.#noteDeath(family, presentation);
    if (issue === undefined) return undefined;
    const pair = this.#pairOf(issue, presentation, presentation.process);
    if (presentation.process.state !== 'running' || presentation.state !== 'in flight')
      this.#lose(pair);
    return issue;
  }

  /** The sender has its answer in hand. */
  answered(presentation: Presentation, answer: TokenAnswer): void {
    const pair = presentation.issue && this.pairs.get(presentation.issue);
    switch (answer.kind) {
      case 'granted':
        presentation.state = 'granted';
        if (pair) this.#hand(pair);
        return;
      case 'uncertain':
        presentation.state = 'uncertain';
        if (pair) this.#lose(pair);
        return;
      case 'invalid-grant':
      case 'invalid-client':
      case 'throttled':
      case 'never-sent':
      case 'unexpected':
        presentation.state = 'unspent';
        return;
    }
  }

  /** A login has its first pair in hand. */
  loggedIn(process: Process, issue: Issue): void {
    this.#hand(this.#pairOf(issue, undefined, process));
  }

  /** The person takes back the consent that the current grant came from. */
  revokeConsent(): void {
    const accessToken = this.current()?.accessToken;
    const issue = accessToken && this.#world.provider.issueOf(accessToken.reveal());
    if (issue) this.#world.provider.revoke(issue.family);
  }

  /** A pair that was there before the history began. */
  found(issue: Issue, grant: Grant): void {
    const pair = this.#pairOf(issue, undefined, undefined);
    this.sealKeys.push(grant.sealKey);
    pair.state = 'kept';
    pair.position = positionOf(grant);
  }

  onReport(process: Process, report: Report): void {
    this.calls.onReport(process, report);
    this.reports.push({ process, report });
  }

  /** The new token must not be used before it is kept. */
  onCanary(accessToken: string): void {
    const issue = this.#world.provider.issueOf(accessToken);
    const pair = issue && this.pairs.get(issue);
    if (pair?.state === 'in hand') this.violated('G1', 'a token was used before it was kept');
  }

  /** The pair that a stored grant holds, known from now on to be kept. */
  keep(grant: Grant): void {
    if (grant.accessToken === null) return;
    const issue = this.#world.provider.issueOf(grant.accessToken.reveal());
    const pair = issue && this.pairs.get(issue);
    if (pair === undefined) {
      this.violated('G3', 'a grant was stored that the server never issued');
      return;
    }
    if (grant.refreshToken.reveal() !== pair.issue.refreshToken) {
      this.violated('G1', 'a grant was stored with the refresh token of another');
    }
    pair.position = positionOf(grant);
    pair.storedEndMs = grant.expiresAtMs;
    if (!this.sealKeys.some((key) => key.equals(grant.sealKey))) this.sealKeys.push(grant.sealKey);
    if (pair.state === 'in hand' || pair.state === 'lost') {
      pair.state = 'kept';
      pair.window = undefined;
    }
  }

  pairAt(position: Position): Pair | undefined {
    for (const pair of this.pairs.values()) {
      if (pair.position && compare(pair.position, position) === 0) return pair;
    }
    return undefined;
  }

  /** The grant in a seal, with any key that a grant ever had. */
  opened(seal: Seal): Grant | 'unreadable' {
    const known = this.#opened.get(seal);
    if (known !== undefined) return known;
    let grant: Grant | 'unreadable' = 'unreadable';
    for (const key of this.sealKeys) {
      const value = openSeal(seal, key);
      if (value !== undefined) grant = grantIn(value);
    }
    this.#opened.set(seal, grant);
    return grant;
  }

  #isLate(process: Process): boolean {
    const { lease } = this.#world.journal;
    const takenAtMs = this.#leases.get(process);
    if (takenAtMs === undefined || lease?.owner !== `p${process.id}`) return true;
    return this.#world.nowMs > takenAtMs + times.leaseTermMs;
  }

  #pairOf(issue: Issue, presentation: Presentation | undefined, holder?: Process): Pair {
    const pair: Pair = {
      issue,
      presentation,
      holder,
      state: 'in flight',
      window: undefined,
      position: undefined,
      storedEndMs: issue.expiresAtMs,
      inHandAtMs: 0,
      refusedBy: new Set(),
      isRefusedForGood: false,
    };
    this.pairs.set(issue, pair);
    return pair;
  }

  #noteDeath(family: Family, presentation: Presentation): void {
    this.fatal.set(family, presentation);
    // The server took its time: the sender has long given up, and others may have been served since.
    if (presentation.state === 'uncertain') this.count('answer lost', presentation.parent);
  }

  #lose(pair: Pair): void {
    pair.state = 'lost';
    pair.window = 'answer lost';
    this.count('answer lost', pair.presentation?.parent);
  }

  #hand(pair: Pair): void {
    pair.state = 'in hand';
    pair.inHandAtMs = this.#world.nowMs;
  }
}

/** A generation's name. */
export function keyOf({ grant, generation, attempt }: Position): string {
  return `${grant}.${generation}.${attempt}`;
}
