import {
  isSuperseded,
  type Replaced,
  readReplaced,
  type SeenGrant,
  seenGrant,
} from '../operations/login.ts';
import type { Company } from '../records/company.ts';
import { standingLatch } from '../rotation/latch.ts';
import { manualIn } from '../rotation/manual-check.ts';
import { type Pass, type RotationPorts, startPass } from '../rotation/pass.ts';
import { lookAtPublished } from '../rotation/promote.ts';
import type { Secret } from '../secret.ts';
import { visible } from '../text/visible.ts';
import type { ConsentPorts, Ticket } from './ports.ts';

/** The connection as a person at the door finds it. */
export interface Found {
  readonly pass: Pass;
  readonly stored: Replaced | undefined;
  readonly seen: SeenGrant;
  /** What a new consent has to reach; `undefined`: there is a grant, and it could not be read. */
  readonly companies: readonly Company[] | undefined;
}

/** A door that is open, and what has opened it. */
export interface Opening extends Found {
  /** Absent: the connection needs a person. */
  readonly ticket?: Ticket;
}

/** Reads all that the door goes by, which is more than a login needs. Rejects with `StoreRefused`. */
export async function find(rotation: RotationPorts): Promise<Found> {
  const pass = startPass(rotation);
  await pass.session.read();
  const [stored, published] = await Promise.all([
    readReplaced(rotation.grant),
    lookAtPublished(pass),
  ]);
  // Of a manual token alone a logout has no grant to put its mark in.
  const isManualOut = stored === undefined && published?.loggedOut !== undefined;
  const { grant, isLoggedOut } = seenGrant(pass, stored);
  const seen: SeenGrant = { grant, isLoggedOut: isLoggedOut || isManualOut };
  const nobody = seen.grant === 0 || seen.isLoggedOut ? [] : undefined;
  const companies = pass.published?.companies ?? stored?.grant?.companies ?? nobody;
  return { pass, stored, seen, companies };
}

/** Whether somebody may begin: with a good ticket, or while the connection needs a person. */
export async function opening(
  { rotation, store }: ConsentPorts,
  given: Secret | undefined,
): Promise<Opening | 'nothing-to-do' | 'closed'> {
  const found = await find(rotation);
  const ticket = given && (await store.ticket(hashOf(given)));
  const nowMs = found.pass.session.nowMs();
  if (ticket && nowMs < ticket.expiresAtMs && !isSuperseded(ticket.over, found.seen)) {
    return { ...found, ticket };
  }
  if (await needsPerson(found)) return found;
  return given === undefined ? 'nothing-to-do' : 'closed';
}

/** Without a company on record nobody could tell the right account from another: only a ticket opens then. */
async function needsPerson({ pass, stored, companies }: Found): Promise<boolean> {
  const grant = stored?.grant;
  if (!companies?.length || grant === undefined) return false;
  if (manualIn(pass.published, grant) !== undefined) return false;
  return (await standingLatch(pass, grant)) !== undefined;
}

/** How a secret that somebody has to show again is kept: SHA-256, in hex. */
export function hashOf(secret: Secret): string {
  return secret.sha256().toString('hex');
}

/** The name of an account for a page that anybody may see: its first company and how many more, no numbers of them. */
export function accountName([first, ...more]: readonly Company[] = []): string {
  const name = visible(first?.name ?? '').slice(0, 100);
  return name !== '' && more.length > 0 ? `${name} (+${more.length})` : name;
}
