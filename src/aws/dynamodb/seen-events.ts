import { randomUUID } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { jsonIn } from '../../core/text/json.ts';
import { type EntityId, isEntityId } from '../../core/webhooks/notification.ts';
import type { Claim, SeenEvents } from '../../core/webhooks/ports.ts';
import type { Item } from './journal-item.ts';
import {
  changeItem,
  type ItemAddress,
  readItem,
  settingItems,
  type WriteItem,
} from './table-item.ts';

// Longer than the queue and its dead-letter queue can keep a message between them.
const keptSeconds = 30 * 86_400;

const names = { '#state': 'state', '#until': 'untilMs' };
const claimNames = { ...names, '#content': 'content' };

/** Events seen, one item each in the stack's table; `expiresAt` (seconds) is its time to live. */
export function seenEventsTable(
  client: DynamoDBClient,
  table: string,
  write: WriteItem = settingItems(client, table),
): SeenEvents {
  const at = (key: string): ItemAddress => ({ client, table, pk: `seen#${key}` });
  return {
    claim: (key, nowMs, untilMs, content) => claim(at(key), nowMs, untilMs, content),
    confirm: (key, untilMs, content = '') =>
      write(at(key).pk, {
        state: { S: 'published' },
        content: { S: content },
        expiresAt: expiresAfter(untilMs),
      }),
    release: async (key, untilMs, settled) => {
      await changeItem(at(key), {
        update: 'SET #until = :never, settled = :settled',
        ...ifClaimedUntil(untilMs, {
          ':never': { N: '0' },
          ':settled': { S: JSON.stringify(settled) },
        }),
      });
    },
    countReads: async (key, reads, max, untilMs) => {
      if (reads > max) return false;
      const counted = await changeItem(at(key), {
        update: 'SET expiresAt = :expires ADD #reads :more',
        condition: 'attribute_not_exists(pk) OR #reads <= :room',
        names: { '#reads': 'reads' },
        values: {
          ':more': { N: String(reads) },
          ':room': { N: String(max - reads) },
          ':expires': { N: String(Math.ceil(untilMs / 1000)) },
        },
      });
      return counted !== undefined;
    },
  };
}

async function claim(
  at: ItemAddress,
  nowMs: number,
  untilMs: number,
  content = '',
): Promise<Claim> {
  const claimId = randomUUID();
  const claimed = await changeItem(at, {
    update:
      'SET #state = :claimed, #until = :until, #content = :content, claimId = :id, expiresAt = :expires',
    condition:
      'attribute_not_exists(pk) OR (#state = :claimed AND #until <= :now AND (attribute_not_exists(#content) OR #content = :content OR #content = :none))',
    names: claimNames,
    values: {
      ':claimed': { S: 'claimed' },
      ':until': { N: String(untilMs) },
      ':now': { N: String(nowMs) },
      ':id': { S: claimId },
      ':content': { S: content },
      ':none': { S: '' },
      ':expires': expiresAfter(untilMs),
    },
  });
  if (claimed !== undefined) return { kind: 'claimed', settled: settledIn(claimed) };
  const found = await readItem(at);
  const stored = found?.['content']?.S ?? '';
  if (stored !== '' && stored !== content) return { kind: 'differs' };
  if (found?.['state']?.S === 'published') return { kind: 'published' };
  // The SDK's own second try meets what the first has written.
  if (found?.['claimId']?.S === claimId) return { kind: 'claimed', settled: settledIn(found) };
  return { kind: 'held', untilMs: Number(found?.['untilMs']?.N ?? nowMs) };
}

function expiresAfter(untilMs: number) {
  return { N: String(Math.ceil(untilMs / 1000) + keptSeconds) };
}

function ifClaimedUntil(untilMs: number, values: Item) {
  return {
    condition: '#state = :claimed AND #until = :until',
    names,
    values: { ...values, ':claimed': { S: 'claimed' }, ':until': { N: String(untilMs) } },
  };
}

/** Without a readable list all ids are worked on again, which is what an event without a claim gets. */
function settledIn(item: Item): EntityId[] {
  const ids = jsonIn(item['settled']?.S ?? '[]');
  return Array.isArray(ids) ? ids.filter(isEntityId) : [];
}
