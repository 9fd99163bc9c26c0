import { utcTime } from '../clock.ts';
import type { World } from '../world.ts';

/** What `GET /_sandbox/state` answers: everything but tokens, codes, secrets and bodies. */
export function stateOf(world: World): object {
  const { application, clock, companies, activity, subscriptions } = world;
  const { clientId, redirectUri, name, applicationId } = application;
  return {
    now: utcTime(clock.nowMs()),
    ...world.settings(),
    application: { clientId, redirectUri, name, applicationId },
    companies,
    webhookPublicKey: world.signer.publicKeyPem,
    counters: activity.counters,
    faults: world.faults.list(),
    grants: world.grants
      .list()
      .slice(-100)
      .map((grant) => ({
        id: grant.id,
        method: grant.method,
        scope: grant.scopes.join(' '),
        companies: grant.companyIds,
        createdAt: utcTime(grant.createdAtMs),
        revoked: grant.revoked,
      })),
    subscriptions: companies.flatMap(({ id }) =>
      subscriptions.list(id).map((entry) => ({
        id: entry.id,
        company: entry.companyId,
        sink: entry.sink,
        verified: entry.verified,
        types: entry.types,
        expiresAt: entry.expiresAtMs === undefined ? null : utcTime(entry.expiresAtMs),
      })),
    ),
    deliveriesWaiting: world.scheduler.waiting,
    requests: activity.requests,
  };
}
