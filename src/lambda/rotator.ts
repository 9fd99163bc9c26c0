import { randomUUID } from 'node:crypto';
import { journalTable } from '../aws/dynamodb/journal-store.ts';
import { dynamoDb } from '../aws/dynamodb/table-item.ts';
import { functionLog } from '../aws/reporting/function-log.ts';
import { emitMetrics } from '../aws/reporting/metric-line.ts';
import { reporter } from '../aws/reporting/reporter.ts';
import { secretsManager, secretsManagerSecret } from '../aws/secrets-manager.ts';
import type { Config } from '../config/config.ts';
import { rotationTimes } from '../config/rotation-times.ts';
import { secretName } from '../config/stack-outputs.ts';
import type { ConsentAnswer } from '../core/consent/request.ts';
import { closedAnswerOf, type RefreshAnswer } from '../core/consumers/rotator.ts';
import type { EventBus } from '../core/events/event.ts';
import type { Outcome } from '../core/outcome/outcome.ts';
import type { Reporter } from '../core/outcome/report.ts';
import { clientSource } from '../core/records/client.ts';
import { boundByGrant } from '../core/records/stored-origin.ts';
import { type NativeRotationPorts, rotateNatively } from '../core/rotation/native.ts';
import type { RotationRequest } from '../core/rotation/pass.ts';
import { rotate } from '../core/rotation/rotate.ts';
import { canary } from '../fatture-in-cloud/api/canary.ts';
import { permissions } from '../fatture-in-cloud/api/permissions.ts';
import { tokenEndpoint } from '../fatture-in-cloud/oauth/token-endpoint.ts';
import { fattureInCloud } from '../fatture-in-cloud/profile.ts';
import { systemClock, systemRandom } from '../local/clock.ts';
import type { ConsentParts } from './consent.ts';
import { aliasArn, aliasOf, CallRefused, parseCall } from './rotator-request.ts';

const { requestMs, storeMs } = rotationTimes;

/** One invocation of the rotator, as far as it matters here. */
export interface Invocation {
  /** With the alias at its end, which is the door. */
  readonly invokedFunctionArn: string;
  readonly remainingMs: () => number;
}

/** What each door gives back; none of it holds a token. */
export type RotatorAnswer =
  | ConsentAnswer
  | RefreshAnswer
  | { readonly outcome: Outcome['kind'] }
  | { readonly outcome: Outcome; readonly warnings: readonly string[] }
  | undefined;

/** Serves every door of the rotator. Throws `CallRefused` for what does not belong to its door. */
export type Rotator = (event: unknown, invocation: Invocation) => Promise<RotatorAnswer>;

/** Builds the rotator of a stack once for each process. */
export function buildRotator(config: Config<'rotator'>): Rotator {
  const { portsFor, table, profile } = portsOf(config);
  const { connectUrl, connections } = config;
  return async (event, invocation) => {
    const { invokedFunctionArn: arn, remainingMs } = invocation;
    const call = parseCall(aliasOf(arn), event, config);
    const portsOfCall = (connection: string) => portsFor(connection, aliasArn(arn, 'consumers'));
    switch (call.kind) {
      case 'consent': {
        if (connectUrl === undefined) throw new CallRefused('this stack has no pages for consent');
        const { answerConsent } = await import('./consent.ts');
        const parts = { connections, connectUrl, table, profile, portsFor: portsOfCall };
        return answerConsent(parts, call.request);
      }
      case 'native': {
        const { connection, step, versionId } = call;
        await rotateNatively(portsOfCall(connection), { step, versionId, remainingMs });
        return undefined;
      }
      case 'pass':
        return pass(portsOfCall(call.connection), { ...call.request, remainingMs });
    }
  };
}

async function pass(ports: NativeRotationPorts, request: RotationRequest): Promise<RotatorAnswer> {
  const remembered = rememberingWarnings(ports.reporter);
  const outcome = await rotate({ ...ports, reporter: remembered.reporter }, request);
  switch (request.trigger) {
    case 'consumer':
      return closedAnswerOf(outcome);
    case 'operator':
      return { outcome, warnings: remembered.warnings() };
    case 'schedule':
    case 'native':
    case 'login':
      return { outcome: outcome.kind };
  }
}

/** A reporter that remembers the warnings. */
function rememberingWarnings(reporter: Reporter): {
  reporter: Reporter;
  warnings: () => readonly string[];
} {
  let warnings: readonly string[] = [];
  return {
    reporter: {
      report: async (report) => {
        warnings = report.warnings;
        await reporter.report(report);
      },
    },
    warnings: () => warnings,
  };
}

interface Parts extends Pick<ConsentParts, 'table' | 'profile'> {
  readonly portsFor: (connection: string, refreshWith: string) => NativeRotationPorts;
}

function portsOf(config: Config<'rotator'>): Parts {
  const clock = systemClock;
  const secrets = secretsManager();
  const table = { client: dynamoDb(), table: config.table, clock };
  const profile = fattureInCloud(config.providerUrl);
  let bus: EventBus | undefined;
  const reports = reporter({
    prefix: config.prefix,
    watching: config.watching,
    // Most checks find nothing to tell of: what tells is loaded with the first event.
    bus: {
      publish: async (events) => {
        bus ??= (await import('./stack-bus.ts')).stackBus(config.bus);
        await bus.publish(events);
      },
    },
    log: functionLog('rotator'),
    emit: emitMetrics,
    connectUrl: config.connectUrl,
  });
  const portsFor: Parts['portsFor'] = (connection, refreshWith) => {
    const secret = (kind: Parameters<typeof secretName>[2]) =>
      secretsManagerSecret(secrets, secretName(config.prefix, connection, kind));
    const grant = secret('grant');
    return {
      clock,
      random: systemRandom,
      // An invocation that was cut off is not known to be dead: its lease runs out by itself.
      owner: { id: randomUUID(), isDead: () => false },
      journal: journalTable(table, connection),
      grant,
      accessToken: boundByGrant(secret('access-token'), grant),
      client: clientSource(boundByGrant(secret('client'), grant)),
      endpoint: tokenEndpoint(profile, { clock, requestMs }),
      canary: canary(profile, { requestMs: 5_000 }),
      permissions: permissions(profile, { requestMs: 5_000 }),
      reporter: reports,
      settings: {
        connection,
        environment: config.environment,
        provider: profile.baseUrl,
        policy: profile.replayPolicy,
        rotateEveryMs: config.rotateEveryMs,
        leaseTermMs: config.leaseTermMs,
        requestMs,
        storeMs,
        refreshWith,
      },
    };
  };
  return { portsFor, table, profile };
}
