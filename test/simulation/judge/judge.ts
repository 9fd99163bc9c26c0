// Goal: G1 to G4 hold after each step, whoever died, and what passes through a window is counted there.
// Method: compares the true state before and after each effect, and each presentation with the policy.

import type { Journal } from '../../../src/core/journal/journal.ts';
import { compare } from '../../../src/core/position.ts';
import type { AccessToken } from '../../../src/core/records/access-token.ts';
import type { Grant } from '../../../src/core/records/grant.ts';
import type { Secret } from '../../../src/core/secret.ts';
import type { CallLabel } from '../histories/faults.ts';
import { publishedIn } from '../world/rotator-ports.ts';
import type { Process } from '../world/scheduler.ts';
import type { World } from '../world/world.ts';
import { GenerationLaw } from './generation-law.ts';
import type { Ledger } from './ledger.ts';
import { grantIn, keyOf, type Pair } from './pairs.ts';
import { checkPresentation } from './replay-law.ts';

/** What a process may do between the answer and the first home of its token. */
const keepingCalls: readonly CallLabel[] = ['journal.read', 'journal.write', 'grant.put'];

/** Tried again every two seconds at most, so the last refusal is never earlier than this before the end. */
const lastTryMs = 16_000;

/** Watches one world. */
export class Judge {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #generations: GenerationLaw;
  #journal: Journal;
  #current: Secret | undefined;
  #published: Secret | undefined;

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
    this.#journal = world.journal;
    this.#current = currentValue(world.secrets.grant);
    this.#published = currentValue(world.secrets.accessToken);
    this.#generations = new GenerationLaw(world, ledger);
    const found = tokenIn(this.#published);
    if (found) this.#generations.onPublished(found);
    ledger.judge = (presentation, earlier) =>
      checkPresentation(world, ledger, presentation, earlier);
  }

  onEffect(process: Process, label: CallLabel, isRefused: boolean): void {
    this.#checkHands(process, label, isRefused);
    if (isRefused) {
      this.#ledger.deeds.of(process).isRefused = true;
      return;
    }
    if (label === 'journal.write') this.#afterJournal(process);
    else if (label === 'grant.put') this.#afterPut();
    if (currentValue(this.#world.secrets.accessToken) !== this.#published) this.#afterPublishing();
    if (label.startsWith('grant.') && !isRead(label)) {
      const before = this.#current;
      this.#afterGrant();
      if (this.#current !== before) this.#ledger.consents.onGrant(process, before, this.#current);
    }
    this.#ledger.consents.onEffect(process, label);
  }

  /** What a person does is right: from then on it is what must not be gone back from. */
  onHand(): void {
    const before = this.#current && this.#ledger.pairIn(grantIn(this.#current));
    this.#current = currentValue(this.#world.secrets.grant);
    const published = tokenIn(this.#published);
    this.#published = currentValue(this.#world.secrets.accessToken);
    // Nothing else holds a manual token: the grant's comes back in its place, as it was numbered.
    const isManual = published?.expiresAtMs === null;
    if (isManual && tokenIn(this.#published) === undefined) this.#generations.startOver();
    const after = this.#current && this.#ledger.pairIn(grantIn(this.#current));
    if (before === after) return;
    if (before?.state === 'kept') before.state = 'superseded';
    if (after?.state === 'superseded') after.state = 'kept';
  }

  onDeath(process: Process): void {
    for (const pair of this.#ledger.pairs.values()) {
      if (pair.holder !== process) continue;
      if (pair.state === 'in flight') this.#fallOut(pair, 'answer lost');
      else if (pair.state === 'in hand') {
        this.#fallOut(pair, pair.presentation === undefined ? 'login in hand' : 'death in hand');
      }
    }
  }

  onEnd(process: Process): void {
    for (const pair of this.#ledger.pairs.values()) {
      if (pair.holder !== process || pair.state !== 'in hand') continue;
      if (pair.presentation === undefined) this.#fallOut(pair, 'login in hand');
      else this.#checkSurrender(pair, process);
    }
  }

  #fallOut(pair: Pair, window: NonNullable<Pair['window']>): void {
    pair.state = 'lost';
    pair.window = window;
    this.#ledger.count(window, pair.presentation?.parent);
  }

  #checkHands(process: Process, label: CallLabel, isRefused: boolean): void {
    for (const pair of this.#ledger.pairs.values()) {
      if (pair.holder !== process || pair.state !== 'in hand' || !pair.presentation) continue;
      // A report while the token is in hand owns up to its loss.
      if (label === 'reporter.report') this.#checkSurrender(pair, process);
      else if (!keepingCalls.includes(label) && label !== 'endpoint.refresh') {
        this.#ledger.violated('G1', `${label} came before the new token was kept`);
      }
      if (isRefused) pair.refusedBy.add(label.startsWith('journal') ? 'journal' : 'grant');
    }
  }

  #checkSurrender(pair: Pair, process: Process): void {
    const { endsAtMs } = this.#ledger.deeds.of(process);
    const isTimeUp = this.#world.nowMs - process.lagMs >= (endsAtMs ?? 0) - lastTryMs;
    if (pair.refusedBy.size < 2 || !isTimeUp) {
      this.#ledger.violated('G1', 'a process gave up the token in its hands');
    }
    this.#fallOut(pair, 'both stores refuse');
  }

  #afterJournal(process: Process): void {
    const before = this.#journal;
    const after = this.#world.journal;
    if (before === after) return;
    this.#journal = after;
    this.#ledger.onJournal(process, before, after);
    for (const seal of after.seals) {
      if (before.seals.includes(seal)) continue;
      const grant = this.#ledger.opened(seal);
      if (grant === 'unreadable') this.#ledger.violated('G1', 'a seal cannot be opened');
      else this.#keepSealed(grant);
    }
    this.#checkCounters(before, after);
    this.#checkCertainty();
    this.#checkKept();
    const moments = [after.lease?.expiresAtMs ?? 0, after.dispatch?.sends.at(-1)?.sentAtMs ?? 0];
    if (!moments.every(Number.isInteger)) {
      this.#ledger.violated('G5', 'the journal has a moment that is no whole millisecond');
    }
  }

  #keepSealed(grant: Grant): void {
    this.#ledger.keep(grant);
    const pair = this.#ledger.pairIn(grant);
    if (pair) pair.sealedAtMs ??= this.#world.nowMs;
  }

  #checkCounters(before: Journal, after: Journal): void {
    const isBack =
      after.fence < before.fence ||
      after.lastAttempt < before.lastAttempt ||
      (before.known !== null && (after.known === null || compare(after.known, before.known) < 0));
    if (isBack) this.#ledger.violated('G3', 'a counter of the journal went back');
  }

  /** A token that may be spent is on record as such for as long as it is current. */
  #checkCertainty(): void {
    const current = this.#ledger.current();
    if (current === undefined) return;
    const { dispatch, known } = this.#world.journal;
    if (dispatch !== null && compare(dispatch.parent, current) === 0) return;
    // A person went back to it: nobody spends it now.
    if (known !== null && compare(known, current) > 0) return;
    for (const presentation of this.#ledger.presentations.get(keyOf(current)) ?? []) {
      if (presentation.isLate || presentation.state === 'unspent') continue;
      const pair = presentation.issue && this.#ledger.pairs.get(presentation.issue);
      if (pair?.state === 'kept' || pair?.state === 'superseded') continue;
      this.#ledger.violated('G4', 'a send without an answer was forgotten');
    }
  }

  #afterPut(): void {
    const { versions, labels } = this.#world.secrets.grant.state;
    const value = labels.next === undefined ? undefined : versions.get(labels.next);
    if (value === undefined) return;
    const grant = grantIn(value);
    const pair = this.#ledger.pairIn(grant);
    // A login's grant is kept only once it is current: nothing names its version before.
    if (pair?.presentation !== undefined) this.#ledger.keep(grant);
  }

  #afterGrant(): void {
    const now = currentValue(this.#world.secrets.grant);
    if (now !== this.#current && now !== undefined) {
      const grant = grantIn(now);
      if (this.#current !== undefined) this.#checkForward(grantIn(this.#current), grant);
      this.#current = now;
      this.#ledger.keep(grant);
      const pair = this.#ledger.pairIn(grant);
      // What a person had taken away came back.
      if (pair?.state === 'superseded') pair.state = 'kept';
      this.#checkCertainty();
    }
    this.#checkKept();
  }

  #checkForward(before: Grant, after: Grant): void {
    const order = compare(after, before);
    if (order < 0) this.#ledger.violated('G3', 'an older grant was made current');
    const [old, next] = [this.#ledger.pairIn(before), this.#ledger.pairIn(after)];
    if (order === 0 && old !== next) this.#ledger.violated('G3', 'two grants have one position');
    if (!old || !next || old.issue.family !== next.issue.family) return;
    const isLate = old.presentation?.isLate === true || next.presentation?.isLate === true;
    if (next.issue.sequence < old.issue.sequence && !isLate) {
      this.#ledger.violated('G3', 'a token that the server issued earlier was made current');
    }
  }

  #afterPublishing(): void {
    const now = currentValue(this.#world.secrets.accessToken);
    const before = tokenIn(this.#published);
    const after = tokenIn(now);
    this.#published = now;
    if (before && after && compare(after, before) < 0) {
      this.#ledger.violated('G3', 'an older access token was published');
    }
    if (after) this.#generations.onPublished(after);
    const isWidened =
      before?.grant === after?.grant &&
      after?.companies.some(({ id }) => !before?.companies.some((told) => told.id === id));
    if (isWidened) this.#ledger.violated('G3', 'a company that a person had taken out came back');
    const current = this.#ledger.current();
    // A manual token has no grant.
    const isAhead = current && after?.expiresAtMs && compare(after, current) > 0;
    if (isAhead && !this.#world.happened.has('rolled back')) {
      this.#ledger.violated('G3', 'an access token was published before its grant was current');
    }
  }

  /** What was kept once is current, sealed or named for recovery until something newer has replaced it. */
  #checkKept(): void {
    const current = this.#ledger.current();
    if (current === undefined) return;
    const holder = this.#ledger.pairIn(current);
    for (const pair of this.#ledger.pairs.values()) {
      if (pair.state !== 'kept' || pair === holder || pair.grant === undefined) continue;
      // After a login is known, nothing of an older grant counts, whatever a person has moved back.
      const isOfOldGrant = (this.#world.journal.known?.grant ?? 0) > pair.grant.grant;
      if (isOfOldGrant || compare(current, pair.grant) >= 0) {
        pair.state = 'superseded';
        continue;
      }
      if (!this.#isRecoverable(pair, current)) {
        this.#ledger.violated('G1', 'a token that was kept cannot be found any more');
        this.#fallOut(pair, 'death in hand');
      }
    }
  }

  #isRecoverable(pair: Pair, current: Grant): boolean {
    const { seals, dispatch } = this.#world.journal;
    const isSealed = seals.some((seal) => {
      const canOpen = seal.grant === current.grant || this.#world.happened.has('rolled back');
      const grant = canOpen ? this.#ledger.opened(seal) : 'unreadable';
      return grant !== 'unreadable' && this.#ledger.pairIn(grant) === pair;
    });
    if (isSealed) return true;
    const { versions } = this.#world.secrets.grant.state;
    return (dispatch?.sends ?? []).some((send) => {
      const value = versions.get(send.versionId);
      return value !== undefined && this.#ledger.pairIn(grantIn(value)) === pair;
    });
  }
}

function isRead(label: CallLabel): boolean {
  return label === 'grant.current' || label === 'grant.version';
}

function tokenIn(value: Secret | undefined): AccessToken | undefined {
  return value && publishedIn({ versionId: '', value });
}

function currentValue(secret: World['secrets']['grant']): Secret | undefined {
  const { versions, labels } = secret.state;
  return labels.AWSCURRENT === undefined ? undefined : versions.get(labels.AWSCURRENT);
}
