// Goal: one history from its beginning to the moment when the connection is well again, or rightly not.
// Method: actors under faults first, then calm, then the schedule's hourly checks and what they must achieve.
import { type AccessToken, decodeAccessToken } from '../../src/core/records/access-token.ts';
import { startActor } from './actors/actors.ts';
import type { StartedRotation } from './actors/native-rotations.ts';
import { isExpected } from './actors/processes.ts';
import { chooserOf } from './histories/choosers.ts';
import type { MadeCall } from './histories/disturbances.ts';
import type { FaultKind } from './histories/faults.ts';
import { beginningMs, type History } from './histories/history.ts';
import { Judge } from './judge/judge.ts';
import { Ledger } from './judge/ledger.ts';
import { Limits } from './judge/limits.ts';
import type { Violation, Window } from './judge/pairs.ts';
import { settle } from './judge/settling.ts';
import { begin } from './world/beginning.ts';
import type { Process } from './world/scheduler.ts';
import { World } from './world/world.ts';

/** More steps than any sane history needs. */
const stepsMax = 20_000;

/** How a history went. */
export interface Verdict {
  readonly violations: readonly Violation[];
  readonly windows: ReadonlyMap<Window, number>;
  /** How processes ended, as `<name> <outcome>`, and other countable events. */
  readonly counts: ReadonlyMap<string, number>;
  readonly faults: readonly FaultKind[];
  readonly steps: number;
  /** The port calls of each actor, in their order. */
  readonly calls: readonly (readonly MadeCall[])[];
  /** One line a step, where asked for. */
  readonly trace: readonly string[];
  /** Whether policy and mode made a difference: else any other gives the same. */
  readonly asked: { readonly policy: boolean; readonly mode: boolean };
}

/** One history under way. */
export class Simulation {
  readonly world: World;
  readonly ledger: Ledger;
  readonly limits: Limits;
  readonly judge: Judge;
  readonly rotations: StartedRotation[] = [];
  readonly counts = new Map<string, number>();
  readonly faults: FaultKind[] = [];
  readonly trace: string[] = [];
  readonly #isTraced: boolean;

  constructor(history: History, isTraced: boolean) {
    this.#isTraced = isTraced;
    this.world = new World(history, chooserOf(history));
    this.ledger = new Ledger(this.world);
    this.limits = new Limits(this.world, this.ledger);
    begin(this.world, this.ledger);
    this.judge = new Judge(this.world, this.ledger);
    this.world.watcher = {
      onEffect: (process, label, isRefused) => {
        if (isTraced) this.write(process, `${label}${isRefused ? ' refused' : ''}`);
        this.judge.onEffect(process, label, isRefused);
      },
      onDeath: (process) => {
        if (isTraced) this.write(process, 'dies');
        this.count(`${process.name}: died`);
        this.judge.onDeath(process);
      },
      onFault: (process, kind) => {
        if (isTraced) this.write(process, `fault: ${kind}`);
        this.faults.push(kind);
      },
      onHand: (what) => {
        if (isTraced) this.trace.push(`${this.#moment()} ${what} by hand`);
        this.judge.onHand();
      },
    };
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** A process has ended with this result. */
  note(process: Process, result: unknown): void {
    const kind = typeof result === 'object' && result && 'kind' in result ? result.kind : result;
    this.count(`${process.name}: ${typeof kind === 'string' ? kind : 'done'}`);
    if (this.#isTraced) this.write(process, `ends: ${JSON.stringify(result)}`);
  }

  /** A process has ended with an error. */
  noteThrown(process: Process, error: unknown): void {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.count(`${process.name}: threw`);
    if (this.#isTraced) this.write(process, `throws ${text}`);
    if (!isExpected(error)) this.ledger.violated('core', `a process ended with ${text}`);
  }

  write(process: Process, what: string): void {
    this.trace.push(`${this.#moment()} ${process.id}.${process.name} ${what}`);
  }

  /** Runs until nobody has anything to do, or a promise is broken. */
  async run(): Promise<boolean> {
    const { scheduler } = this.world;
    await scheduler.run(() => this.ledger.violations.length === 0, stepsMax);
    if (scheduler.steps >= stepsMax) this.ledger.violated('core', 'the history never ends');
    return this.ledger.violations.length === 0;
  }

  /** What consumers can read, as it truly is; `undefined` if that is nothing, or damaged. */
  published(): AccessToken | undefined {
    const { versions, labels } = this.world.secrets.accessToken.state;
    const value = labels.AWSCURRENT && versions.get(labels.AWSCURRENT);
    if (!value) return undefined;
    try {
      return decodeAccessToken(value);
    } catch {
      return undefined;
    }
  }

  #moment(): string {
    return ((this.world.nowMs - beginningMs) / 1000).toFixed(3).padStart(12);
  }
}

/** Plays one history. */
export async function simulate(history: History, isTraced = false): Promise<Verdict> {
  // A stack for each refusal would be most of the time, and the simulator shows where it was anyway.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await play(new Simulation(history, isTraced));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function play(simulation: Simulation): Promise<Verdict> {
  const { history } = simulation.world;
  for (const [actor, plan] of history.actors.entries()) startActor(simulation, plan, actor);
  if (await simulation.run()) await settle(simulation);
  const { ledger, counts, faults, world, trace } = simulation;
  const { violations } = ledger;
  return {
    violations,
    windows: ledger.windows,
    counts,
    faults,
    steps: world.scheduler.steps,
    calls: world.plan.calls,
    trace,
    asked: { policy: world.isPolicyAsked, mode: world.provider.isModeAsked },
  };
}
