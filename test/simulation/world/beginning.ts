// Goal: what a history finds when it begins.
// Method: the server's issues first, then grants, labels and the journal as the core itself would have left them.

import { emptyJournal } from '../../../src/core/journal/journal.ts';
import type { Client } from '../../../src/core/ports.ts';
import { positionOf } from '../../../src/core/position.ts';
import { accessTokenOf, encodeAccessToken } from '../../../src/core/records/access-token.ts';
import { encodeClient } from '../../../src/core/records/client.ts';
import { encodeGrant, type Grant } from '../../../src/core/records/grant.ts';
import type { Seal } from '../../../src/core/records/seal.ts';
import { Secret } from '../../../src/core/secret.ts';
import { beginningMs, type History } from '../histories/history.ts';
import type { Ledger } from '../judge/ledger.ts';
import { sentBeforeAtMs } from '../judge/limits.ts';
import type { Issue, Provider } from './provider.ts';
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
  world.secrets.client.overwrite(firstClientId, encodeClient(clientOf(world.provider)));
  if (beginning === 'empty') return;
  const issues = beginning === 'adopted' ? [authorized(world)] : refreshed(world);
  const { grants, published } = storedOf(world.history, issues);
  for (const [index, { grant, value }] of grants.entries()) {
    world.secrets.grant.overwrite(versionOf(grant), value);
    ledger.found(issues[index] as Issue, grant, index < grants.length - 1);
  }
  const current = (grants.at(-1) as StoredGrant).grant;
  if (published) world.secrets.accessToken.overwrite(versionOf(current), published);
  const lastAttempt = current.attempt + (beginning === 'unreadable' ? 1 : 0);
  const seals = beginning === 'unreadable' ? [unreadable(current)] : [];
  world.journal = {
    ...world.journal,
    known: positionOf(current),
    lastAttempt,
    seals,
    acceptedClient: beginning === 'adopted' ? null : firstClientId,
  };
}

const firstClientId = 'client-1-0000-0000-0000-000000000000';

/** The application as registered with the server. */
export function clientOf({ clientSecret }: Provider): Client {
  return { clientId: 'simulated', clientSecret: new Secret(clientSecret) };
}

/** A refresh token that was stored, and not proved yet. */
function authorized({ provider, history }: World): Issue {
  return provider.authorize(beginningMs - history.ageMs);
}

/** A connection that has been well for a while: its grant has a predecessor. */
function refreshed({ provider, history }: World): readonly Issue[] {
  const issuedAtMs = beginningMs - history.ageMs;
  const first = provider.authorize(issuedAtMs - halfDayMs);
  return [first, provider.present(first.refreshToken, issuedAtMs) as Issue];
}

interface StoredGrant {
  readonly grant: Grant;
  readonly value: Secret;
}

interface Stored {
  readonly key: string;
  readonly grants: readonly StoredGrant[];
  readonly published: Secret | undefined;
}

/** What was stored last: most histories of the matrix begin alike. */
let last: Stored | undefined;

function storedOf({ beginning, ageMs }: History, issues: readonly Issue[]): Stored {
  const key = [beginning, ageMs, ...issues.map((issue) => Object.values(tokensOf(issue)))].join(
    ' ',
  );
  if (last?.key === key) return last;
  const environment = beginning === 'elsewhere' ? 'another machine' : place.environment;
  const grants = issues
    .map((issue, index) => ({ ...grantOf(issue, index + 1), environment }))
    .map((grant) => (beginning === 'adopted' ? unproved(grant) : grant));
  const token = accessTokenOf(grants.at(-1) as Grant, undefined);
  last = {
    key,
    grants: grants.map((grant) => ({ grant, value: encodeGrant(grant) })),
    published: token && encodeAccessToken(token),
  };
  return last;
}

function tokensOf({ refreshToken, accessToken, expiresAtMs }: Issue): object {
  return { refreshToken, accessToken, expiresAtMs };
}

function unproved(grant: Grant): Grant {
  return { ...grant, accessToken: null, expiresAtMs: grant.issuedAtMs };
}

/** What an earlier pass has kept, altered since. */
function unreadable({ grant, generation, attempt }: Grant): Seal {
  const versionId = 'sealed-0-0000-0000-0000-000000000000';
  const box = Buffer.alloc(64, 7).toString('base64');
  return { grant, generation: generation + 1, attempt: attempt + 1, versionId, box };
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
  };
}
