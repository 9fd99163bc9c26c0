// Goal: people who give their consent, here or elsewhere.
// Method: the real login, and for a refresh token from elsewhere the pass that proves it, as the command does.

import { type Consent, login } from '../../../src/core/operations/login.ts';
import { installManualToken } from '../../../src/core/operations/manual-token.ts';
import { encodeClient } from '../../../src/core/records/client.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { Simulation } from '../simulation.ts';
import { clientOf } from '../world/beginning.ts';
import type { Issue } from '../world/provider.ts';
import { place, type SimulatedPorts } from '../world/rotator-ports.ts';
import type { Process } from '../world/scheduler.ts';
import type { World } from '../world/world.ts';
import { type Start, startPass, startProcess } from './processes.ts';

/** A person logs in. */
export function startLogin(simulation: Simulation, start: Start): void {
  startProcess(simulation, { ...start, name: 'login' }, async (ports, process) => {
    const requestedAtMs = ports.clock.nowMs();
    const issue = await consented(simulation, process);
    // The command uses the application that is stored, and stores nothing where that is refused.
    if (issue === undefined) return 'refused';
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
      return issue && login(ports, consentOf(issue, ports.clock.nowMs()));
    },
    (loggedIn) => {
      if (loggedIn === undefined) return;
      const pass = { ...start, atMs: simulation.world.nowMs, name: 'proof' };
      startPass(simulation, pass, { trigger: 'login' });
    },
  );
}

/** A person puts in a manual token. */
export function startManual(simulation: Simulation, start: Start): void {
  startProcess(simulation, { ...start, name: 'manual' }, (ports) => {
    const accessToken = new Secret(simulation.world.provider.makeManual());
    return installManualToken(ports, { accessToken, companies: place.companies, scopes: [] });
  });
}

function consented({ world, ledger }: Simulation, process: Process): Promise<Issue | undefined> {
  return world.call<Issue | undefined>(process, {
    label: 'code.exchange',
    effect: () => (isKnownThere(world) ? world.provider.authorize(world.nowMs) : undefined),
    onAnswer: (issued) => issued && ledger.loggedIn(process, issued),
  });
}

/** Whether the application that is stored is the one that is registered. */
export function isKnownThere({ provider, secrets }: World): boolean {
  const { versions, labels } = secrets.client.state;
  const value = versions.get(labels.AWSCURRENT ?? '');
  return value?.equals(encodeClient(clientOf(provider))) === true;
}

function consentOf(issue: Issue, requestedAtMs: number): Consent {
  return {
    refreshToken: new Secret(issue.refreshToken),
    requestedAtMs,
    expiresInSeconds: 0,
    companies: place.companies,
  };
}
