// Goal: the person who is called, with no other hands than the commands that the outcome names.
// Method: each command by what it does: the same functions, over ports of a process of its own.

import { remedyFor } from '../../../src/cli/rotate/recover-remedies.ts';
import type { Connection } from '../../../src/connection/connection.ts';
import { storeApplication } from '../../../src/connection/login/application.ts';
import { resume } from '../../../src/core/operations/pause.ts';
import type { Outcome } from '../../../src/core/outcome/outcome.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import type { Simulation } from '../simulation.ts';
import { clientOf } from '../world/beginning.ts';
import type { SimulatedPorts } from '../world/rotator-ports.ts';
import { startLogin } from './logins.ts';
import { type Start, startPass, startProcess } from './processes.ts';

type Command = (simulation: Simulation, start: Start) => void;

const commands: Readonly<Record<string, Command>> = {
  'fresco login': startLogin,
  'fresco login --application-only': startStoring,
  'fresco rotate': (simulation, start) =>
    startPass(simulation, { ...start, name: 'operator' }, { trigger: 'operator' }),
  'fresco recover': startRecovery,
  'fresco resume': (simulation, start) =>
    startProcess(simulation, { ...start, name: 'resume' }, async ({ journal, clock }) => {
      await resume(journal, clock);
      return 'resumed';
    }),
};

/** Runs a command to its end; false where a promise was broken meanwhile. */
export async function carryOut(simulation: Simulation, command: string): Promise<boolean> {
  const start = commands[command];
  if (start === undefined) throw new Error(`nobody knows how to run '${command}'`);
  start(simulation, { actor: -1, atMs: simulation.world.nowMs + 1000, skewMs: 0 });
  return simulation.run();
}

/** A person types in the application as it is registered. */
export function startStoring(simulation: Simulation, start: Start): void {
  startProcess(simulation, { ...start, name: 'application' }, ({ applicationSecret, random }) =>
    storeApplication(applicationSecret, clientOf(simulation.world.provider), random, {
      again: true,
    }),
  );
}

/** `fresco recover --yes`: an ordinary check, then what helps against what it came to, each once. */
function startRecovery(simulation: Simulation, start: Start): void {
  startProcess(simulation, { ...start, name: 'recover' }, async (ports) => {
    const connection = connectionOf(simulation, ports);
    const check = () => rotate(ports, { trigger: 'operator', onlyIfDue: true });
    let outcome: Outcome = await check();
    const done = new Set<string>();
    for (;;) {
      const remedy = await remedyFor(connection, outcome);
      // What puts a living token at risk is confirmed by an option of its own, and not what was called for.
      const isGiven = remedy !== undefined && (remedy.isSafe || remedy.step === 'forget-seal');
      if (!isGiven || done.has(remedy.step)) return outcome;
      done.add(remedy.step);
      outcome = (await remedy.carryOut()) ?? (await check());
    }
  });
}

function connectionOf({ world }: Simulation, ports: SimulatedPorts): Connection {
  const { versions } = world.secrets.grant.state;
  const byHand = { ports: () => ports, grantVersionIds: async () => [...versions.keys()] };
  return { byHand, journal: ports.journal, grant: ports.grant } as unknown as Connection;
}
