import { StoreRefused } from '../ports.ts';
import { encodeGrant } from '../records/grant.ts';
import { seal } from '../records/seal.ts';
import { backoffMs } from '../retry.ts';
import type { GrantVersion, Pass } from './pass.ts';
import { putGrant } from './promote.ts';

const sealTriesMax = 3;

/** Which homes a new token has found; either makes it safe, a version alone can become current. */
export interface Kept {
  readonly sealed: boolean;
  readonly stored: boolean;
  readonly refusals: readonly string[];
}

/**
 * Step 5: seals the new pair into the journal and puts it as a version, again until the time is up. Fenced
 * by nothing: a holder that has lost its lease must still be able to keep its token.
 */
export async function keep(pass: Pass, minted: GrantVersion): Promise<Kept> {
  const { clock } = pass.ports;
  const sealing = home(() => sealGrant(pass, minted));
  const storing = home(() => putGrant(pass, minted));
  for (let tries = 0; ; tries += 1) {
    await sealing.attempt();
    await storing.attempt();
    const enough = storing.done && (sealing.done || tries + 1 >= sealTriesMax);
    const waitMs = backoffMs(tries);
    if (enough || clock.monotonicMs() + waitMs >= pass.endMs) break;
    await clock.wait(waitMs);
  }
  const refusals = [sealing.refusal, storing.refusal].filter((refusal) => refusal !== undefined);
  return { sealed: sealing.done, stored: storing.done, refusals };
}

async function sealGrant(pass: Pass, { versionId, grant }: GrantVersion): Promise<void> {
  const sealed = { versionId, position: grant, sealKey: grant.sealKey };
  const made = seal(encodeGrant(grant), sealed, pass.ports.random);
  await pass.session.amend((journal) =>
    journal.seals.some((other) => other.versionId === versionId)
      ? journal
      : { ...journal, seals: [...journal.seals, made] },
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
      try {
        await store();
        self.done = true;
      } catch (error) {
        if (!(error instanceof StoreRefused)) throw error;
        self.refusal = error.message;
      }
    },
  };
  return self;
}
