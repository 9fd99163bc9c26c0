import type { Journal } from '../journal/journal.ts';
import { busyUntilMs, takeLease } from '../journal/lease.ts';
import { StoreRefused, type VersionedSecret } from '../ports.ts';
import { loggedOutMark } from '../records/logged-out.ts';
import { newVersionId } from '../records/version-id.ts';
import { replaceCurrent, untilEnd } from '../replace-current.ts';
import { retry } from '../retry.ts';
import { type Pass, type RotationPorts, startPass } from '../rotation/pass.ts';
import { withEntry } from '../rotation/settle.ts';
import type { Secret } from '../secret.ts';

/** How a logout ended; under another's lease nothing was done. */
export type LoggedOut =
  | { readonly kind: 'logged-out' }
  | { readonly kind: 'busy'; readonly untilMs: number };

/**
 * Has a mark take the place of grant and access token, twice, so that the previous version is one too, and
 * forgets every seal. Under the lease, so that no pass brings a token back. The provider does not hear of
 * it. Safe to repeat; throws `StoreRefused`.
 */
export async function logout(ports: RotationPorts): Promise<LoggedOut> {
  const pass = startPass(ports, { trigger: 'operator' });
  const held = await leased(pass);
  if (held !== undefined) return held;
  const nowMs = pass.session.nowMs();
  const mark = loggedOutMark(pass.settings.connection, nowMs);
  try {
    for (const secret of [ports.grant, ports.accessToken]) {
      if (!(await replaced(pass, secret, mark))) continue;
      await replaced(pass, secret, mark);
    }
    await retry(pass, () => pass.session.amend((journal) => forgotten(journal, nowMs)));
  } finally {
    await released(pass);
  }
  return { kind: 'logged-out' };
}

async function leased(pass: Pass): Promise<LoggedOut | undefined> {
  const { session, ports, settings } = pass;
  await retry(pass, () => session.read());
  const taken = await retry(pass, () =>
    session.amend((journal) =>
      takeLease(journal, ports.owner, { nowMs: session.nowMs(), termMs: settings.leaseTermMs }),
    ),
  );
  if (taken !== 'held') return undefined;
  return { kind: 'busy', untilMs: busyUntilMs(session.journal, session.nowMs()) };
}

/** Whether there was something to take the place of. */
async function replaced(pass: Pass, secret: VersionedSecret, mark: Secret): Promise<boolean> {
  const { random } = pass.ports;
  const { kept } = await replaceCurrent<'nothing'>(secret, {
    candidate: { versionId: newVersionId(random) },
    random,
    until: untilEnd(pass),
    gaveUp: 'what is stored kept changing: run fresco logout again',
    decide: (current) => (current === undefined ? { keep: 'nothing' } : { replaceBy: mark }),
  });
  return kept === undefined;
}

function forgotten(journal: Journal, atMs: number): Journal {
  const generation = journal.known?.generation ?? 0;
  return {
    ...journal,
    dispatch: null,
    seals: [],
    latch: null,
    refusal: null,
    badAnswer: null,
    retryAtMs: null,
    failingSinceMs: null,
    history: withEntry(journal.history, { atMs, outcome: 'logged-out', generation }),
  };
}

async function released(pass: Pass): Promise<void> {
  const { owner } = pass.ports;
  try {
    await pass.session.amend((journal) =>
      journal.lease?.owner === owner.id ? { ...journal, lease: null } : journal,
    );
  } catch (error) {
    // The lease runs out by itself.
    if (!(error instanceof StoreRefused)) throw error;
  }
}
