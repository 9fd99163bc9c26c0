import type { Calls } from '../../src/cli/cost/month.ts';
import { startRotatorStack } from '../../test/bundles/rotator-stack.ts';
import { startWebhookStack } from '../../test/bundles/webhook-stack.ts';
import type { CallLog } from '../../test/doubles/http/call-log.ts';

interface Logs {
  readonly secrets: { readonly calls: CallLog };
  readonly table: { readonly calls: CallLog };
  readonly bus: { readonly calls: CallLog };
  readonly sqs?: { readonly calls: CallLog };
}

/**
 * What the built functions call, counted on the wire, and what they print: for a check, a refresh, a notification
 * that comes alone, and each of ten that come together.
 */
export async function countedCalls() {
  const rotator = await startRotatorStack();
  try {
    await rotator.logIn();
    const passing = async (door: 'schedule' | 'operator') => {
      const { logs } = await rotator.through(door, { connection: 'default' });
      return Buffer.byteLength(logs);
    };
    const check = await counted(rotator, () => passing('schedule'));
    const refresh = await counted(rotator, () => passing('operator'));
    const { webhookLogBytes, ...notifications } = await ofNotifications();
    return {
      check: check.calls,
      refresh: refresh.calls,
      ...notifications,
      logBytes: { check: check.result, refresh: refresh.result, webhook: webhookLogBytes },
    };
  } finally {
    await rotator.stop();
  }
}

async function ofNotifications() {
  const stack = await startWebhookStack();
  const many = 10;
  try {
    await stack.subscribe(['it.fattureincloud.webhooks.entities.clients.create'], 'binary');
    await stack.change('entities.clients.create', 1);
    // The first one reads the token, for all that come after it.
    const first = await counted(stack, () => stack.handle());
    const handled = async (count: number) => {
      stack.received.splice(0);
      const receiving = await counted(stack, () => stack.change('entities.clients.create', count));
      const handling = await counted(stack, () => stack.handle());
      // The event source receives and deletes what comes together with one call each; of it only the former is here.
      const deleting = { ...handling.calls, queue: handling.calls.queue + 1 };
      const printed = [...stack.received, handling.result].map(({ logs }) => logs).join('');
      return {
        calls: each(sumOf(receiving.calls, deleting), count),
        logBytes: Buffer.byteLength(printed) / count,
      };
    };
    const alone = await handled(1);
    const together = await handled(many);
    if (stack.bus.events.length !== many + 2) throw new Error('not every notification was told');
    return {
      tokenReads: first.calls.secrets,
      alone: alone.calls,
      webhook: together.calls,
      webhookLogBytes: together.logBytes,
    };
  } finally {
    await stack.stop();
  }
}

async function counted<T>(
  logs: Logs,
  action: () => Promise<T>,
): Promise<{ readonly calls: Calls; readonly result: T }> {
  const { secrets, table, bus, sqs } = logs;
  for (const { calls } of [secrets, table, bus, ...(sqs ? [sqs] : [])]) calls.clear();
  const result = await action();
  const tableReads = table.calls.count('GetItem');
  const made = {
    secrets: secrets.calls.count(),
    tableReads,
    tableWrites: table.calls.count() - tableReads,
    events: bus.calls.count(),
    queue: sqs?.calls.count() ?? 0,
  };
  return { calls: made, result };
}

function sumOf(a: Calls, b: Calls): Calls {
  return combined(a, (name, value) => value + b[name]);
}

function each(calls: Calls, of: number): Calls {
  return combined(calls, (_, value) => value / of);
}

function combined(calls: Calls, change: (name: keyof Calls, value: number) => number): Calls {
  return {
    secrets: change('secrets', calls.secrets),
    tableReads: change('tableReads', calls.tableReads),
    tableWrites: change('tableWrites', calls.tableWrites),
    events: change('events', calls.events),
    queue: change('queue', calls.queue),
  };
}
