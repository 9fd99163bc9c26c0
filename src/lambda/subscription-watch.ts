import { admittedSendersTable } from '../aws/dynamodb/admitted-senders.ts';
import { expectedSubscriptionsTable } from '../aws/dynamodb/expected-subscriptions.ts';
import { dynamoDb } from '../aws/dynamodb/table-item.ts';
import { functionLog } from '../aws/reporting/function-log.ts';
import type { Log } from '../aws/reporting/log.ts';
import type { Config } from '../config/config.ts';
import { sinkOf } from '../config/stack-outputs.ts';
import { admitAll } from '../core/webhooks/admit-all.ts';
import { type ProviderSubscriptions, watchSubscriptions } from '../core/webhooks/subscriptions.ts';
import type { ApiClient } from '../fatture-in-cloud/api/client.ts';
import { type Subscribed, subscriptionsOf } from '../fatture-in-cloud/webhooks/subscriptions.ts';
import { connectionApis } from './connection-apis.ts';
import { EventRefused } from './lambda-events.ts';
import { stackBus } from './stack-bus.ts';

/** Looks after the subscriptions of a connection; rejects where the provider did not say what it has. */
export type SubscriptionWatch = (connection: string, renew: boolean) => Promise<void>;

/** Makes the watch. */
export function subscriptionWatch(config: Config<'webhook-handler'>): SubscriptionWatch {
  const apiOf = connectionApis(config);
  const dynamo = dynamoDb();
  const bus = stackBus(config.bus);
  const log: Log = functionLog('subscription-watch');
  return async (connection, renew) => {
    if (!config.connections.includes(connection)) {
      throw new EventRefused(`"watch" must be one of ${config.connections.join(', ')}`);
    }
    const expected = expectedSubscriptionsTable(dynamo, config.table, connection);
    const { api, tokens } = apiOf(connection);
    const provider = providerSubscriptions(api);
    const senders = admittedSendersTable(dynamo, config.table, connection);
    await admitAll({ senders, tokens, subscriptions: expected });
    const sink =
      config.webhookSink === undefined ? {} : { sink: sinkOf(config.webhookSink, connection) };
    const settings = { connection, renew, ...sink };
    const found = await watchSubscriptions({ expected, provider, bus }, settings);
    for (const { kind, ...rest } of found) {
      log[kind === 'kept' ? 'info' : 'error'](`subscription ${kind}`, { connection, ...rest });
    }
    const unknown = found.filter(({ kind }) => kind === 'unknown');
    if (unknown.length === 0) return;
    throw new Error(`the provider did not say what became of ${unknown.length} subscriptions`);
  };
}

/** What the provider has, over its API. */
function providerSubscriptions(api: ApiClient): ProviderSubscriptions {
  return {
    list: async (companyId) => {
      const answer = await subscriptionsOf(api, companyId).list();
      return answer.kind === 'ok'
        ? { kind: 'listed', subscriptions: answer.value }
        : { kind: 'unknown', detail: detailOf(answer) };
    },
    create: async ({ companyId, sink, types }) =>
      madeOf(await subscriptionsOf(api, companyId).create({ sink, types })),
    move: async ({ companyId, id, sink }) =>
      madeOf(await subscriptionsOf(api, companyId).move(id, sink)),
  };
}

function madeOf<T>(answer: Subscribed<T>) {
  return answer.kind === 'ok'
    ? ({ kind: 'created', subscription: answer.value } as const)
    : ({ kind: 'refused', detail: detailOf(answer) } as const);
}

function detailOf(answer: Exclude<Subscribed<unknown>, { kind: 'ok' }>): string {
  if ('detail' in answer) return answer.detail;
  return 'message' in answer ? answer.message : answer.kind;
}
