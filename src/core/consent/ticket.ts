import type { RotationPorts } from '../rotation/pass.ts';
import { Secret } from '../secret.ts';
import { randomText } from '../text/random-text.ts';
import { find, hashOf } from './opening.ts';
import type { ConsentStore, Ticket } from './ports.ts';

/** What a ticket is to be good for, and for how long. */
export interface TicketWish extends Pick<Ticket, 'anyCompany' | 'scopes'> {
  readonly lifeMs: number;
}

/** A ticket as it goes into a link: 256 random bits in base64url. */
export interface NewTicket {
  readonly ticket: Secret;
  readonly expiresAtMs: number;
}

/** Makes a ticket, of which only a hash is stored. Rejects with `StoreRefused`. */
export async function issueTicket(
  rotation: RotationPorts,
  store: ConsentStore,
  { lifeMs, ...wish }: TicketWish,
): Promise<NewTicket> {
  const { seen: over, pass } = await find(rotation);
  const ticket = new Secret(randomText(rotation.random));
  const expiresAtMs = pass.session.nowMs() + lifeMs;
  await store.keepTicket(hashOf(ticket), { ...wish, over, expiresAtMs });
  return { ticket, expiresAtMs };
}
