import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { LocalSystem } from '../../connection/local/system.ts';
import { killSteps } from '../../console/kill-steps.ts';
import type { Done, KilledView } from '../../console/view.ts';
import { classOf, type Outcome } from '../../core/outcome/outcome.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import type { PassStep } from '../../core/rotation/pass.ts';

/** Kills rotators of one stand, one after the other. */
export interface KilledRotator {
  /** The rotator that was killed last, and what has become of its work. */
  readonly killed: KilledView | null;
  /** Starts a rotator as a process of its own, and resolves once it is dead, or ended before the step. */
  kill(step: PassStep, system: LocalSystem): Promise<Done>;
  /** The next run, at the moment when it may do something: `advance` moves the clocks there. */
  nextRun(system: LocalSystem, advance: Advance): Promise<Done>;
}

/** Moves the clocks of system and sandbox on. */
export type Advance = (seconds: number) => void;

/** How the rotator that is to be killed is started. */
export interface RotatorStart {
  /** The built command. */
  readonly script: string;
  /** Of the file store. */
  readonly path: string;
  readonly connection: string;
  readonly sandboxUrl: string;
}

const busyTriesMax = 50;
const busyWaitMs = 100;

/** A killer that has killed nobody yet. */
export function killedRotator(start: RotatorStart): KilledRotator {
  let killed: KilledView | null = null;
  return {
    get killed() {
      return killed;
    },
    kill: async (step, system) => {
      const missed = await startAndKill(step, { ...start, aheadMs: system.clock.aheadMs() });
      killed = { step, missed, next: null, againAtMs: null };
      return missed === null
        ? { tone: 'bad', text: `the rotator was killed: ${killSteps[step].label}` }
        : { tone: 'plain', text: `the rotator did not reach this step: ${missed}` };
    },
    nextRun: async (system, advance) => {
      if (killed === null) return { tone: 'plain', text: 'no rotator was killed yet' };
      const outcome = await nextRun(killed, system, advance);
      const next = doneBy(outcome);
      const againAtMs = outcome.kind === 'uncertain' ? outcome.replayAtMs : null;
      killed = { ...killed, next, againAtMs };
      return next;
    },
  };
}

/** How an outcome is shown to the person who asked for the pass. */
export function doneBy(outcome: Outcome): Done {
  return { tone: classOf(outcome) === 'done' ? 'good' : 'bad', text: describeOutcome(outcome) };
}

/** `null` once it is killed, else what it said when it ended. */
async function startAndKill(
  step: PassStep,
  start: RotatorStart & { readonly aheadMs: number },
): Promise<string | null> {
  const { script, path, connection, sandboxUrl, aheadMs } = start;
  const args = [
    ...['doomed-rotator', '--store', path, '--connection', connection],
    ...['--provider-url', sandboxUrl, '--ahead-ms', String(aheadMs), '--kill-at', step],
  ];
  // Nothing of the surroundings comes between two ends of one machine.
  const child = spawn(process.execPath, [script, ...args], {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const hear = (chunk: Buffer) => {
    said += chunk;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return signal === 'SIGKILL' ? null : said.trim();
}

async function nextRun(
  { step, againAtMs }: KilledView,
  system: LocalSystem,
  advance: Advance,
): Promise<Outcome> {
  const waitMs = (againAtMs ?? 0) - system.clock.nowMs();
  if (waitMs > 0) advance(Math.ceil(waitMs / 1000));
  // What was killed before it had done anything had been asked to refresh, and so is its successor.
  const onlyIfDue = step !== 'lease' && step !== 'read';
  for (let tries = 0; ; tries += 1) {
    const outcome = await system.rotate({ trigger: 'operator', onlyIfDue });
    // The schedule looks too when time has passed.
    if (outcome.kind !== 'busy' || tries >= busyTriesMax) return outcome;
    await system.clock.wait(busyWaitMs);
  }
}
