// Goal: the surroundings of the core, each port call of it a suspended call that may meet a fault.
// Method: the models hold the true state; this file wires them to the scheduler and carries faults out.
import { emptyJournal, type Journal } from '../../src/core/journal.ts';
import { StoreRefused } from '../../src/core/ports.ts';
import { type CallLabel, type FaultKind, faultMeant, type PlannedFault } from './faults.ts';
import { beginningMs, type History, times } from './history.ts';
import { Prng } from './prng.ts';
import { Provider } from './provider.ts';
import { type Chooser, type Process, Scheduler } from './scheduler.ts';
import { SecretModel } from './secret-model.ts';

/** Who watches a world: told of each effect, answer, death and fault, at that very moment. */
export interface Watcher {
  onEffect(process: Process, label: CallLabel, isRefused: boolean): void;
  onDeath(process: Process): void;
  onFault(process: Process, kind: FaultKind): void;
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

interface Disturbance {
  readonly kind: FaultKind | undefined;
  readonly beforeMs: number;
  readonly afterMs: number;
}

const calm: Disturbance = { kind: undefined, beforeMs: 0, afterMs: 0 };

/** One history's world. */
export class World {
  readonly history: History;
  readonly scheduler: Scheduler;
  readonly provider: Provider;
  readonly secrets = { grant: new SecretModel(), accessToken: new SecretModel() };
  journal: Journal = emptyJournal;
  revision = 0;
  readonly chance: Prng;
  /** Calls so far of each actor, over all its processes. */
  readonly calls: CallLabel[][] = [];
  readonly #faults = new Map<string, PlannedFault>();
  readonly #downUntilMs = { grant: 0, accessToken: 0, journal: 0, client: 0 };
  readonly #actorOf = new Map<Process, number>();
  watcher: Watcher | undefined;
  areFaultsOver = false;
  hasClockJumped = false;
  isRolledBackByHand = false;
  /** A person stores the application's credentials anew. */
  clientVersion = 1;
  readonly #outside: Process;

  constructor(history: History, chooser: Chooser) {
    this.history = history;
    this.provider = new Provider(history.provider);
    this.chance = new Prng(history.seed, 7);
    this.scheduler = new Scheduler(beginningMs, chooser, (process) => {
      this.watcher?.onDeath(process);
    });
    this.#outside = this.scheduler.outsider('outside');
    for (const fault of history.faults) this.#faults.set(`${fault.actor} ${fault.call}`, fault);
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  /** Says whose faults a process meets: a number of `history.actors`. */
  assign(process: Process, actor: number): void {
    this.#actorOf.set(process, actor);
  }

  actorOf(process: Process): number {
    return this.#actorOf.get(process) ?? -1;
  }

  /** Something happens outside of every process, some time from now. */
  later(afterMs: number, run: () => void): void {
    const readyAtMs = this.nowMs + afterMs;
    this.scheduler.suspend({ process: this.#outside, label: 'outside', readyAtMs, run });
  }

  /** Ends every fault that is still at work. */
  calm(): void {
    this.areFaultsOver = true;
    for (const store of storeNames) {
      this.#downUntilMs[store] = 0;
    }
    this.secrets.grant.makeStale(0, 0);
    this.secrets.accessToken.makeStale(0, 0);
  }

  /** A port call: suspended until its turn, then carried out under the fault that is planned for it. */
  call<T>(process: Process, call: WorldCall<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const disturbance = this.#disturb(process, call.label);
      const { label } = call;
      this.scheduler.suspend({
        process,
        label,
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
    const actor = this.actorOf(process);
    const index = this.#noteCall(actor, label);
    if (this.areFaultsOver) return calm;
    const planned = this.#planned(actor, index, label);
    if (planned === undefined) return calm;
    const kind = faultMeant(planned.kind, label);
    if (kind === undefined) return calm;
    // Only a clock that the store's own can be held against is let jump.
    if (kind.startsWith('clock jumps') && this.history.host === 'machine') return calm;
    this.watcher?.onFault(process, kind);
    return this.#disturbance(process, kind);
  }

  #noteCall(actor: number, label: CallLabel): number {
    if (actor < 0) return 0;
    this.calls[actor] ??= [];
    const calls = this.calls[actor];
    return calls.push(label) - 1;
  }

  #planned(actor: number, index: number, label: CallLabel): PlannedFault | undefined {
    if (actor < 0 || this.#faults.size === 0) return undefined;
    const atIndex = this.#faults.get(`${actor} ${index}`);
    if (atIndex !== undefined) return atIndex;
    const key = `${actor} ${label}`;
    const atLabel = this.#faults.get(key);
    this.#faults.delete(key);
    return atLabel;
  }

  #disturbance(process: Process, kind: FaultKind): Disturbance {
    const slowMs = this.chance.between(1500, 9000);
    const pauseMs = times.leaseTermMs + this.chance.between(1000, 90 * 60_000);
    switch (kind) {
      case 'is slow':
        return { kind, beforeMs: slowMs, afterMs: 0 };
      case 'is answered slowly':
        return { kind, beforeMs: 0, afterMs: slowMs };
      case 'is paused and killed':
        process.killsAtMs = Math.min(process.killsAtMs, process.startsAtMs + times.lifeMs);
        return { kind, beforeMs: times.leaseTermMs * 2, afterMs: 0 };
      case 'is paused and lives':
        process.killsAtMs = Number.POSITIVE_INFINITY;
        return { kind, beforeMs: pauseMs, afterMs: 0 };
      case 'is answered late and lives':
        process.killsAtMs = Number.POSITIVE_INFINITY;
        return { kind, beforeMs: 0, afterMs: pauseMs };
      default:
        return { kind, beforeMs: 0, afterMs: 0 };
    }
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
    this.#disrupt(process, call.label, kind);
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

  #disrupt(process: Process, label: CallLabel, kind: FaultKind | undefined): void {
    const store = storeOf(label);
    const downMs = kind === 'is down shortly' ? this.chance.between(2000, 20_000) : 600_000;
    if (store && (kind === 'is down shortly' || kind === 'is down long')) {
      this.#downUntilMs[store] = this.nowMs + downMs;
    }
    if (kind === 'all stores are down') {
      for (const each of ['grant', 'accessToken', 'journal'] as const) {
        this.#downUntilMs[each] = this.nowMs + downMs;
      }
    }
    const secret = store === 'grant' || store === 'accessToken' ? this.secrets[store] : undefined;
    if (kind === 'reads are behind') secret?.makeStale(1, this.chance.between(1, 4));
    if (kind === 'reads see nothing') secret?.makeStale(1000, this.chance.between(1, 4));
    if (kind === 'unlabelled versions vanish') secret?.dropUnlabelled();
    if (kind?.startsWith('clock jumps')) this.hasClockJumped = true;
    if (kind === 'clock jumps forward') process.skewMs += this.chance.between(1, 30) * 3_600_000;
    if (kind === 'clock jumps back') process.skewMs -= this.chance.between(1, 30) * 3_600_000;
  }

  #carryOut<T>(
    process: Process,
    call: WorldCall<T>,
    kind: FaultKind | undefined,
  ): { readonly result: T } | { readonly refused: StoreRefused } {
    const store = storeOf(call.label);
    const isDown = store !== undefined && this.#downUntilMs[store] > this.nowMs;
    const refusal = isDown ? new StoreRefused('unavailable', `${store} is down`) : refusalOf(kind);
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
}

const stores = new Map<string, StoreName | undefined>();

function storeOf(label: CallLabel): StoreName | undefined {
  if (stores.has(label)) return stores.get(label);
  const store = storeNames.find((name) => label.startsWith(`${name}.`));
  stores.set(label, store);
  return store;
}

function refusalOf(kind: FaultKind | undefined): StoreRefused | undefined {
  switch (kind) {
    case 'is refused':
    case 'is refused after effect':
      return new StoreRefused('unavailable', 'the store did not answer');
    case 'is throttled':
      return new StoreRefused('throttled', 'the store throttles');
    case 'is denied':
      return new StoreRefused('denied', 'the store denies access');
    default:
      return undefined;
  }
}
