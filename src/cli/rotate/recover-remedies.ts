import type { Connection } from '../../connection/connection.ts';
import {
  earlierCandidate,
  forgetSeal,
  grantsAmong,
  openedAmong,
  putBack,
  putBackCandidate,
  putOpened,
  sendAgain,
  tryEarlier,
} from '../../core/operations/recover-by-hand.ts';
import type { Outcome } from '../../core/outcome/outcome.ts';
import type { GrantVersion } from '../../core/rotation/pass.ts';

/** One thing that a person can decide to have done, told in full before it is. */
export interface Remedy {
  readonly step: 'put-back' | 'open-seal' | 'forget-seal' | 'send-again' | 'earlier-token';
  /** What it does and what it puts at risk. */
  readonly explanation: string;
  /** Nothing can be lost by it. */
  readonly isSafe: boolean;
  /** The outcome of a pass; `undefined`: the next check tells. */
  carryOut(): Promise<Outcome | undefined>;
}

/** What can be done about an outcome by hand; nothing: the outcome's own sentence says what else helps. */
export async function remedyFor(
  connection: Connection,
  outcome: Outcome,
): Promise<Remedy | undefined> {
  switch (outcome.kind) {
    case 'uncertain':
      return sendingAgain(connection);
    case 'rolled-back':
      return puttingBack(connection);
    case 'store-refused':
      return outcome.reason === 'damaged' ? puttingBack(connection) : undefined;
    case 'seal-unreadable':
      return aboutSeal(connection, outcome.versionId);
    case 'latched':
      return tryingEarlier(connection);
    case 'fresh':
    case 'refreshed':
    case 'recovered':
    case 'adopted':
    case 'busy':
    case 'paused':
    case 'waiting':
    case 'limited':
    case 'refused':
    case 'application-refused':
    case 'unavailable':
    case 'unexpected':
    case 'kept':
    case 'lost':
    case 'out-of-time':
    case 'clock-skewed':
    case 'elsewhere':
    case 'token-rejected':
    case 'permission-missing':
    case 'not-connected':
      return undefined;
  }
}

async function kept({ byHand }: Connection): Promise<readonly GrantVersion[]> {
  return grantsAmong(byHand.ports(), await byHand.grantVersionIds());
}

function sendingAgain({ byHand }: Connection): Remedy {
  return {
    step: 'send-again',
    isSafe: false,
    explanation:
      'the refresh token whose response was lost is sent once more, now. If the provider has already used it and treats a second use as theft, it ends the connection, and the access token that still works: then run fresco login. Waiting is safer: it is sent again automatically when there is least to lose',
    carryOut: () => sendAgain(byHand.ports()),
  };
}

async function puttingBack(connection: Connection): Promise<Remedy | undefined> {
  const ports = connection.byHand.ports();
  const { journal } = await connection.journal.read();
  const found = putBackCandidate(await kept(connection), journal.known);
  if (found === undefined) return undefined;
  return {
    step: 'put-back',
    isSafe: true,
    explanation: `generation ${found.grant.generation}, the newest saved version of the grant, becomes current again; nothing is sent`,
    carryOut: async () => {
      await putBack(ports, found);
      return undefined;
    },
  };
}

async function aboutSeal(connection: Connection, versionId: string): Promise<Remedy | undefined> {
  const { byHand } = connection;
  const { journal } = await connection.journal.read();
  const seal = journal.seals.find((it) => it.versionId === versionId);
  if (seal === undefined) return undefined;
  const opened = openedAmong(seal, await kept(connection));
  if (opened !== undefined) {
    return {
      step: 'open-seal',
      isSafe: true,
      explanation:
        'an earlier version of the grant has the key of the saved token: that token becomes current',
      carryOut: async () => {
        await putOpened(byHand.ports(), versionId, opened);
        return undefined;
      },
    };
  }
  return {
    step: 'forget-seal',
    isSafe: false,
    explanation:
      'no saved version of the grant has the key of the saved token. The token is deleted from the journal for good, and it may be the only one that works. If you cannot find the key, the other way is fresco login',
    carryOut: async () => {
      await forgetSeal(byHand.ports(), versionId);
      return undefined;
    },
  };
}

async function tryingEarlier(connection: Connection): Promise<Remedy | undefined> {
  const versions = await kept(connection);
  const currentId = (await connection.grant.current())?.versionId;
  const current = versions.find(({ versionId }) => versionId === currentId)?.grant;
  const earlier = current && earlierCandidate(versions, current);
  if (current === undefined || earlier === undefined) return undefined;
  return {
    step: 'earlier-token',
    isSafe: false,
    explanation: `the provider refuses the refresh token of generation ${current.generation}. The one of generation ${earlier.grant.generation} is sent once instead. Some providers still accept it; others treat it as one more sign of theft. fresco login always works`,
    carryOut: () => tryEarlier(connection.byHand.ports(), { current, earlier: earlier.grant }),
  };
}
