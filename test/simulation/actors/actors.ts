// Goal: everyone who touches a connection, as the real world starts, repeats and kills them.
// Method: each kind is one or more processes, or a person's hand in a store.
import { JournalSession } from '../../../src/core/journal/journal-session.ts';
import { serveCompanies } from '../../../src/core/operations/companies.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { ActorKind, ActorPlan } from '../histories/history.ts';
import type { Simulation } from '../simulation.ts';
import { place } from '../world/rotator-ports.ts';
import { startConsent } from './consents.ts';
import { startConsumer, startCrowd } from './consumers.ts';
import { startAdoption, startLogin, startManual } from './logins.ts';
import { startRotation } from './native-rotations.ts';
import { startStoring } from './person.ts';
import { type Start, startPass, startProcess } from './processes.ts';

const hourMs = 3_600_000;

const starters: Readonly<Record<ActorKind, (simulation: Simulation, start: Start) => void>> = {
  schedule: (simulation, start) =>
    startPass(simulation, { ...start, name: 'schedule' }, { trigger: 'schedule' }),
  operator: (simulation, start) =>
    startPass(simulation, { ...start, name: 'operator' }, { trigger: 'operator' }),
  consumer: startConsumer,
  crowd: startCrowd,
  login: (simulation, start) => startLogin(simulation, start),
  manual: startManual,
  adopt: startAdoption,
  consent: startConsent,
  native: (simulation, start) => startRotation(simulation, start, false),
  'native twice': (simulation, start) => startRotation(simulation, start, true),
  pause: startPause,
  application: (simulation, start) => startStoring(simulation, start),
  narrow: (simulation, start) =>
    startProcess(simulation, { ...start, name: 'narrow' }, async ({ accessToken, random }) => {
      await serveCompanies(accessToken, place.companies.slice(1), random);
      return 'narrowed';
    }),
  rollback: startRollback,
  damage: startDamage,
  revoke: ({ world, ledger }, start) =>
    world.later(start.atMs - world.nowMs, () => ledger.revokeConsent()),
  lockout: startLockout,
};

/** Starts the actor with this number. */
export function startActor(simulation: Simulation, plan: ActorPlan, actor: number): void {
  const atMs = simulation.world.nowMs + plan.atMs;
  starters[plan.kind](simulation, { actor, atMs, skewMs: plan.skewMs });
}

function startPause(simulation: Simulation, start: Start): void {
  const { world } = simulation;
  const write = (atMs: number, isPaused: boolean) =>
    startProcess(
      simulation,
      { ...start, atMs, name: isPaused ? 'pause' : 'resume' },
      async (ports) => {
        const page = new JournalSession(ports.journal, ports.clock);
        await page.read();
        const pausedAtMs = isPaused ? ports.clock.nowMs() : null;
        await page.amend((journal) => ({ ...journal, pausedAtMs }));
        return isPaused ? 'paused' : 'resumed';
      },
    );
  write(start.atMs, true);
  write(start.atMs + world.chance.between(1000, 3 * hourMs), false);
}

function startRollback({ world }: Simulation, start: Start): void {
  world.later(start.atMs - world.nowMs, () => {
    const { grant } = world.secrets;
    if (grant.state.labels.AWSPREVIOUS === undefined) return;
    world.byHand('rolled back', () => grant.rollBack());
  });
}

function startDamage({ world }: Simulation, start: Start): void {
  world.later(start.atMs - world.nowMs, () => {
    const { accessToken } = world.secrets;
    const versionId = `damaged-${start.actor}-0000-0000-0000-000000000000`;
    world.byHand('damaged', () => accessToken.overwrite(versionId, new Secret('not what it was')));
  });
}

function startLockout(simulation: Simulation, start: Start): void {
  const { world } = simulation;
  world.later(start.atMs - world.nowMs, () => {
    const token = simulation.published();
    if (token !== undefined) world.provider.lockOut(token.accessToken.reveal());
  });
}
