import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type ConsentStart, type ConsentStore, slotOf } from '../../core/consent/ports.ts';
import { decodeStart, decodeTicket, encodeStart, encodeTicket } from '../../core/consent/stored.ts';
import { Secret } from '../../core/secret.ts';
import { changeItem, type ItemAddress, type ItemChange, readItem } from './table-item.ts';

/**
 * Starts and tickets of one connection, an item each in the stack's table; `expiresAt` (seconds) is their time to
 * live. A start's key is its slot, so that a connection never has more than 4096 of them.
 */
export function consentTable(
  client: DynamoDBClient,
  table: string,
  connection: string,
): ConsentStore {
  const at = (rest: string): ItemAddress => ({
    client,
    table,
    pk: `consent#${connection}#${rest}`,
  });
  const startAt = (stateHash: string) => at(`start#${slotOf(stateHash)}`);
  return {
    keepStart: async (start, nowMs) =>
      (await changeItem(startAt(start.stateHash), ifFree(start, nowMs))) !== undefined,
    start: async (stateHash) => {
      const item = await readItem(startAt(stateHash));
      if (item?.['stateHash']?.S !== stateHash) return undefined;
      return decodeStart(new Secret(item['value']?.S ?? ''));
    },
    takeStart: async (stateHash) => {
      const takenBy = randomUUID();
      const taken = await changeItem(startAt(stateHash), {
        update: 'SET takenBy = :me',
        condition: '#state = :state AND attribute_not_exists(takenBy)',
        names: { '#state': 'stateHash' },
        values: { ':me': { S: takenBy }, ':state': { S: stateHash } },
      });
      // The SDK's own second try meets what the first has written.
      return (
        taken !== undefined || (await readItem(startAt(stateHash)))?.['takenBy']?.S === takenBy
      );
    },
    keepTicket: async (hash, ticket) => {
      await changeItem(at(`ticket#${hash}`), {
        update: 'SET #value = :value, expiresAt = :expires',
        names: { '#value': 'value' },
        values: {
          ':value': { S: encodeTicket(ticket).reveal() },
          ':expires': { N: seconds(ticket.expiresAtMs) },
        },
      });
    },
    ticket: async (hash) => {
      const value = (await readItem(at(`ticket#${hash}`)))?.['value']?.S;
      return value === undefined ? undefined : decodeTicket(new Secret(value));
    },
  };
}

function ifFree(start: ConsentStart, nowMs: number): ItemChange {
  return {
    update:
      'SET #state = :state, #value = :value, #until = :until, expiresAt = :expires REMOVE takenBy',
    condition: 'attribute_not_exists(pk) OR #until <= :now',
    names: { '#state': 'stateHash', '#value': 'value', '#until': 'untilMs' },
    values: {
      ':state': { S: start.stateHash },
      ':value': { S: encodeStart(start).reveal() },
      ':until': { N: String(start.expiresAtMs) },
      ':now': { N: String(nowMs) },
      ':expires': { N: seconds(start.expiresAtMs) },
    },
  };
}

function seconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}
