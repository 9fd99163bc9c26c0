import { describe, expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import type { EntityRead } from '../../../src/core/webhooks/ports.ts';
import { notePublished } from '../../../src/core/webhooks/published-states.ts';

const notification = {
  id: 'event-1',
  companyId: 7,
  type: 't',
  resource: 'clients',
  change: 'update',
  ids: [1],
} as const;

function logOf(note: () => Promise<void> = async () => undefined) {
  const noted: unknown[] = [];
  return {
    noted,
    entities: {
      note: async (...what: readonly unknown[]) => {
        noted.push(what);
        await note();
      },
      doubt: async (...what: readonly unknown[]) => void noted.push(['doubt', ...what]),
    },
    stampOf: (entity: unknown) => (entity as { stamp?: string }).stamp,
  };
}

const reads = (...all: (EntityRead | undefined)[]) => all.map((read, id) => ({ id, read }));

describe('what a notification has told is noted', () => {
  it('by the stamp of the entity, or that it is gone', async () => {
    const log = logOf();
    const entity = { kind: 'entity', entity: { stamp: '2026-11-23 02:00:00' } } as const;
    await notePublished(log, notification, reads(entity, { kind: 'absent' }));
    expect(log.noted).toEqual([
      [7, 'clients', 0, { kind: 'stamp', stamp: '2026-11-23 02:00:00' }],
      [7, 'clients', 1, { kind: 'deleted' }],
      ['doubt', 7, 'clients', [1]],
    ]);
  });

  it('in doubt where the API does not agree, for a sync to look again', async () => {
    const log = logOf();
    const entity = { kind: 'entity', entity: {} } as const;
    const deletion = { ...notification, change: 'delete' } as const;
    await notePublished(log, deletion, reads(entity, { kind: 'absent' }, undefined));
    expect(log.noted).toEqual([
      [7, 'clients', 1, { kind: 'deleted' }],
      ['doubt', 7, 'clients', [0]],
    ]);
  });

  it('as there, with no stamp, where only a reference was told', async () => {
    const log = logOf();
    await notePublished(log, notification, reads({ kind: 'entity', entity: undefined }));
    expect(log.noted).toEqual([[7, 'clients', 0, { kind: 'stamp', stamp: '' }]]);
  });

  it('and nothing of what has no stamp, could not be read or was not tried', async () => {
    const log = logOf();
    const failed = { kind: 'failed', detail: 'invented' } as const;
    await notePublished(
      log,
      notification,
      reads({ kind: 'entity', entity: {} }, failed, undefined),
    );
    expect(log.noted).toEqual([]);
  });

  it('unless the note is refused: then a sync tells it again', async () => {
    const refused = logOf(() => Promise.reject(new StoreRefused('unavailable', 'invented')));
    await notePublished(refused, notification, reads({ kind: 'absent' }, { kind: 'absent' }));
    expect(refused.noted).toHaveLength(3);
    const broken = logOf(() => Promise.reject(new TypeError('invented')));
    await expect(notePublished(broken, notification, reads({ kind: 'absent' }))).rejects.toThrow(
      TypeError,
    );
  });
});
