// Goal: programs that want a token, one alone or several in a process, and find out whether it works.
// Method: the real token source over the published secret; asking the rotator starts a pass of its own.

import {
  answerOf,
  type RefreshAnswer,
  type RefreshWish,
} from '../../../src/core/consumers/rotator.ts';
import { createTokenSource, type TokenSource } from '../../../src/core/consumers/token-source.ts';
import { isNewer } from '../../../src/core/position.ts';
import type { AccessToken } from '../../../src/core/records/access-token.ts';
import type { Simulation } from '../simulation.ts';
import type { SimulatedPorts } from '../world/rotator-ports.ts';
import type { Process } from '../world/scheduler.ts';
import { type Start, startPass, startProcess } from './processes.ts';

const minutesMs = 60_000;

/** One consumer in a process. */
export function startConsumer(simulation: Simulation, start: Start): void {
  startProcess(simulation, { ...start, name: 'consumer' }, (ports, process) => {
    const source = sourceOf(simulation, start, ports);
    return consume(simulation, process, source);
  });
}

/** Several callers in one process, over one source. */
export function startCrowd(simulation: Simulation, start: Start): void {
  startProcess(simulation, { ...start, name: 'crowd' }, async (ports, process) => {
    const source = sourceOf(simulation, start, ports);
    const callers = [0, 1, 2].map(async (caller) => {
      await ports.clock.wait(caller * 30);
      return consume(simulation, process, source);
    });
    const ends = await Promise.all(callers);
    return [...new Set(ends)].sort().join(', ');
  });
}

function sourceOf(simulation: Simulation, start: Start, ports: SimulatedPorts): TokenSource {
  const { world, ledger } = simulation;
  const asked = new Set<string>();
  const ask = async (wish: RefreshWish) => {
    const key = wish.rejected === undefined ? 'validity' : JSON.stringify(wish.rejected);
    if (asked.has(key)) ledger.violated('limits', 'two callers of one process asked at once');
    asked.add(key);
    const answer = await new Promise<RefreshAnswer>((resolve) => {
      const pass = { ...start, atMs: world.nowMs, name: 'on demand' };
      const noAnswer = { kind: 'unavailable', detail: 'the rotator did not answer' } as const;
      startPass(simulation, pass, { ...wish, trigger: 'consumer' }, (outcome) =>
        resolve(outcome === undefined ? noAnswer : answerOf(outcome)),
      );
    });
    asked.delete(key);
    return answer;
  };
  const { clock, accessToken } = ports;
  return createTokenSource({ clock, accessToken, rotator: { ask } });
}

/** Obtains a token and uses it; complains if it is refused, and now and then for a wrong reason. */
async function consume(
  simulation: Simulation,
  process: Process,
  source: TokenSource,
): Promise<string> {
  const { world } = simulation;
  const minValidityMs = world.chance.pick([5, 5, 60, 30 * 60]) * minutesMs;
  const wasGood = isGood(simulation, minValidityMs);
  const first = await source.obtain({ minValidityMs });
  if (first.kind !== 'token') {
    if (wasGood && isGood(simulation, minValidityMs)) checkTurnedAway(simulation, process);
    return first.kind;
  }
  const isRefused = !works(simulation, first.token);
  if (!isRefused && !world.chance.isChance(0.2)) return 'served';
  const second = await source.rejected(first.token);
  if (second.kind !== 'token') return second.kind;
  if (isRefused) checkServed(simulation, first.token, second.token);
  return 'served again';
}

function works({ world }: Simulation, { accessToken }: AccessToken): boolean {
  return world.provider.isAccessAccepted(accessToken.reveal(), world.nowMs);
}

/** Whether the token that is published would do, whatever anybody's clock says. */
function isGood(simulation: Simulation, minValidityMs: number): boolean {
  const token = simulation.published();
  if (token === undefined || !works(simulation, token)) return false;
  const leftMs = (token.expiresAtMs ?? Number.POSITIVE_INFINITY) - simulation.world.nowMs;
  return leftMs > minValidityMs + minutesMs;
}

function checkTurnedAway({ ledger, world }: Simulation, process: Process): void {
  const isExcused =
    ledger.deeds.of(process).isRefused ||
    world.happened.has('reads are behind') ||
    world.happened.has('reads see nothing') ||
    world.happened.has('damaged') ||
    world.hasClockJumped;
  if (!isExcused) ledger.violated('G5', 'a consumer was turned away though a good token was there');
}

function checkServed({ ledger, world }: Simulation, dead: AccessToken, given: AccessToken): void {
  const isCanaryRight =
    !world.happened.has('canary is wrong') && !world.happened.has('canary cannot ask');
  if (isCanaryRight && !isNewer(given, dead)) {
    ledger.violated('G5', 'a consumer was given the token that it had found dead');
  }
}
