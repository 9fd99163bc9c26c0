// Goal: what is foreseen of a check is what it does.
// Method: the preview over the stores as they are before the check, outside of every process; the check itself is
// some calls later, so where a moment decides, the forecast of that moment counts as well.

import { type Preview, preview } from '../../../src/core/operations/preview.ts';
import type { Outcome } from '../../../src/core/outcome/outcome.ts';
import type { VersionedSecret } from '../../../src/core/ports.ts';
import { clientSource } from '../../../src/core/records/client.ts';
import type { RotationPorts, RotationRequest } from '../../../src/core/rotation/pass.ts';
import { times } from '../histories/history.ts';
import type { Simulation } from '../simulation.ts';
import { ownerOf } from '../world/deeds.ts';
import { place } from '../world/rotator-ports.ts';
import { SecretModel, type SecretState } from '../world/secret-model.ts';

/** What a pass that begins then would do, by what is stored now. */
export type Forecast = (request: RotationRequest, atMs: number) => Promise<Preview>;

/** Keeps what is stored now. */
export function forecastOf({ world }: Simulation): Forecast {
  const { journal, revision, secrets, history, scheduler } = world;
  const { grant, accessToken, client } = secrets;
  const states = { grant: grant.state, accessToken: accessToken.state, client: client.state };
  return (request, atMs) => {
    let waitedMs = 0;
    const dateMs = Math.floor(atMs / 1000) * 1000;
    const ports: RotationPorts = {
      clock: {
        nowMs: () => atMs + waitedMs,
        monotonicMs: () => waitedMs,
        wait: async (ms) => {
          waitedMs += ms;
        },
      },
      random: { bytes: (count) => new Uint8Array(count).fill(waitedMs % 256) },
      owner: {
        id: 'forecast',
        isDead: (owner) =>
          history.host === 'machine' &&
          !scheduler.processes.some((it) => ownerOf(it) === owner && it.state === 'running'),
      },
      journal: {
        read: async () => ({ journal, revision, ...(history.host === 'lambda' ? { dateMs } : {}) }),
        write: async () => 'conflict',
      },
      grant: secretIn(states.grant),
      accessToken: secretIn(states.accessToken),
      client: clientSource(secretIn(states.client)),
      endpoint: { refresh: () => Promise.reject(new Error('a forecast asks nobody')) },
      canary: { check: () => Promise.reject(new Error('a forecast asks nobody')) },
      reporter: { report: () => Promise.reject(new Error('a forecast tells nobody')) },
      settings: { ...place, ...times, policy: history.policy },
    };
    return preview(ports, request);
  };
}

function secretIn(state: SecretState): VersionedSecret {
  const model = new SecretModel(state);
  return {
    current: async () => model.readCurrent(),
    version: async (id) => model.readVersion(id),
    put: () => Promise.reject(new Error('a forecast writes nothing')),
    promote: () => Promise.reject(new Error('a forecast writes nothing')),
  };
}

function isManual(outcome: Outcome): boolean {
  return outcome.kind === 'fresh' && outcome.token.expiresAtMs === null;
}

/** Whether a pass did what was foreseen. */
export function isAsForeseen(
  foreseen: Preview,
  did: { readonly outcome: Outcome; readonly hasSent: boolean },
): boolean {
  // A manual token alone is tried by a check of the schedule.
  if (foreseen.kind === 'would-ask') return isManual(did.outcome) && !did.hasSent;
  if (foreseen.kind === 'would-send') return did.hasSent;
  return !did.hasSent && foreseen.outcome.kind === did.outcome.kind;
}
