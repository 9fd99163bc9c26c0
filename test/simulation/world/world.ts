// Goal: the surroundings of the core, each port call of it a suspended call that may meet a fault.
// Method: the models hold the true state; this file wires them to the scheduler and carries faults out.
import { emptyJournal, type Journal } from '../../../src/core/journal/journal.ts';
import type { ReplayPolicy } from '../../../src/core/journal/replay-policy.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import { ConsentModel } from '../../doubles/consents.ts';
import {
  calm,
  type Disturbance,
  disturbanceOf,
  Plan,
  refusalOf,
} from '../histories/disturbances.ts';
import type { CallLabel, FaultKind } from '../histories/faults.ts';
import { beginningMs, type History } from '../histories/history.ts';
import { Prng } from '../histories/prng.ts';
import { Provider } from './provider.ts';
import { type Chooser, type Process, Scheduler } from './scheduler.ts';
import { SecretModel } from './secret-model.ts';

/** Who watches a world: told of each effect, death and fault, at that very moment. */
export interface Watcher {
  onEffect(process: Process, label: CallLabel, isRefused: boolean): void;
  onDeath(process: Process): void;
  onFault(process: Process, kind: FaultKind): void;
  /** A person has moved a label or overwritten a value, past all processes. */
  onHand(what: string): void;
}

/** What a call brings: an effect on the models and its result. */
export interface WorldCall<T> {
  readonly label: CallLabel;
  readonly effect: () => T;
  /** The store refuses, having done it or not. */
  readonly onRefused?: () => void;
  /** The result is in the process's hands. */
  readonly onAnswer?: (result: T) => void;
  /** How a fault of this call's own kind changes effect and result. */
  readonly onFault?: (kind: FaultKind) => (() => T) | undefined;
}

const storeNames = ['grant', 'accessToken', 'journal', 'client'] as const;
type StoreName = (typeof storeNames)[number];

/** One history's world. */
export class World {
  readonly history: History;
  readonly scheduler: Scheduler;
  readonly provider: Provider;
  readonly secrets = {
    grant: new SecretModel(),
    accessToken: new SecretModel(),
    client: new SecretModel(),
  };
  readonly consents = new ConsentModel();
  journal: Journal = emptyJournal;
  revision = 0;
  readonly chance: Prng;
  readonly plan: Plan;
  #isAnyDown = false;
  readonly #downUntilMs = { grant: 0, accessToken: 0, journal: 0, client: 0 };
  readonly #actors: number[] = [];
  watcher: Watcher | undefined;
  areFaultsOver = false;
  /** What has happened so far that excuses what would be a violation otherwise. */
  readonly happened = new Set<FaultKind | 'rolled back' | 'damaged'>();
  /** The policy has made a difference. */
  isPolicyAsked = false;
  readonly #outside: Process;

  constructor(history: History, chooser: Chooser) {
    this.history = history;
    this.provider = new Provider(history.provider);
    this.chance = new Prng(history.seed, 7);
    this.scheduler = new Scheduler(beginningMs, chooser, (process) => {
      this.watcher?.onDeath(process);
    });
    this.#outside = this.scheduler.outsider('outside');
    this.plan = new Plan(history.faults);
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  get policy(): ReplayPolicy {
    this.isPolicyAsked = true;
    return this.history.policy;
  }

  get hasClockJumped(): boolean {
    return this.happened.has('clock jumps forward') || this.happened.has('clock jumps back');
  }

  /** Says whose faults a process meets: a number of `history.actors`. */
  assign(process: Process, actor: number): void {
    this.#actors[process.id] = actor;
  }

  /** Something happens outside of every process, some time from now. */
  later(afterMs: number, run: () => void): void {
    const readyAtMs = this.nowMs + afterMs;
    this.scheduler.suspend({ process: this.#outside, label: 'outside', readyAtMs, run });
  }

  /** A person does something to a store, past all processes. */
  byHand(what: 'rolled back' | 'damaged' | 'put back', change: () => void): void {
    if (what !== 'put back') this.happened.add(what);
    change();
    this.watcher?.onHand(what);
  }

  /** Ends every fault that is still at work. */
  calm(): void {
    this.areFaultsOver = true;
    this.#isAnyDown = false;
    for (const store of storeNames) {
      this.#downUntilMs[store] = 0;
    }
    this.secrets.grant.makeStale(0, 0);
    this.secrets.accessToken.makeStale(0, 0);
    this.secrets.client.makeStale(0, 0);
  }

  /** A port call: suspended until its turn, then carried out under the fault that is planned for it. */
  call<T>(process: Process, call: WorldCall<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const disturbance = this.#disturb(process, call.label);
      this.scheduler.suspend({
        process,
        label: call.label,
        readyAtMs: this.nowMs + disturbance.beforeMs,
        run: () => this.#turn(process, call, disturbance, resolve, reject),
        orphan: () => {
          const isOnItsWay = disturbance.beforeMs === 0 && this.chance.isChance(0.5);
          if (isOnItsWay) this.#carryOut(process, call, disturbance.kind);
        },
      });
    });
  }

  /** The fault of this call, and what it does before the call has its turn. */
  #disturb(process: Process, label: CallLabel): Disturbance {
    if (this.areFaultsOver) return calm;
    const strike = this.plan.next(this.#actors[process.id] ?? -1, label, this.nowMs);
    if (strike === undefined) return calm;
    const { kind } = strike;
    // Only a clock that the store's own can be held against is let jump, or stand.
    const isOfClocks = kind.startsWith('clock jumps') || kind === 'is suspended';
    if (isOfClocks && this.history.host === 'machine') return calm;
    this.happened.add(kind);
    this.watcher?.onFault(process, kind);
    return disturbanceOf(process, strike, this.chance);
  }

  #turn<T>(
    process: Process,
    call: WorldCall<T>,
    { kind, afterMs }: Disturbance,
    resolve: (result: T) => void,
    reject: (error: unknown) => void,
  ): void {
    if (kind === 'dies before') {
      this.scheduler.kill(process);
      return;
    }
    if (kind !== undefined) this.#disrupt(process, call.label, kind);
    const answer = this.#carryOut(process, call, kind);
    if (kind === 'dies after') {
      this.scheduler.kill(process);
      return;
    }
    const deliver = () => {
      if (process.state !== 'running') return;
      if ('refused' in answer) {
        reject(answer.refused);
        return;
      }
      call.onAnswer?.(answer.result);
      resolve(answer.result);
    };
    if (afterMs === 0) deliver();
    else {
      const readyAtMs = this.nowMs + afterMs;
      this.scheduler.suspend({ process, label: `${call.label} answer`, readyAtMs, run: deliver });
    }
  }

  #disrupt(process: Process, label: CallLabel, kind: FaultKind): void {
    const store = storeOf(label);
    const downMs = kind === 'is down shortly' ? this.chance.between(2000, 20_000) : 600_000;
    if (kind.includes(' down')) this.#isAnyDown = true;
    if (store && (kind === 'is down shortly' || kind === 'is down long')) {
      this.#downUntilMs[store] = this.nowMs + downMs;
    }
    if (kind === 'all stores are down') {
      for (const each of ['grant', 'accessToken', 'journal'] as const) {
        this.#downUntilMs[each] = this.nowMs + downMs;
      }
    }
    const secret = store === undefined || store === 'journal' ? undefined : this.secrets[store];
    if (kind === 'reads are behind') secret?.makeStale(1, this.chance.between(1, 4));
    if (kind === 'reads see nothing') secret?.makeStale(1000, this.chance.between(1, 4));
    if (kind === 'unlabelled versions vanish') secret?.dropUnlabelled();
    if (kind === 'clock jumps forward') process.skewMs += this.chance.between(1, 30) * 3_600_000;
    if (kind === 'clock jumps back') process.skewMs -= this.chance.between(1, 30) * 3_600_000;
  }

  #carryOut<T>(
    process: Process,
    call: WorldCall<T>,
    kind: FaultKind | undefined,
  ): { readonly result: T } | { readonly refused: StoreRefused } {
    const refusal = this.#refusal(call.label, kind);
    if (refusal !== undefined && kind !== 'is refused after effect') {
      this.watcher?.onEffect(process, call.label, true);
      call.onRefused?.();
      return { refused: refusal };
    }
    const effect = (kind && call.onFault?.(kind)) ?? call.effect;
    const result = effect();
    this.watcher?.onEffect(process, call.label, false);
    if (refusal === undefined) return { result };
    call.onRefused?.();
    return { refused: refusal };
  }

  #refusal(label: CallLabel, kind: FaultKind | undefined): StoreRefused | undefined {
    const store = this.#isAnyDown ? storeOf(label) : undefined;
    if (store !== undefined && this.#downUntilMs[store] > this.nowMs) {
      return new StoreRefused('unavailable', `${store} is down`);
    }
    return kind && refusalOf(kind);
  }
}

const stores = new Map<string, StoreName | undefined>();

function storeOf(label: CallLabel): StoreName | undefined {
  const known = stores.get(label);
  if (known !== undefined || stores.has(label)) return known;
  // They lie in the journal's table.
  const name = label.replace('consents.', 'journal.');
  const store = storeNames.find((it) => name.startsWith(`${it}.`));
  stores.set(label, store);
  return store;
}
