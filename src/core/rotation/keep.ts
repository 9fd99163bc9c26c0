import { StoreRefused } from '../ports.ts';
import { encodeGrant } from '../records/grant.ts';
import { seal } from '../records/seal.ts';
import { backoffMs } from '../retry.ts';
import { orRefusal } from '../store-refusal.ts';
import type { Ending, GrantVersion, Pass } from './pass.ts';
import { putGrant } from './promote.ts';

const sealTriesMax = 3;

/**
 * Step 5: seals the new pair into the journal and puts it as a version, again until the time is up. Fenced
 * by nothing: a holder that has lost its lease must still be able to keep its token. Either makes it safe;
 * the pass ends where there is no version, which alone can become current.
 */
export async function keep(pass: Pass, minted: GrantVersion): Promise<Ending | undefined> {
  const { clock } = pass.ports;
  const sealing = home(() => sealGrant(pass, minted));
  const storing = home(() => putGrant(pass, minted));
  for (let tries = 0; ; tries += 1) {
    await sealing.attempt(); // guard: the seal
    await storing.attempt(); // guard: the put
    const enough = storing.done && (sealing.done || tries + 1 >= sealTriesMax);
    const waitMs = backoffMs(tries);
    if (enough || clock.monotonicMs() + waitMs >= pass.endMs) break; // guard: keeping again until the deadline
    await clock.wait(waitMs);
  }
  const refusals = [sealing.refusal, storing.refusal].filter((refusal) => refusal !== undefined);
  pass.warnings.push(...refusals);
  const detail = refusals.join('; ');
  return storing.done ? undefined : { outcome: { kind: sealing.done ? 'kept' : 'lost', detail } };
}

/** What is refused once a token is kept: it is safe, and the next pass goes on from there. */
export async function orKept<T>(action: () => Promise<T>): Promise<T | Ending> {
  const done = await orRefusal(action);
  return done instanceof StoreRefused ? { outcome: { kind: 'kept', detail: done.message } } : done;
}

async function sealGrant(pass: Pass, { versionId, grant }: GrantVersion): Promise<void> {
  const sealed = { versionId, position: grant, sealKey: grant.sealKey };
  const made = seal(encodeGrant(grant), sealed, pass.ports.random);
  await pass.session.amend(
    (journal) =>
      journal.seals.some((other) => other.versionId === versionId)
        ? journal
        : { ...journal, seals: [...journal.seals, made] }, // guard: sealing without the lease
  );
}

interface Home {
  readonly attempt: () => Promise<void>;
  done: boolean;
  refusal: string | undefined;
}

function home(store: () => Promise<void>): Home {
  const self: Home = {
    done: false,
    refusal: undefined,
    attempt: async () => {
      if (self.done) return;
      const refusal = await orRefusal(store); // guard: the other home is tried where one refuses
      if (refusal instanceof StoreRefused) self.refusal = refusal.message;
      else self.done = true;
    },
  };
  return self;
}
