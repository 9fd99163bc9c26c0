import { type AccessToken, decodeAccessToken } from '../core/access-token.ts';
import { readManual } from '../core/check-manual-token.ts';
import { dueReason, spendBarrier } from '../core/gate.ts';
import { decodeGrant, type Grant } from '../core/grant.ts';
import { describeOutcome } from '../core/outcome-text.ts';
import type { Connection } from '../wiring/connection.ts';

/** What a pass would do, as far as reading can tell. */
export interface Foresight {
  readonly would: 'refresh' | 'finish' | 'replace' | 'nothing' | 'stop';
  readonly detail: string;
}

const reasons = {
  asked: 'an operator asks',
  aged: 'the access token is past half its life, or a day old',
  behind: 'what consumers read is older than the grant',
  ahead: 'the grant is older than one that was stored before',
  unsettled: 'an earlier attempt has no answer on record',
  sealed: 'a token was kept in a seal',
  rejected: 'the provider rejects the access token',
  unanswered: 'the provider gave no tokens when it was asked last',
} as const;

/** Looks at what is stored as the gate of a pass does, and changes nothing. */
export async function foresee(connection: Connection, onlyIfDue: boolean): Promise<Foresight> {
  const [current, published, { journal }] = await Promise.all([
    connection.grant.current(),
    connection.accessToken.current(),
    connection.journal.read(),
  ]);
  const manual = await readManual(connection);
  if (manual !== undefined) return foreseeManual(manual, onlyIfDue);
  if (current === undefined) {
    return { would: 'stop', detail: describeOutcome({ kind: 'not-connected', missing: 'grant' }) };
  }
  const grant = decodeGrant(current.value);
  const token = published && decodeAccessToken(published.value);
  const sight = sightOf(connection, { journal, grant, token, onlyIfDue });
  const reason = dueReason(sight);
  if (reason === undefined) return { would: 'nothing', detail: 'nothing is due' };
  if (reason !== 'asked' && reason !== 'aged' && reason !== 'rejected' && reason !== 'unanswered') {
    return { would: 'finish', detail: `would finish what was left: ${reasons[reason]}` };
  }
  const barrier = spendBarrier(sight);
  if (barrier !== undefined) return { would: 'stop', detail: describeOutcome(barrier) };
  const detail = `would spend the refresh token of generation ${grant.generation}: ${reasons[reason]}`;
  return { would: 'refresh', detail };
}

function foreseeManual({ generation }: AccessToken, onlyIfDue: boolean): Foresight {
  return onlyIfDue
    ? {
        would: 'nothing',
        detail: 'a manual token is not refreshed, it would be checked once a day',
      }
    : {
        would: 'replace',
        detail: `would take a new manual token in place of generation ${generation}`,
      };
}

function sightOf(
  { clock, settings }: Connection,
  seen: {
    readonly journal: Parameters<typeof dueReason>[0]['journal'];
    readonly grant: Grant;
    readonly token: AccessToken | undefined;
    readonly onlyIfDue: boolean;
  },
): Parameters<typeof dueReason>[0] {
  const { journal, grant, token, onlyIfDue } = seen;
  return {
    journal,
    published: token,
    current: grant,
    nowMs: clock.nowMs(),
    dead: false,
    request: { door: 'operator', onlyIfDue },
    settings,
  };
}
