// Goal: what a history finds when it begins.
// Method: the server's issues first, then grants, labels and the journal as the core itself would have left them.
import { accessTokenOf, encodeAccessToken } from '../../src/core/access-token.ts';
import { encodeGrant, type Grant } from '../../src/core/grant.ts';
import { emptyJournal } from '../../src/core/journal.ts';
import { positionOf } from '../../src/core/position.ts';
import type { Seal } from '../../src/core/seal.ts';
import { Secret } from '../../src/core/secret.ts';
import { beginningMs } from './history.ts';
import type { Ledger } from './ledger.ts';
import { sentBeforeAtMs } from './limits.ts';
import type { Issue } from './provider.ts';
import { place } from './rotator-ports.ts';
import type { World } from './world.ts';

const halfDayMs = 43_200_000;
const sealKey = new Secret(Buffer.alloc(32, 7).toString('base64'));

/** Fills the stores and the server. */
export function begin(world: World, ledger: Ledger): void {
  const { beginning, sentBefore } = world.history;
  const sentAtMs = Array.from({ length: sentBefore }, (_, index) => sentBeforeAtMs(index));
  world.journal = { ...emptyJournal, sentAtMs };
  world.revision = 1;
  if (beginning === 'empty') return;
  const current = beginning === 'adopted' ? adopted(world, ledger) : connected(world, ledger);
  const published = accessTokenOf(current, undefined);
  if (published) {
    world.secrets.accessToken.overwrite(versionOf(current), encodeAccessToken(published));
  }
  const lastAttempt = current.attempt + (beginning === 'unreadable' ? 1 : 0);
  const seals = beginning === 'unreadable' ? [unreadable(current)] : [];
  world.journal = { ...world.journal, known: positionOf(current), lastAttempt, seals };
}

/** What an earlier pass has kept, altered since. */
function unreadable({ grant, generation, attempt }: Grant): Seal {
  const versionId = 'sealed-0-0000-0000-0000-000000000000';
  const box = Buffer.alloc(64, 7).toString('base64');
  return { grant, generation: generation + 1, attempt: attempt + 1, versionId, box };
}

/** A connection that has been well for a while: its grant has a predecessor. */
function connected(world: World, ledger: Ledger): Grant {
  const issuedAtMs = beginningMs - world.history.ageMs;
  const first = world.provider.authorize(issuedAtMs - halfDayMs);
  const second = world.provider.present(first.refreshToken, issuedAtMs) as Issue;
  const environment =
    world.history.beginning === 'elsewhere' ? 'another machine' : place.environment;
  store(world, ledger, first, { ...grantOf(first, 1), environment });
  return store(world, ledger, second, { ...grantOf(second, 2), environment });
}

/** A refresh token that was stored, and not proved yet. */
function adopted(world: World, ledger: Ledger): Grant {
  const issue = world.provider.authorize(beginningMs - world.history.ageMs);
  const grant = { ...grantOf(issue, 1), accessToken: null, expiresAtMs: issue.issuedAtMs };
  return store(world, ledger, issue, grant);
}

function store(world: World, ledger: Ledger, issue: Issue, grant: Grant): Grant {
  const before = ledger.current();
  const pair = before && ledger.pairIn(before);
  if (pair) pair.state = 'superseded';
  world.secrets.grant.overwrite(versionOf(grant), encodeGrant(grant));
  ledger.found(issue, grant);
  return grant;
}

function versionOf({ generation }: Grant): string {
  return `first-${generation}-0000-0000-0000-000000000000`;
}

function grantOf(issue: Issue, generation: number): Grant {
  return {
    ...place,
    grant: 1,
    generation,
    attempt: generation - 1,
    refreshToken: new Secret(issue.refreshToken),
    accessToken: new Secret(issue.accessToken),
    issuedAtMs: issue.issuedAtMs,
    expiresAtMs: issue.expiresAtMs,
    sealKey,
    companies: [],
  };
}
