// Goal: everyone who touches a connection, as the real world starts, repeats and kills them.
// Method: each is one or more processes running the real core over ports of their own.
import { JournalPage } from '../../src/core/journal-page.ts';
import { type Consent, login } from '../../src/core/login.ts';
import {
  NativeRotationFailed,
  type RotationStep,
  rotateNatively,
} from '../../src/core/native-rotation.ts';
import { classOf, type Outcome } from '../../src/core/outcome.ts';
import type { RotationRequest } from '../../src/core/pass.ts';
import { StoreRefused } from '../../src/core/ports.ts';
import { rotate } from '../../src/core/rotate.ts';
import { Secret } from '../../src/core/secret.ts';
import { createTokenSource, type RefreshAnswer } from '../../src/core/token-source.ts';
import { type ActorPlan, times } from './history.ts';
import type { Issue } from './provider.ts';
import { portsOf, type SimulatedPorts } from './rotator-ports.ts';
import type { Process } from './scheduler.ts';
import type { Simulation } from './simulation.ts';

/** What becomes of a process; `undefined` if it dies or throws. */
type Then<T> = (result: T | undefined) => void;

/** Starts the actor with this number. */
export function startActor(simulation: Simulation, plan: ActorPlan, actor: number): void {
  const atMs = simulation.world.nowMs + plan.atMs;
  const start = { actor, atMs, skewMs: plan.skewMs };
  switch (plan.kind) {
    case 'schedule':
      startPass(simulation, { ...start, name: 'schedule' }, { door: 'schedule' });
      return;
    case 'operator':
      startPass(simulation, { ...start, name: 'operator' }, { door: 'operator' });
      return;
    case 'consumer':
      startConsumer(simulation, start);
      return;
    case 'login':
      startLogin(simulation, start);
      return;
    case 'native':
      startNative(simulation, start);
      return;
    case 'pause':
      startPause(simulation, start);
      return;
  }
}

/** Whose process, from when, with which clock. */
export interface Start {
  readonly actor: number;
  readonly atMs: number;
  readonly skewMs: number;
}

/** One pass in a process of its own. */
export function startPass(
  simulation: Simulation,
  start: Start & { readonly name: string },
  request: RotationRequest,
  then: Then<Outcome> = () => {},
): void {
  run(
    simulation,
    start,
    (ports, process) => {
      const remainingMs = () => process.killsAtMs - simulation.world.nowMs;
      const isKilled = Number.isFinite(process.killsAtMs);
      return rotate(ports, isKilled ? { ...request, remainingMs } : request);
    },
    then,
  );
}

function run<T>(
  simulation: Simulation,
  start: Start & { readonly name: string },
  body: (ports: SimulatedPorts, process: Process) => Promise<T>,
  then: Then<T> = () => {},
): void {
  const { world, ledger, judge } = simulation;
  const lifeMs = world.history.host === 'lambda' ? times.lifeMs : Number.POSITIVE_INFINITY;
  const process = world.scheduler.spawn<T>({
    name: start.name,
    atMs: start.atMs,
    skewMs: start.skewMs,
    lifeMs,
    body: (self) => body(portsOf(world, ledger, self), self),
    onEnd: (self, result) => {
      judge.onEnd(self);
      simulation.note(self, result);
      then(result);
    },
    onThrow: (self, error) => {
      judge.onEnd(self);
      simulation.noteThrown(self, error);
      then(undefined);
    },
    onDeath: () => then(undefined),
  });
  world.assign(process, start.actor);
}

function startConsumer(simulation: Simulation, start: Start): void {
  const { world } = simulation;
  run(simulation, { ...start, name: 'consumer' }, async (ports) => {
    const ask = (request: Omit<RotationRequest, 'door'>) =>
      new Promise<RefreshAnswer>((resolve) => {
        const asked = { ...start, atMs: world.nowMs, name: 'on demand' };
        startPass(simulation, asked, { ...request, door: 'consumer' }, (outcome) =>
          resolve(answerOf(outcome)),
        );
      });
    const source = createTokenSource({
      clock: ports.clock,
      accessToken: ports.accessToken,
      rotator: { ask },
    });
    const first = await source.obtain();
    if (first.kind !== 'token') return first.kind;
    const works = (token: Secret) => world.provider.isAccessAccepted(token.reveal(), world.nowMs);
    if (works(first.token.accessToken)) return 'served';
    const second = await source.rejected(first.token);
    return second.kind === 'token' ? 'served again' : second.kind;
  });
}

function answerOf(outcome: Outcome | undefined): RefreshAnswer {
  if (outcome === undefined) return { kind: 'unavailable', detail: 'the rotator did not answer' };
  if ('token' in outcome) {
    const { expiresAtMs, ...position } = outcome.token;
    return { kind: 'published', position, expiresAtMs };
  }
  const kind = classOf(outcome) === 'person' ? 'person-needed' : 'unavailable';
  return { kind, detail: outcome.kind };
}

function startLogin(simulation: Simulation, start: Start): void {
  const { world, ledger } = simulation;
  run(simulation, { ...start, name: 'login' }, async (ports, process) => {
    const requestedAtMs = ports.clock.nowMs();
    const issue = await world.call<Issue>(process, {
      label: 'code.exchange',
      effect: () => world.provider.authorize(world.nowMs),
      onAnswer: (issued) => ledger.loggedIn(process, issued),
    });
    const consent: Consent = {
      refreshToken: new Secret(issue.refreshToken),
      accessToken: new Secret(issue.accessToken),
      requestedAtMs,
      expiresInSeconds: world.provider.settings.accessTokenSeconds,
      companies: [],
    };
    return login(ports, consent);
  });
}

const steps: readonly RotationStep[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** Secrets Manager starts a rotation, and calls for each step until it is done, some of them twice. */
function startNative(simulation: Simulation, start: Start): void {
  const { world } = simulation;
  world.later(start.atMs - world.nowMs, () => {
    const versionId = `native-${start.actor}-0000-0000-0000-000000000000`;
    if (!world.secrets.grant.startRotation(versionId)) {
      simulation.count('native rotation refused');
      return;
    }
    const rotation = { versionId, isFinished: false };
    simulation.rotations.push(rotation);
    stepNatively(simulation, start, rotation, { step: 0, tries: 5 });
  });
}

/** Delivers one step, again where it failed, and then the next. */
export function stepNatively(
  simulation: Simulation,
  start: Start,
  rotation: { readonly versionId: string; isFinished: boolean },
  at: { readonly step: number; readonly tries: number },
): void {
  const { world } = simulation;
  const step = steps[at.step];
  if (step === undefined) rotation.isFinished = true;
  if (step === undefined || at.tries === 0) return;
  const { versionId } = rotation;
  const again = { ...start, atMs: world.nowMs, name: step };
  run(
    simulation,
    again,
    async (ports, process) => {
      const remainingMs = () => process.killsAtMs - world.nowMs;
      await rotateNatively(ports, { step, versionId, remainingMs });
      return 'done';
    },
    (result) => {
      const isRepeated = result === undefined || world.chance.isChance(0.2);
      const next = isRepeated
        ? { step: at.step, tries: at.tries - 1 }
        : { step: at.step + 1, tries: at.tries };
      world.later(world.chance.between(10, 20_000), () =>
        stepNatively(simulation, start, rotation, next),
      );
    },
  );
}

function startPause(simulation: Simulation, start: Start): void {
  const { world } = simulation;
  const write = (atMs: number, isPaused: boolean) =>
    run(simulation, { ...start, atMs, name: isPaused ? 'pause' : 'resume' }, async (ports) => {
      const page = new JournalPage(ports.journal, ports.clock);
      await page.read();
      const pausedAtMs = isPaused ? ports.clock.nowMs() : null;
      await page.amend((journal) => ({ ...journal, pausedAtMs }));
      return isPaused ? 'paused' : 'resumed';
    });
  write(start.atMs, true);
  write(start.atMs + world.chance.between(1000, 3 * 3_600_000), false);
}

/** Errors that the core is allowed to end with. */
export function isExpected(error: unknown): boolean {
  return error instanceof StoreRefused || error instanceof NativeRotationFailed;
}
