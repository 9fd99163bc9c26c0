// Goal: a history is decided by its seed alone, and the scheduler lets every interleaving happen.
// Method: the same seed twice, and all orders of a few calls by script.
import { describe, expect, it } from 'vitest';
import { historyOf } from '../histories/random-history.ts';
import { simulate } from '../simulation.ts';
import { type Chooser, type Process, Scheduler } from './scheduler.ts';

/** Two programs of `calls` calls each, played by a script; what they did, in order. */
async function interleave(script: readonly number[], calls: number): Promise<string> {
  let at = 0;
  const chooser: Chooser = {
    choose: (ready) => {
      const wanted = script[at];
      at += 1;
      return Math.max(
        0,
        ready.findIndex((call) => call.process.id === wanted),
      );
    },
    latencyMs: () => 1,
  };
  const scheduler = new Scheduler(0, chooser, () => {});
  const done: number[] = [];
  const body = async (process: Process) => {
    for (let call = 0; call < calls; call += 1) {
      await new Promise<void>((resolve) => {
        const run = () => {
          done.push(process.id);
          resolve();
        };
        scheduler.suspend({ process, label: 'call', readyAtMs: 0, run });
      });
      // Continuations of any length must have run before the next call is chosen.
      for (let hop = 0; hop < 40; hop += 1) await undefined;
    }
  };
  for (const name of ['first', 'second']) {
    const onEnd = () => {};
    scheduler.spawn({ name, atMs: 0, skewMs: 0, lifeMs: 1000, body, onEnd, onThrow: onEnd });
  }
  await scheduler.run(() => true, 1000);
  return done.join('');
}

/** All ways to choose between two programs, `choices` times. */
function scripts(choices: number): number[][] {
  if (choices === 0) return [[]];
  return scripts(choices - 1).flatMap((script) => [
    [...script, 0],
    [...script, 1],
  ]);
}

describe('the scheduler', () => {
  it('can play every interleaving of two programs with three calls each', async () => {
    const seen = new Set<string>();
    for (const script of scripts(8)) seen.add(await interleave(script, 3));
    // Two programs with three calls each can be woven into one another in 6! / (3! 3!) ways.
    expect(seen.size).toBe(20);
  });

  it('plays the same history from the same seed', async () => {
    for (let seed = 0; seed < 60; seed += 1) {
      const first = await simulate(historyOf(seed), true);
      const second = await simulate(historyOf(seed), true);
      expect(second.trace).toEqual(first.trace);
      expect(second.steps).toBe(first.steps);
    }
  });

  it('plays different histories from different seeds', async () => {
    const traces = new Set<string>();
    for (let seed = 0; seed < 40; seed += 1) {
      traces.add((await simulate(historyOf(seed), true)).trace.join('\n'));
    }
    expect(traces.size).toBe(40);
  });

  it('never resumes a process that was killed', async () => {
    const scheduler = new Scheduler(0, { choose: () => 0, latencyMs: () => 1 }, () => {});
    const lines: string[] = [];
    const body = async (process: Process) => {
      lines.push('started');
      await new Promise<void>((resolve) => {
        scheduler.suspend({ process, label: 'call', readyAtMs: 50, run: resolve });
      });
      lines.push('resumed');
    };
    const onEnd = () => lines.push('ended');
    scheduler.spawn({
      name: 'doomed',
      atMs: 0,
      skewMs: 0,
      lifeMs: 20,
      body,
      onEnd,
      onThrow: onEnd,
    });
    await scheduler.run(() => true, 100);
    expect(lines).toEqual(['started']);
  });
});
