// Goal: one history from its beginning to the moment when the connection is well again, or rightly not.
// Method: actors under faults first, then calm, then the schedule's hourly checks and what they must achieve.
import { accessTokenOf, encodeAccessToken } from '../../src/core/access-token.ts';
import { encodeGrant, type Grant } from '../../src/core/grant.ts';
import { emptyJournal } from '../../src/core/journal.ts';
import { positionOf } from '../../src/core/position.ts';
import { Secret } from '../../src/core/secret.ts';
import { isExpected, startActor } from './actors.ts';
import { chooserOf } from './choosers.ts';
import type { CallLabel, FaultKind } from './faults.ts';
import { beginningMs, type History } from './history.ts';
import { Judge } from './judge.ts';
import { Ledger, type Violation, type Window } from './ledger.ts';
import type { Issue } from './provider.ts';
import { place } from './rotator-ports.ts';
import type { Process } from './scheduler.ts';
import type { SecretModel } from './secret-model.ts';
import { settle } from './settling.ts';
import { World } from './world.ts';

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
  readonly calls: readonly (readonly CallLabel[])[];
  /** One line a step, where asked for. */
  readonly trace: readonly string[];
}

/** A rotation that Secrets Manager has started. */
export interface StartedRotation {
  readonly versionId: string;
  isFinished: boolean;
}

/** One history under way. */
export class Simulation {
  readonly world: World;
  readonly ledger: Ledger;
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
    this.#begin(history);
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
    const seconds = ((this.world.nowMs - beginningMs) / 1000).toFixed(3);
    this.trace.push(`${seconds.padStart(12)} ${process.id}.${process.name} ${what}`);
  }

  /** Runs until nobody has anything to do, or a promise is broken. */
  async run(): Promise<boolean> {
    const { scheduler } = this.world;
    await scheduler.run(() => this.ledger.violations.length === 0, stepsMax);
    if (scheduler.steps >= stepsMax) this.ledger.violated('core', 'the history never ends');
    return this.ledger.violations.length === 0;
  }

  #begin(history: History): void {
    const { provider, secrets } = this.world;
    const issuedAtMs = beginningMs - history.ageMs;
    const issue = provider.authorize(issuedAtMs);
    const grant = firstGrant(issue);
    fill(secrets.grant, encodeGrant(grant));
    const published = accessTokenOf(grant, undefined);
    if (published) fill(secrets.accessToken, encodeAccessToken(published));
    this.world.journal = { ...emptyJournal, known: positionOf(grant) };
    this.world.revision = 1;
    this.ledger.found(issue, grant);
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
    calls: world.calls,
    trace,
  };
}

function fill(secret: SecretModel, value: Secret): void {
  secret.put('first-000-0000-0000-0000-000000000000', value, 'next');
}

function firstGrant(issue: Issue): Grant {
  return {
    ...place,
    grant: 1,
    generation: 1,
    attempt: 0,
    refreshToken: new Secret(issue.refreshToken),
    accessToken: new Secret(issue.accessToken),
    issuedAtMs: issue.issuedAtMs,
    expiresAtMs: issue.expiresAtMs,
    sealKey: new Secret(Buffer.alloc(32, 7).toString('base64')),
    companies: [],
  };
}
