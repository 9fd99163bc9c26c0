import type { Connection } from '../../connection/connection.ts';
import { type Preview, preview } from '../../core/operations/preview.ts';
import { classOf, type Outcome } from '../../core/outcome/outcome.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { readManual } from '../../core/rotation/manual-check.ts';
import type { RotationPorts } from '../../core/rotation/pass.ts';

/** What a pass would do, as far as reading can tell. */
export interface DryRun {
  readonly would: 'refresh' | 'finish' | 'replace' | 'nothing' | 'stop';
  readonly detail: string;
}

/** What a pass would do, which the core says; nothing is changed. */
export async function dryRun(connection: Connection, onlyIfDue: boolean): Promise<DryRun> {
  const manual = await readManual(connection);
  if (manual !== undefined) return foreseeManual(manual, onlyIfDue);
  const ports = await portsOfPass(connection);
  const foreseen = await preview(ports, { trigger: 'operator', onlyIfDue });
  return foreseen.kind === 'would-send'
    ? { would: 'refresh', detail: sendText(foreseen, onlyIfDue) }
    : foreseeEnd(foreseen.kind === 'would-end' ? foreseen.outcome : undefined);
}

/** In AWS the rotator makes the pass, so this machine's clock does not matter. */
async function portsOfPass({ byHand, deployed, journal }: Connection): Promise<RotationPorts> {
  const ports = byHand.ports();
  if (deployed === undefined) return ports;
  const { clock } = ports;
  const { dateMs } = await journal.read();
  const aheadMs = dateMs === undefined ? 0 : clock.nowMs() - dateMs;
  return { ...ports, clock: { ...clock, nowMs: () => clock.nowMs() - aheadMs } };
}

function sendText(
  { parent, isSentBefore }: Extract<Preview, { kind: 'would-send' }>,
  onlyIfDue: boolean,
): string {
  const reason = isSentBefore
    ? 'the response to an earlier refresh was lost'
    : onlyIfDue
      ? 'the access token is older than half its life, or than a day'
      : 'an operator asks for it';
  return `would use the refresh token of generation ${parent.generation}: ${reason}`;
}

function foreseeEnd(outcome: Outcome | undefined): DryRun {
  if (outcome === undefined) {
    return { would: 'nothing', detail: 'would ask the provider whether the access token works' };
  }
  if (outcome.kind === 'fresh') return { would: 'nothing', detail: 'nothing is due' };
  if (classOf(outcome) !== 'done' || !('token' in outcome)) {
    return { would: 'stop', detail: describeOutcome(outcome) };
  }
  const { generation } = outcome.token;
  const detail = `would finish an interrupted refresh: generation ${generation} becomes current and is published`;
  return { would: 'finish', detail };
}

function foreseeManual({ generation }: AccessToken, onlyIfDue: boolean): DryRun {
  return onlyIfDue
    ? {
        would: 'nothing',
        detail: 'a manual token is never refreshed, only checked once a day',
      }
    : {
        would: 'replace',
        detail: `would take a new manual token in place of generation ${generation}`,
      };
}
