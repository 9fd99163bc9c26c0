import type { Connection } from '../../connection/connection.ts';
import type { TokenSource } from '../../core/consumers/token-source.ts';
import { StoreRefused } from '../../core/ports.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { orRefusal } from '../../core/store-refusal.ts';
import { comparedWith, type LossReason } from '../../core/webhooks/subscriptions.ts';
import { broken, type Finding, ok, refusedAt, unknown } from './doctor-finding.ts';

/** Whether the provider sends what it was asked to, to where the stack receives. */
export async function webhooksFinding(
  connection: Connection,
  published: AccessToken,
): Promise<Finding> {
  const expected = await orRefusal(() => connection.subscriptions.list());
  if (expected instanceof StoreRefused) return refusedAt('webhooks', expected);
  if (expected.length === 0) return unknown('webhooks', 'no webhook is subscribed');
  // No refresh token is spent to look.
  const tokens: TokenSource = {
    obtain: async () => ({ kind: 'token', token: published }),
    rejected: async () => ({ kind: 'unavailable', detail: 'the provider refuses the token' }),
  };
  const { openSubscriptions } = await import('../../connection/webhooks.ts');
  for (const companyId of new Set(expected.map((one) => one.companyId))) {
    const listed = await openSubscriptions({ ...connection, tokens }, companyId).list();
    if (listed.kind !== 'ok') {
      return unknown('webhooks', `the subscriptions of company ${companyId} could not be listed`);
    }
    for (const one of expected.filter((it) => it.companyId === companyId)) {
      const { wanted, found, why } = comparedWith(listed.value, one, connection.sink);
      if (why !== undefined) {
        const { id, sink } = found ?? one;
        return broken('webhooks', losses[why](id, sink, wanted.sink), nextFor(why, id, companyId));
      }
    }
  }
  return ok(
    'webhooks',
    `the provider sends webhooks for ${expected.map(({ id }) => id).join(', ')}`,
  );
}

const losses: Readonly<Record<LossReason, (id: string, sink: string, wanted: string) => string>> = {
  gone: (id) => `the subscription ${id} is gone: the provider has taken it back, or it was deleted`,
  'not verified': (id, sink) => `${id} is not verified: no handshake has reached ${sink}`,
  'types missing': (id) => `${id} has lost event types`,
  'another address': (id, sink, wanted) => `${id} sends to ${sink}, and not to ${wanted}`,
};

function nextFor(why: LossReason, id: string, companyId: number): string {
  if (why === 'not verified') return `fresco webhooks verify ${id} --company ${companyId}`;
  const does = why === 'another address' ? 'moves it' : 'makes it again';
  return `fresco webhooks create --company ${companyId} --types with its event types ${does}`;
}
