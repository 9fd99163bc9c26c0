import type { RotationPorts } from '../rotation/pass.ts';
import { Secret } from '../secret.ts';
import { find, hashOf } from './opening.ts';
import type { ConsentStore, Ticket } from './ports.ts';

/** A new ticket of 256 random bits, of which only a hash is stored. Rejects with `StoreRefused`. */
export async function issueTicket(
  rotation: RotationPorts,
  store: ConsentStore,
  wish: Pick<Ticket, 'anyCompany' | 'scopes'> & { readonly lifeMs: number },
): Promise<{ readonly ticket: Secret; readonly expiresAtMs: number }> {
  const { lifeMs, ...rest } = wish;
  const { seen: over, pass } = await find(rotation);
  const ticket = new Secret(Buffer.from(rotation.random.bytes(32)).toString('base64url'));
  const expiresAtMs = pass.session.nowMs() + lifeMs;
  await store.keepTicket(hashOf(ticket), { ...rest, over, expiresAtMs });
  return { ticket, expiresAtMs };
}
