// Goal: G6, the connection is fresh again without a person, or revoked in truth and a person was called once.
// Method: after the faults, one check an hour until the access token's end and one more.
import { decodeAccessToken } from '../../src/core/access-token.ts';
import { classOf } from '../../src/core/outcome.ts';
import { compare, type Position } from '../../src/core/position.ts';
import { startPass, stepNatively } from './actors.ts';
import { keyOf, type Ledger } from './ledger.ts';
import { isHonest } from './replay-law.ts';
import type { Simulation } from './simulation.ts';

const hourMs = 3_600_000;

/** What is still wrong with a connection. */
export type Trouble = 'none' | 'revoked' | string;

/** Lets the world calm down and checks what it comes to. */
export async function settle(simulation: Simulation): Promise<void> {
  const { world, ledger } = simulation;
  world.calm();
  if (!(await finishRotations(simulation))) return;
  await resume(simulation);
  let untilMs = Math.max(world.nowMs, publishedEndMs(simulation), patienceMs(simulation)) + hourMs;
  for (;;) {
    if (!(await check(simulation))) return;
    const trouble = troubleOf(simulation);
    if (trouble === 'none') {
      if (await check(simulation)) checkWellness(simulation);
      return;
    }
    if (trouble === 'misconfigured' && world.clientVersion === 1) {
      // The one person who is needed stores the client's secret again.
      world.clientVersion = 2;
      untilMs = Math.max(untilMs, world.nowMs + hourMs);
    } else if (world.nowMs > untilMs) {
      if (trouble === 'revoked') checkRevoked(simulation);
      else ledger.violated('G6', trouble);
      return;
    }
  }
}

async function check(simulation: Simulation): Promise<boolean> {
  const { world } = simulation;
  const reportsBefore = simulation.ledger.reports.length;
  const atMs = world.nowMs + hourMs;
  startPass(simulation, { actor: -1, atMs, skewMs: 0, name: 'check' }, { door: 'schedule' });
  if (!(await simulation.run())) return false;
  if (simulation.ledger.reports.length !== reportsBefore + 1) {
    simulation.ledger.violated('G5', 'a check did not report exactly once');
  }
  return simulation.ledger.violations.length === 0;
}

async function finishRotations(simulation: Simulation): Promise<boolean> {
  for (const rotation of simulation.rotations) {
    if (rotation.isFinished) continue;
    const { world } = simulation;
    stepNatively(simulation, { actor: -1, atMs: world.nowMs, skewMs: 0 }, rotation, {
      step: 3,
      tries: 5,
    });
    if (!(await simulation.run())) return false;
  }
  const { AWSPENDING: pending, AWSCURRENT: current } = simulation.world.secrets.grant.state.labels;
  if (pending !== undefined && pending !== current) {
    simulation.ledger.violated('G6', 'AWSPENDING stayed behind');
    return false;
  }
  return true;
}

/** An operator who died between pause and resume comes back. */
async function resume(simulation: Simulation): Promise<void> {
  const { world } = simulation;
  if (world.journal.pausedAtMs !== null) world.journal = { ...world.journal, pausedAtMs: null };
}

function publishedEndMs({ world }: Simulation): number {
  const { versions, labels } = world.secrets.accessToken.state;
  const value = labels.AWSCURRENT && versions.get(labels.AWSCURRENT);
  return (value && decodeAccessToken(value).expiresAtMs) || world.nowMs;
}

/** Until when the provider asked us to wait: an hour at the most, and a clock may be off. */
function patienceMs({ world }: Simulation): number {
  const { retryAtMs } = world.journal;
  return Math.min(retryAtMs ?? 0, world.nowMs + hourMs + 61_000);
}

/** What is wrong with the connection, in truth. */
function troubleOf(simulation: Simulation): Trouble {
  const { world, ledger } = simulation;
  const { journal, provider } = world;
  const current = ledger.current();
  const { versions, labels } = world.secrets.accessToken.state;
  const value = labels.AWSCURRENT && versions.get(labels.AWSCURRENT);
  if (!current || !value) return 'nothing is stored';
  const published = decodeAccessToken(value);
  const isClientLatched =
    journal.latch?.kind === 'misconfigured' &&
    journal.latch.clientVersionId === `c${world.clientVersion}`;
  if (isClientLatched) return 'misconfigured';
  if (!provider.isAccepted(current.refreshToken.reveal(), world.nowMs)) return 'revoked';
  const isRevoked =
    journal.latch?.kind === 'revoked' && compare(journal.latch.position, current) === 0;
  if (isRevoked) return 'latched, and the server would accept the refresh token';
  if (journal.dispatch !== null) return 'an attempt is still open';
  if (journal.seals.length > 0) return 'a seal is left';
  if (compare(published, current) !== 0) return 'what is published is not what is current';
  const token = published.accessToken.reveal();
  return provider.isAccessAccepted(token, world.nowMs) ? 'none' : 'the access token is dead';
}

function checkRevoked(simulation: Simulation): void {
  const { world, ledger } = simulation;
  const { latch } = world.journal;
  const current = ledger.current();
  if (current === undefined) return;
  if (latch?.kind !== 'revoked' || compare(latch.position, current) !== 0) {
    ledger.violated('G6', 'revoked in truth, and not latched');
    return;
  }
  checkCalls(simulation, true);
  if (!isExplained(simulation)) {
    ledger.violated('G6', 'the grant is dead, and nothing explains why');
  }
}

/** A connection that is well is said to be well. */
function checkWellness(simulation: Simulation): void {
  const { ledger, world } = simulation;
  const outcome = ledger.reports.at(-1)?.report.outcome;
  const isPatient = patienceMs(simulation) > world.nowMs && outcome?.kind === 'waiting';
  if (outcome && classOf(outcome) !== 'done' && !isPatient) {
    ledger.violated('G5', `a connection that is well is reported as '${outcome.kind}'`);
  }
  checkCalls(simulation, false);
}

/** A person is called once for each latch. */
function checkCalls({ ledger }: Simulation, isLatched: boolean): void {
  for (const breach of ledger.calls.breaches()) ledger.violated('G5', breach);
  if (isLatched && !ledger.calls.isAnyReported) {
    ledger.violated('G5', 'no check spoke of the latch');
  }
}

/** Whether a named window, the person or a policy that promises too much took the grant away. */
function isExplained({ world, ledger }: Simulation): boolean {
  const { policy, provider } = world.history;
  if (!isHonest(policy, provider.mode, provider.graceSeconds)) return true;
  const current = ledger.current();
  const issue = current?.accessToken && world.provider.issueOf(current.accessToken.reveal());
  if (!current || !issue) return false;
  if (issue.family.endedBy === 'user') return true;
  const fatal = ledger.fatal.get(issue.family);
  return hasHole(ledger, fatal?.parent ?? current);
}

/** A window at this generation, or at the one that it came from. */
function hasHole(ledger: Ledger, position: Position): boolean {
  const parent = ledger.pairAt(position)?.presentation?.parent;
  const places = parent === undefined ? [position] : [position, parent];
  return places.some((place) => ledger.holes.has(keyOf(place)));
}
