import type { Journal } from '../journal/journal.ts';
import { acquireLease, released } from '../journal/lease.ts';
import type { VersionedSecret } from '../ports.ts';
import { loggedOutMark } from '../records/logged-out.ts';
import { newVersionId } from '../records/version-id.ts';
import { replaceCurrent, untilEnd } from '../replace-current.ts';
import { retry } from '../retry.ts';
import { type Pass, type RotationPorts, startPass } from '../rotation/pass.ts';
import { withEntry } from '../rotation/settle.ts';
import type { Secret } from '../secret.ts';
import { unlessRefused } from '../store-refusal.ts';

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
  const pass = startPass(ports);
  await retry(pass, () => pass.session.read());
  const busy = await acquireLease(pass, pass.endMs);
  if (busy !== undefined) return busy;
  const nowMs = pass.session.nowMs();
  const mark = loggedOutMark(pass.settings.connection, nowMs);
  try {
    for (const secret of [ports.grant, ports.accessToken]) {
      await putMark(pass, secret, mark);
      await putMark(pass, secret, mark);
    }
    await pass.session.amend((journal) => forgotten(journal, nowMs), pass.endMs);
  } finally {
    // Where that is refused the lease runs out by itself.
    await unlessRefused(() => pass.session.amend((journal) => released(journal, ports.owner)));
  }
  return { kind: 'logged-out' };
}

/** Where there is nothing to take the place of, nothing is done. */
async function putMark(pass: Pass, secret: VersionedSecret, mark: Secret): Promise<void> {
  const { random } = pass.ports;
  await replaceCurrent<undefined>(secret, {
    candidate: { versionId: newVersionId(random) },
    random,
    until: untilEnd(pass),
    gaveUp: 'what is stored kept changing: run fresco logout again',
    decide: (current) => (current === undefined ? { keep: undefined } : { replaceBy: mark }),
  });
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
