// Goal: a consent by link keeps what its page says, whoever calls back, how often and how late.
// Method: told at the moment of effect what was begun over, by whom, and what came of it.
import type { Secret } from '../../../src/core/secret.ts';
import type { CallLabel } from '../histories/faults.ts';
import { skewMaxMs } from '../histories/history.ts';
import type { Issue } from '../world/provider.ts';
import type { Process } from '../world/scheduler.ts';
import type { World } from '../world/world.ts';
import type { Ledger } from './ledger.ts';
import { grantIn } from './pairs.ts';

interface Begun {
  /** The highest grant number there was, in truth. */
  readonly over: number;
  readonly atMs: number;
  exchanges: number;
}

const startLifeMs = 10 * 60_000;
const changes = /\.(write|put|promote|exchange)$/;

/** The law of one history's consents by link. */
export class ConsentLaw {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #begun = new Map<string, Begun>();
  readonly #callbacks = new Map<
    Process,
    { readonly stateHash: string; readonly isOurs: boolean }
  >();
  /** Issues of an account that is not the connection's. */
  readonly #foreign = new Set<Issue>();

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** A start is kept. */
  onBegun(stateHash: string): void {
    const { journal, nowMs: atMs } = this.#world;
    const over = Math.max(this.#ledger.current()?.grant ?? 0, journal.known?.grant ?? 0);
    this.#begun.set(stateHash, { over, atMs, exchanges: 0 });
  }

  /** A process carries out a callback; `isOurs`: of the browser that has begun. */
  onCallback(process: Process, stateHash: string, isOurs: boolean): void {
    this.#callbacks.set(process, { stateHash, isOurs });
  }

  onExchange(process: Process, issue: Issue | undefined, isForeign: boolean): void {
    const begun = this.#begun.get(this.#callbacks.get(process)?.stateHash ?? '');
    if (begun === undefined) return;
    begun.exchanges += 1;
    if (begun.exchanges > 1) this.#ledger.violated('G2', 'a start of a consent was used twice');
    // The process has looked at the clock some calls before.
    const lateMs = this.#world.nowMs - process.startsAtMs;
    if (this.#world.nowMs - lateMs > begun.atMs + startLifeMs + skewMaxMs + 1000) {
      this.#ledger.violated('G2', 'a start of a consent was used after its end');
    }
    if (isForeign && issue !== undefined) this.#foreign.add(issue);
  }

  /** Whatever another browser calls back with, it changes nothing. */
  onEffect(process: Process, label: CallLabel): void {
    if (this.#callbacks.get(process)?.isOurs !== false || !changes.test(label)) return;
    this.#ledger.violated('G3', 'a callback of another browser changed something');
  }

  /** A process has made another grant current. */
  onGrant(process: Process, before: Secret | undefined, after: Secret | undefined): void {
    const callback = this.#callbacks.get(process);
    if (callback === undefined || before === undefined || after === undefined) return;
    const old = grantIn(before);
    if (old.grant > (this.#begun.get(callback.stateHash)?.over ?? 0)) {
      this.#ledger.violated('G3', 'a late consent went over a newer login');
    }
    const issue = this.#ledger.pairIn(grantIn(after))?.issue;
    if (issue !== undefined && this.#foreign.has(issue) && old.companies.length > 0) {
      this.#ledger.violated('G3', 'a grant of another account was made current');
    }
  }
}
