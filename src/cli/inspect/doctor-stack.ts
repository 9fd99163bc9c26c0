import type { Connection } from '../../connection/connection.ts';
import type { Deployed } from '../../connection/deployed.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import { StoreRefused } from '../../core/ports.ts';
import { orRefusal } from '../../core/store-refusal.ts';
import { toRfc3339 } from '../../core/time.ts';
import { overdueSinceMs } from './doctor-attempt.ts';
import { broken, type Finding, ok, refusedAt, unknown } from './doctor-finding.ts';
import type { StoreSight } from './doctor-store.ts';

// Three checks of the schedule.
const overdueAfterMs = 3 * 3_600_000;

/** The links that make a refresh happen by itself, and tell of it. */
export async function examineStack(
  connection: Connection,
  sight: StoreSight,
): Promise<readonly Finding[]> {
  const deployed = await connection.deployed?.();
  const schedule = await scheduleFinding(connection, sight, deployed);
  if (deployed === undefined) return [schedule];
  return [schedule, await rotatorFinding(sight, deployed), await busFinding(deployed)];
}

async function scheduleFinding(
  connection: Connection,
  sight: StoreSight,
  deployed: Deployed | undefined,
): Promise<Finding> {
  if (sight.published?.expiresAtMs === null) {
    return unknown('schedule', 'a manual token is never refreshed');
  }
  const off = deployed && (await switchedOff(deployed));
  if (off !== undefined) return off;
  const { pausedAtMs = null } = sight.journal ?? {};
  if (pausedAtMs !== null) {
    return broken(
      'schedule',
      describeOutcome({ kind: 'paused', sinceMs: pausedAtMs }),
      'fresco resume',
    );
  }
  const sinceMs = sight.grant && overdueSinceMs(connection, sight.grant);
  if (sinceMs !== undefined && connection.clock.nowMs() > sinceMs + overdueAfterMs) {
    return broken(
      'schedule',
      `a refresh has been due since ${toRfc3339(sinceMs)} and did not happen`,
      deployed === undefined
        ? 'fresco rotate --if-due, and from cron every hour'
        : 'fresco rotate --if-due; the log of the rotator says why its checks fail',
    );
  }
  return deployed === undefined
    ? unknown('schedule', connection.schedule)
    : ok('schedule', `${deployed.scheduleName} is enabled, every hour`);
}

async function switchedOff(deployed: Deployed): Promise<Finding | undefined> {
  const state = await orRefusal(() => deployed.schedule());
  if (state instanceof StoreRefused) return refusedAt('schedule', state);
  const name = deployed.scheduleName;
  switch (state) {
    case undefined:
      return unknown('schedule', 'the stack does not name its schedule: deploy it again');
    case 'disabled':
      return broken(
        'schedule',
        `the schedule ${name} is switched off`,
        `enable ${name} in EventBridge Scheduler, or deploy again; fresco rotate --if-due checks now`,
      );
    case 'missing':
      return broken('schedule', `the schedule ${name} is gone`, 'deploy the stack again');
    case 'enabled':
      return undefined;
  }
}

/** The rotator reads all that it reads in a check, with its own rights, and spends nothing. */
async function rotatorFinding({ published }: StoreSight, deployed: Deployed): Promise<Finding> {
  if (published === undefined || published.expiresAtMs === null) {
    return unknown('rotator', 'skipped: without a published token the call might refresh');
  }
  const answer = await orRefusal(() => deployed.rotator());
  if (answer instanceof StoreRefused) return refusedAt('rotator', answer);
  switch (answer.kind) {
    case 'published':
    case 'busy':
      return ok('rotator', 'starts and can read what it needs');
    case 'unavailable':
    case 'person-needed':
      return broken(
        'rotator',
        answer.detail,
        'read the rotator’s log in CloudWatch; deploy again if it cannot start',
        answer.kind === 'unavailable',
      );
  }
}

async function busFinding(deployed: Deployed): Promise<Finding> {
  const there = await orRefusal(() => deployed.hasBus());
  if (there instanceof StoreRefused) return refusedAt('bus', there);
  return there
    ? ok('bus', deployed.bus)
    : broken(
        'bus',
        `the bus ${deployed.bus} is gone: no event is delivered`,
        'deploy the stack again',
      );
}
