import { quotaPausesTable } from '../aws/dynamodb/quota-pauses.ts';
import { publishedStatesTable, syncTable } from '../aws/dynamodb/sync-store.ts';
import { dynamoDb } from '../aws/dynamodb/table-item.ts';
import { eventBridgeBus } from '../aws/event-bus.ts';
import type { StackOutputs } from '../config/stack-outputs.ts';
import type { SyncPorts } from '../core/sync/ports.ts';
import { systemClock } from '../local/clock.ts';

/** Where a sync keeps its records and publishes in a stack; needs the rights of its function. */
export function awsSyncStores(
  { table, bus }: StackOutputs,
  connection: string,
): Pick<SyncPorts, 'store' | 'published' | 'pauses' | 'bus'> {
  const clock = systemClock;
  const dynamo = dynamoDb();
  return {
    store: syncTable(dynamo, table, connection),
    published: publishedStatesTable(dynamo, table, { connection, nowMs: clock.nowMs }),
    pauses: quotaPausesTable(dynamo, table, connection),
    bus: eventBridgeBus({ bus, clock }),
  };
}
