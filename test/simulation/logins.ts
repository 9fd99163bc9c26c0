// Goal: people who give their consent, here or elsewhere.
// Method: the real login, and for a refresh token from elsewhere the pass that proves it, as the command does.
import { type Consent, login } from '../../src/core/login.ts';
import { Secret } from '../../src/core/secret.ts';
import { type Start, startPass, startProcess } from './processes.ts';
import type { Issue } from './provider.ts';
import { place, type SimulatedPorts } from './rotator-ports.ts';
import type { Process } from './scheduler.ts';
import type { Simulation } from './simulation.ts';

/** A person logs in. */
export function startLogin(simulation: Simulation, start: Start): void {
  startProcess(simulation, { ...start, name: 'login' }, async (ports, process) => {
    const requestedAtMs = ports.clock.nowMs();
    const issue = await consented(simulation, process);
    return login(ports, {
      ...consentOf(issue, requestedAtMs),
      accessToken: new Secret(issue.accessToken),
      expiresInSeconds: simulation.world.provider.settings.accessTokenSeconds,
    });
  });
}

/** A person adopts a refresh token, and proves it by one pass. */
export function startAdoption(simulation: Simulation, start: Start): void {
  startProcess(
    simulation,
    { ...start, name: 'adopt' },
    async (ports: SimulatedPorts, process) => {
      const issue = await consented(simulation, process);
      return login(ports, consentOf(issue, ports.clock.nowMs()));
    },
    (loggedIn) => {
      if (loggedIn === undefined) return;
      const pass = { ...start, atMs: simulation.world.nowMs, name: 'proof' };
      startPass(simulation, pass, { door: 'login' });
    },
  );
}

function consented({ world, ledger }: Simulation, process: Process): Promise<Issue> {
  return world.call<Issue>(process, {
    label: 'code.exchange',
    effect: () => world.provider.authorize(world.nowMs),
    onAnswer: (issued) => ledger.loggedIn(process, issued),
  });
}

function consentOf(issue: Issue, requestedAtMs: number): Consent {
  return {
    refreshToken: new Secret(issue.refreshToken),
    requestedAtMs,
    expiresInSeconds: 0,
    companies: place.companies,
  };
}
