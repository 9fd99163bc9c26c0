// Goal: one token pair of the server's, from its commit to its successor, wherever it lies.
// Method: plain records that the ledger keeps; a stored grant leads back to its pair by its tokens.

import { type Position, positionOf } from '../../../src/core/position.ts';
import { decodeGrant, type Grant } from '../../../src/core/records/grant.ts';
import type { Secret } from '../../../src/core/secret.ts';
import type { Issue, Provider } from '../world/provider.ts';
import type { Process } from '../world/scheduler.ts';

/** Irreducible holes of the protocol: what passes through one is counted, not a violation. */
export type Window =
  | 'answer lost'
  | 'death in hand'
  | 'late send'
  | 'held late'
  | 'both stores refuse'
  | 'login in hand';

/** A promise that was broken, and how it showed. */
export interface Violation {
  /** `limits`: of requests and calls; `core`: an error that is none of the core's. */
  readonly promise: 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'limits' | 'core';
  readonly what: string;
}

/** One sending of a refresh token. */
export interface Presentation {
  readonly process: Process;
  readonly parent: Position;
  readonly parentIssue: Issue | undefined;
  readonly versionId: string;
  readonly refreshToken: string;
  readonly atMs: number;
  /** Its sender had lost its lease, or outlived its term. */
  readonly isLate: boolean;
  /** `unspent`: the sender knows that the token was not used. */
  state: 'in flight' | 'uncertain' | 'unspent' | 'granted';
  issue: Issue | undefined;
}

/** Where one pair is. */
export interface Pair {
  readonly issue: Issue;
  readonly presentation: Presentation | undefined;
  readonly holder: Process | undefined;
  state: 'in flight' | 'in hand' | 'kept' | 'superseded' | 'lost';
  window: Window | undefined;
  /** As last stored; absent while it is nowhere. */
  grant: Grant | undefined;
  /** When it was first stored anywhere, and when it was sealed. */
  keptAtMs: number | undefined;
  sealedAtMs: number | undefined;
  readonly refusedBy: Set<'journal' | 'grant'>;
}

/** A pair that the server has just committed. */
export function pairOf(
  issue: Issue,
  presentation: Presentation | undefined,
  holder: Process | undefined,
): Pair {
  return {
    issue,
    presentation,
    holder,
    state: 'in flight',
    window: undefined,
    grant: undefined,
    keptAtMs: undefined,
    sealedAtMs: undefined,
    refusedBy: new Set(),
  };
}

/** When a pair's access token ends, as stored; an adopted refresh token has none. */
export function storedEndMs(pair: Pair | undefined): number {
  return pair?.grant?.expiresAtMs ?? pair?.issue.expiresAtMs ?? 0;
}

/** What is known of a grant value: decoded once. */
const decoded = new WeakMap<Secret, Grant>();

/** The grant in a stored value. */
export function grantIn(value: Secret): Grant {
  const known = decoded.get(value);
  if (known !== undefined) return known;
  const grant = decodeGrant(value);
  decoded.set(value, grant);
  return grant;
}

/** The server's issue that a grant holds: by its access token, or by a refresh token that was adopted. */
export function issueIn(provider: Provider, grant: Grant): Issue | undefined {
  return grant.accessToken === null
    ? provider.firstIssueOf(grant.refreshToken.reveal())
    : provider.issueOf(grant.accessToken.reveal());
}

/** A generation's name. */
export function keyOf(position: Position): string {
  const { grant, generation, attempt } = positionOf(position);
  return `${grant}.${generation}.${attempt}`;
}
