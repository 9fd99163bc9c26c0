// Goal: the truth of one history: each pair that the server issued, where it went, and each presentation.
// Method: told by the ports at the moment of effect and answer, it knows more than any process can.

import type { Journal } from '../../../src/core/journal/journal.ts';
import type { Report } from '../../../src/core/outcome/report.ts';
import type { TokenAnswer } from '../../../src/core/ports.ts';
import { compare, type Position } from '../../../src/core/position.ts';
import type { Grant } from '../../../src/core/records/grant.ts';
import { openSeal, type Seal } from '../../../src/core/records/seal.ts';
import type { Secret } from '../../../src/core/secret.ts';
import { skewMaxMs, times } from '../histories/history.ts';
import { Deeds, ownerOf } from '../world/deeds.ts';
import type { Family, Issue } from '../world/provider.ts';
import type { Process } from '../world/scheduler.ts';
import type { World } from '../world/world.ts';
import { ConsentLaw } from './consent-law.ts';
import {
  grantIn,
  issueIn,
  keyOf,
  type Pair,
  type Presentation,
  pairOf,
  type Violation,
  type Window,
} from './pairs.ts';
import { PersonCalls, type ReportFate } from './person-calls.ts';

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
  readonly reports: {
    readonly process: Process;
    readonly report: Report;
    readonly atMs: number;
  }[] = [];
  readonly sealKeys: Secret[] = [];
  readonly deeds = new Deeds();
  readonly calls = new PersonCalls();
  readonly consents: ConsentLaw;
  readonly #world: World;
  readonly #opened = new WeakMap<Seal, Grant | 'unreadable'>();
  judge: ((presentation: Presentation, earlier: readonly Presentation[]) => void) | undefined;

  constructor(world: World) {
    this.#world = world;
    this.consents = new ConsentLaw(world, this);
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

  onJournal(process: Process, before: Journal, after: Journal): void {
    this.calls.onWrite(process, before, after);
    this.deeds.onWrite(process, this.#world.nowMs, before, after);
    const { refusal } = after;
    const refused = refusal !== before.refusal && refusal && this.pairAt(refusal.position)?.grant;
    if (refused && refusal.atMs > refused.expiresAtMs - 2 * 3_600_000) {
      this.violated('G5', 'a refusal near the end of the access token did not latch');
    }
  }

  /** Bytes with a refresh token arrive at the server. */
  present(process: Process, refreshToken: string): Presentation {
    const { dispatch } = this.deeds.of(process);
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
      isLate: this.isLate(process),
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
    const pair = this.#enter(issue, presentation, presentation.process);
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
        if (pair) pair.state = 'in hand';
        return;
      case 'uncertain':
        presentation.state = 'uncertain';
        if (pair) this.#lose(pair);
        return;
      case 'invalid-grant':
      case 'invalid-client':
      case 'refused':
      case 'throttled':
      case 'never-sent':
      case 'unexpected':
        presentation.state = 'unspent';
        return;
    }
  }

  /** A login has its first pair in hand. */
  loggedIn(process: Process, issue: Issue): void {
    this.#enter(issue, undefined, process).state = 'in hand';
  }

  /** The person takes back the consent that the current grant came from. */
  revokeConsent(): void {
    const current = this.current();
    const issue = current && issueIn(this.#world.provider, current);
    if (issue) this.#world.provider.revoke(issue.family);
  }

  /** A pair that was there before the history began. */
  found(issue: Issue, grant: Grant, isSuperseded: boolean): void {
    const pair = this.#enter(issue, undefined, undefined);
    this.sealKeys.push(grant.sealKey);
    pair.state = isSuperseded ? 'superseded' : 'kept';
    pair.grant = grant;
  }

  onReport(process: Process, report: Report, fate: ReportFate): void {
    this.calls.onReport(process, report, fate, this.deeds.of(process).seen?.called?.forMs);
    // Taken, and said to be refused: it is told of twice here.
    if (fate === 'out unanswered') return;
    if (!Number.isInteger(report.atMs)) {
      this.violated('G5', 'a report is not dated in whole milliseconds');
    }
    this.reports.push({ process, report, atMs: this.#world.nowMs });
  }

  /** The pair that a stored grant holds, known from now on to be kept. */
  keep(grant: Grant): void {
    const pair = this.pairIn(grant);
    if (pair === undefined) {
      this.violated('G3', 'a grant was stored that the server never issued');
      return;
    }
    if (grant.refreshToken.reveal() !== pair.issue.refreshToken) {
      this.violated('G1', 'a grant was stored with the refresh token of another');
    }
    // A login that never saw the store's clock has but its own.
    const isDatedByStore = pair.holder && this.deeds.of(pair.holder).seen !== undefined;
    if (isDatedByStore && grant.expiresAtMs > pair.issue.expiresAtMs + 2 * skewMaxMs) {
      this.violated('G5', 'a token is said to last longer than it does');
    }
    pair.grant = grant;
    pair.keptAtMs ??= this.#world.nowMs;
    if (!this.sealKeys.some((key) => key.equals(grant.sealKey))) this.sealKeys.push(grant.sealKey);
    if (pair.state === 'in hand' || pair.state === 'lost') {
      pair.state = 'kept';
      pair.window = undefined;
    }
  }

  /** The pair whose tokens a grant holds. */
  pairIn(grant: Grant): Pair | undefined {
    const issue = issueIn(this.#world.provider, grant);
    return issue && this.pairs.get(issue);
  }

  pairAt(position: Position): Pair | undefined {
    for (const pair of this.pairs.values()) {
      if (pair.grant && compare(pair.grant, position) === 0) return pair;
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
      if (value === undefined) continue;
      grant = grantIn(value);
      break;
    }
    this.#opened.set(seal, grant);
    return grant;
  }

  /** Whether a process has lost its lease, or outlived its term. */
  isLate(process: Process): boolean {
    const { lease } = this.#world.journal;
    const taken = this.deeds.of(process).lease;
    if (taken === undefined || lease?.owner !== ownerOf(process)) return true;
    return this.#world.nowMs > taken.atMs + times.leaseTermMs;
  }

  #enter(issue: Issue, presentation: Presentation | undefined, holder?: Process): Pair {
    const pair = pairOf(issue, presentation, holder);
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
}
