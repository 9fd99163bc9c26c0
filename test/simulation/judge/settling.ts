// Goal: G6, the connection is fresh again without a person, or one is needed in truth and was called once.
// Method: after the faults, one check an hour for as long as patience is due; then a person, and one more check.
import { classOf, type Outcome } from '../../../src/core/outcome/outcome.ts';
import { commandsFor } from '../../../src/core/outcome/outcome-text.ts';
import { compare, type Position } from '../../../src/core/position.ts';
import { heldLatch } from '../../../src/core/rotation/latch.ts';
import { manualIn } from '../../../src/core/rotation/manual-check.ts';
import { consentWithoutTicket } from '../actors/consents.ts';
import { isFinished, proceed } from '../actors/native-rotations.ts';
import { carryOut } from '../actors/person.ts';
import { startPass } from '../actors/processes.ts';
import { Prng } from '../histories/prng.ts';
import type { Simulation } from '../simulation.ts';
import { forecastOf, isAsForeseen } from './forecast.ts';
import type { Ledger } from './ledger.ts';
import { issueIn, keyOf } from './pairs.ts';
import { isHonest } from './replay-law.ts';
import { patienceMs, type Trouble, troubleOf } from './trouble.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const request = { trigger: 'schedule' } as const;

/** Lets the world calm down and checks what it comes to. */
export async function settle(simulation: Simulation): Promise<void> {
  const { world } = simulation;
  world.calm();
  if (!(await finishRotations(simulation))) return;
  // An operator who died between pause and resume comes back.
  if (world.journal.pausedAtMs !== null && !(await carryOut(simulation, 'fresco resume'))) return;
  const trouble = await wait(simulation);
  if (trouble === undefined || !isHonored(simulation, trouble)) return;
  if (trouble !== 'none' && !(await callPerson(simulation, trouble))) return;
  checkCalls(simulation, trouble);
  // A check that found nothing to do is the last word; what another has just mended is looked at again.
  if (lastOutcome(simulation)?.kind !== 'fresh' && !(await check(simulation))) return;
  checkWellness(simulation);
}

/** Checks every hour until all is well or a person is needed; `undefined` when a promise was broken. */
async function wait(simulation: Simulation): Promise<Trouble | undefined> {
  const { world, ledger } = simulation;
  for (let checks = 1; ; checks += 1) {
    if (!(await check(simulation))) return undefined;
    const trouble = troubleOf(simulation);
    if (trouble === 'none') return trouble;
    const isOverdue = world.nowMs > patienceMs(simulation) + hourMs + minuteMs;
    if (trouble.startsWith('G6 ')) {
      if (isOverdue) ledger.violated('G6', trouble.slice(3));
    } else if (isCalled(simulation, trouble)) return trouble;
    // A refusal is believed when it is repeated.
    else if (isOverdue && checks > 2) {
      ledger.violated('G6', `${trouble} in truth, and no check says so`);
    }
    if (ledger.violations.length > 0) return undefined;
  }
}

/** One check of the schedule, an hour from now; what the journal knew before, it says. */
async function check(simulation: Simulation): Promise<boolean> {
  const { world, ledger } = simulation;
  const reportsBefore = ledger.reports.length;
  const { latch, dispatch } = world.journal;
  const atMs = world.nowMs + hourMs;
  const forecast = forecastOf(simulation);
  const sentBefore = sendsOf(ledger);
  startPass(simulation, { actor: -1, atMs, skewMs: 0, name: 'check' }, request);
  if (!(await simulation.run())) return false;
  const ended = lastOutcome(simulation);
  if (ended !== undefined) {
    const did = { outcome: ended, hasSent: sendsOf(ledger) > sentBefore };
    const isForeseen =
      isAsForeseen(await forecast(request, atMs), did) ||
      isAsForeseen(await forecast(request, world.nowMs), did);
    if (!isForeseen) ledger.violated('core', `a check was not foreseen: '${ended.kind}'`);
  }
  if (ledger.reports.length !== reportsBefore + 1) {
    ledger.violated('G5', 'a check did not report exactly once');
  }
  const outcome = lastOutcome(simulation);
  const current = ledger.current();
  if (outcome === undefined || current === undefined) return true;
  // Nothing of the grant counts while a manual token is served.
  if (manualIn(simulation.published(), current) !== undefined) return true;
  const stays = latch !== null && world.journal.latch === latch;
  if (stays && heldLatch(world.journal, current, world.secrets.client.currentId())) {
    // What else needs a person may come first.
    const isSaid = outcome.kind === 'latched' || classOf(outcome) === 'person';
    if (!isSaid) ledger.violated('G5', 'a check did not speak of the latch');
  }
  const isOpen = dispatch !== null && world.journal.dispatch === dispatch;
  if (isOpen && compare(dispatch.parent, current) === 0 && classOf(outcome) === 'done') {
    ledger.violated('G5', 'a check did not speak of an attempt without an answer');
  }
  return ledger.violations.length === 0;
}

function sendsOf({ presentations }: Ledger): number {
  return [...presentations.values()].reduce((sum, sent) => sum + sent.length, 0);
}

function lastOutcome({ ledger }: Simulation): Outcome | undefined {
  return ledger.reports.at(-1)?.report.outcome;
}

/** Whether the last check has called for a person by the right name. */
function isCalled(simulation: Simulation, trouble: Trouble): boolean {
  const outcome = lastOutcome(simulation);
  const isRefusedApplication = outcome?.kind === 'application-refused' && outcome.needsPerson;
  switch (trouble) {
    case 'not connected':
      return outcome?.kind === 'not-connected';
    case 'elsewhere':
      return outcome?.kind === 'elsewhere';
    case 'rolled back':
      return outcome?.kind === 'rolled-back';
    case 'unreadable':
      return outcome?.kind === 'seal-unreadable';
    case 'misconfigured':
      return isRefusedApplication || (outcome?.kind === 'latched' && outcome.latch.doubt != null);
    case 'revoked':
      return outcome?.kind === 'latched' || (isRefusedApplication && outcome.inDoubt);
    case 'doubted':
      return outcome?.kind === 'latched';
    default:
      return false;
  }
}

/** Whether a dead grant is dead for a reason that has a name. */
function isHonored(simulation: Simulation, trouble: Trouble): boolean {
  if (trouble !== 'revoked' || isExplained(simulation)) return true;
  simulation.ledger.violated('G6', 'the grant is dead, and nothing explains why');
  return false;
}

/** A person does what they were called for, one command after the other, until a check finds the connection well. */
async function callPerson(simulation: Simulation, trouble: Trouble): Promise<boolean> {
  const { world, ledger } = simulation;
  const outcome = lastOutcome(simulation);
  const named = outcome === undefined ? [] : commandsFor(outcome);
  // Some try the last one first: either may be what helps.
  const commands = world.chance.isChance(0.5) ? named : named.toReversed();
  for (const command of commands) {
    if (!(await carriedOut(simulation, command))) return false;
    const next = await wait(simulation);
    if (next === undefined || next === 'none') return next === 'none';
    if (trouble === 'misconfigured' && next === 'doubted') {
      ledger.violated('G6', 'the application is right again, and the latch stays');
    }
    // One trouble may have hidden another, or the server has ended the grant meanwhile.
    if (next !== trouble) return isHonored(simulation, next) && callPerson(simulation, next);
  }
  ledger.violated('G6', `${trouble}, and after a person has acted still so`);
  return false;
}

/** Whoever owns the account may follow the link where the command is to log in. */
function carriedOut(simulation: Simulation, command: string): Promise<boolean> {
  const { world, ledger } = simulation;
  const current = ledger.current();
  const isOpen = current && heldLatch(world.journal, current, world.secrets.client.currentId());
  const isByLink = new Prng(world.history.seed, 13).isChance(0.5);
  if (command !== 'fresco login' || !isOpen || !isByLink) return carryOut(simulation, command);
  consentWithoutTicket(simulation, { actor: -1, atMs: world.nowMs + 1000, skewMs: 0 });
  return simulation.run();
}

async function finishRotations(simulation: Simulation): Promise<boolean> {
  const { world, ledger } = simulation;
  for (const rotation of simulation.rotations) {
    if (isFinished(rotation)) continue;
    proceed(simulation, { actor: -1, atMs: world.nowMs, skewMs: 0 }, rotation, 2);
    if (!(await simulation.run())) return false;
  }
  const { AWSPENDING: pending, AWSCURRENT: current } = world.secrets.grant.state.labels;
  if (pending === undefined || pending === current) return true;
  ledger.violated('G6', 'AWSPENDING stayed behind');
  return false;
}

/** A connection that is well is said to be well. */
function checkWellness(simulation: Simulation): void {
  const outcome = lastOutcome(simulation);
  const isRightToWait = outcome?.kind === 'waiting' || outcome?.kind === 'limited';
  const isPatient = isRightToWait && patienceMs(simulation) > simulation.world.nowMs;
  if (outcome && classOf(outcome) !== 'done' && !isPatient) {
    simulation.ledger.violated('G5', `a connection that is well is reported as '${outcome.kind}'`);
  }
}

/** A person is called once for each latch. */
function checkCalls({ ledger }: Simulation, trouble: Trouble): void {
  for (const breach of ledger.calls.breaches()) ledger.violated('G5', breach);
  if (trouble === 'revoked' && !ledger.calls.isAnyReported) {
    ledger.violated('G5', 'no check spoke of the latch');
  }
}

/** Whether a named window, the person or a policy that promises too much took the grant away. */
function isExplained({ world, ledger }: Simulation): boolean {
  const { policy, provider } = world;
  if (!isHonest(policy, provider.mode, provider.settings.graceSeconds)) return true;
  const current = ledger.current();
  const issue = current && issueIn(world.provider, current);
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
