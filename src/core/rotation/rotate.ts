import { acquireLease } from '../journal/lease.ts';
import { factsOf, type Outcome } from '../outcome/outcome.ts';
import { StoreRefused } from '../ports.ts';
import { LoggedOut } from '../records/logged-out.ts';
import { orRefusal } from '../store-refusal.ts';
import { askCanary } from './canary.ts';
import { catchUp } from './catch-up.ts';
import { gate } from './gate.ts';
import { keep, orKept } from './keep.ts';
import {
  type Ending,
  endingAt,
  type RotationPorts,
  type RotationRequest,
  startPass,
} from './pass.ts';
import { promote, publish } from './promote.ts';
import { recover } from './recover.ts';
import { reportPass } from './report-pass.ts';
import { send } from './send.ts';
import { settle } from './settle.ts';

const roundsMax = 4;

/**
 * One pass of the rotation protocol: spends the refresh token if that is due and safe, keeps and publishes
 * what it brings, and finishes what an earlier pass began. May be called by anyone at any time and be cut
 * off at any point. Reports once.
 */
export async function rotate(ports: RotationPorts, request: RotationRequest): Promise<Outcome> {
  const pass = startPass(ports, request);
  const { outcome } = await orStoreRefused(async () => {
    // 0. Gate: is anything due? What it reads may be behind: it decides only whether to take the lease.
    const shut = await gate(pass);
    if (shut !== undefined) return { outcome: shut };

    // 1. Lease: one pass at a time.
    const busy = await acquireLease(pass);
    if (busy !== undefined) return { outcome: busy };

    const ending = await orStoreRefused(async () => {
      for (let round = 0; round < roundsMax; round += 1) {
        if (round > 0) await pass.session.read();

        // 2. Recover: the newest token that any pass has kept is made current. Nothing is sent.
        const current = await recover(pass);
        if ('outcome' in current) return current;

        // 3. Catch up: what is current is published. Then: is its refresh token to be sent?
        const due = await catchUp(pass, current);
        if ('outcome' in due) return due;

        // 4. Dispatch and send: on record in the journal first, then one POST.
        const sent = await send(pass, due);
        if (sent === 'look again') continue;
        if ('outcome' in sent) return sent;

        // 5. Keep: seal the new pair into the journal, and put it as a version.
        const unkept = await keep(pass, sent); // guard: no use of a token before it is kept
        if (unkept !== undefined) return unkept;

        // 6. Promote: by compare-and-set from whatever is current, never over anything newer.
        const promoted = await orKept(() => promote(pass, sent));
        if (typeof promoted === 'object') return promoted;
        if (promoted === 'overtaken') continue;

        // 7. Publish the access token likewise.
        const unpublished = await orKept(() => publish(pass, sent));
        return (
          unpublished ?? endingAt(sent.grant, { kind: 'refreshed', token: factsOf(sent.grant) })
        );
      }
      throw new StoreRefused('unavailable', 'other passes kept overtaking this one');
    });

    // 8. Settle: the journal forgets what is done with, and the lease is given back, in one write.
    await settle(pass, ending);

    // 9. Canary: advisory, and only now.
    if (ending.outcome.kind === 'refreshed' && pass.published)
      await askCanary(pass, pass.published);
    return ending;
  });
  await reportPass(pass, outcome);
  return outcome;
}

/** A store's refusal is an outcome. */
async function orStoreRefused(steps: () => Promise<Ending>): Promise<Ending> {
  const ending = await orRefusal(steps);
  if (!(ending instanceof StoreRefused)) return ending;
  const { reason, message: detail } = ending;
  const isLoggedOut = ending instanceof LoggedOut && { isLoggedOut: true as const };
  return { outcome: { kind: 'store-refused', reason, detail, ...isLoggedOut } };
}
