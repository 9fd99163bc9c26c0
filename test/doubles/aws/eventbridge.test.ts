import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../http/client-config.ts';
import { type EventBridgeDouble, startEventBridge } from './eventbridge.ts';

let double: EventBridgeDouble;
let client: EventBridgeClient;

beforeEach(async () => {
  double = await startEventBridge();
  client = new EventBridgeClient(clientConfig(double.endpoint));
});

afterEach(async () => {
  client.destroy();
  await double.stop();
});

const entry = {
  EventBusName: 'fresco-bus',
  Source: 'fresco',
  DetailType: 'Token Refreshed',
  Detail: '{"v":1}',
};

function put(...Entries: (typeof entry)[]) {
  return client.send(new PutEventsCommand({ Entries }));
}

describe('EventBridge on loopback', () => {
  it('takes events in their order', async () => {
    const answer = await put(entry, { ...entry, DetailType: 'Sync Completed' });
    expect(answer.FailedEntryCount).toBe(0);
    expect(double.events.map((event) => event.detailType)).toEqual([
      'Token Refreshed',
      'Sync Completed',
    ]);
    expect(double.events[0]).toEqual({
      id: answer.Entries?.[0]?.EventId,
      bus: 'fresco-bus',
      source: 'fresco',
      detailType: 'Token Refreshed',
      detail: { v: 1 },
    });
  });

  it('fails single entries on demand while the call succeeds', async () => {
    double.failEntries({ errorCode: 'ThrottlingException', detailType: 'Sync Completed' });
    const sync = { ...entry, DetailType: 'Sync Completed' };
    const answer = await put(sync, entry);
    expect(answer.FailedEntryCount).toBe(1);
    expect(answer.Entries).toMatchObject([
      { ErrorCode: 'ThrottlingException' },
      { EventId: expect.any(String) },
    ]);
    expect((await put(sync)).FailedEntryCount).toBe(0);
    expect(double.events).toHaveLength(2);
  });

  it.each([
    {
      name: 'a source of AWS',
      more: { Source: 'aws.fresco' },
      want: 'NotAuthorizedForSourceException',
    },
    { name: 'no detail type', more: { DetailType: '' }, want: 'InvalidArgument' },
    { name: 'a detail that is no JSON', more: { Detail: 'text' }, want: 'MalformedDetail' },
    { name: 'a detail that is no object', more: { Detail: '[]' }, want: 'MalformedDetail' },
    { name: 'a bus that there is not', more: { EventBusName: 'other' }, want: 'InvalidArgument' },
    {
      name: 'an ARN of no bus',
      more: { EventBusName: 'arn:aws:sqs:eu-south-1:000000000000:fresco-bus' },
      want: 'InvalidArgument',
    },
    { name: 'a long detail type', more: { DetailType: 'x'.repeat(129) }, want: 'InvalidArgument' },
  ])('fails an entry with $name', async ({ more, want }) => {
    const answer = await put({ ...entry, ...more });
    expect(answer.Entries).toMatchObject([{ ErrorCode: want }]);
    expect(double.events).toEqual([]);
  });

  it.each([
    { name: '11 entries', entries: Array.from({ length: 11 }, () => entry) },
    { name: '1 MiB', entries: [{ ...entry, Detail: `{"a":"${'x'.repeat(1_048_576)}"}` }] },
  ])('refuses a call of $name', async ({ entries }) => {
    await expect(put(...entries)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('takes 1 MiB in all, as AWS counts it, and the bus by its ARN', async () => {
    const bytes = 1_048_576 - 'fresco'.length - 'Token Refreshed'.length - '{"a":""}'.length;
    const EventBusName = 'arn:aws:events:eu-south-1:000000000000:event-bus/fresco-bus';
    await put({ ...entry, EventBusName, Detail: `{"a":"${'x'.repeat(bytes)}"}` });
    expect(double.events.map(({ bus }) => bus)).toEqual(['fresco-bus']);
  });

  it('refuses as a whole on demand', async () => {
    double.faults.add({ on: 'PutEvents', kind: 'internal-after' });
    await expect(put(entry)).rejects.toMatchObject({ name: 'InternalException' });
    expect(double.events).toHaveLength(1);
  });
});
