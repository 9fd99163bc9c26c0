import { describe, expect, it } from 'vitest';
import {
  entityChanged,
  entryBytesMax,
  notifiedChange,
} from '../../../src/core/events/entity-changed.ts';

const change = {
  connection: 'default',
  companyId: 108061,
  resource: 'clients',
  id: 1,
  change: 'update',
  origin: 'sync',
} as const;

function sizeOf(filling: number, letter = 'x'): number {
  const event = entityChanged({ ...change, entity: { name: letter.repeat(filling) } });
  return Buffer.byteLength(JSON.stringify(event.detail));
}

describe('Entity Changed', () => {
  it('without an entity is a reference', () => {
    expect(entityChanged(change).detail).toEqual({
      v: 1,
      connection: 'default',
      subject: 'company:108061',
      company: 108061,
      resource: 'clients',
      id: 1,
      change: 'update',
      origin: 'sync',
    });
  });

  it('with an entity that fits one entry has it, and with one byte more says that it does not', () => {
    const rest = sizeOf(0);
    const most = entryBytesMax - 1024 - rest;
    const fitting = entityChanged({ ...change, entity: { name: 'x'.repeat(most) } });
    expect(fitting.detail).toHaveProperty('entity');
    const tooLarge = entityChanged({ ...change, entity: { name: 'x'.repeat(most + 1) } });
    expect(tooLarge.detail).not.toHaveProperty('entity');
    expect(tooLarge.detail).toMatchObject({ id: 1, entityOmitted: 'too large' });
  });

  it('is measured in bytes, not in letters', () => {
    expect(sizeOf(entryBytesMax / 2, 'à')).toBeLessThan(1024);
  });
});

describe('what a notification leads to', () => {
  const notification = {
    connection: 'default',
    companyId: 108061,
    resource: 'clients',
    type: 'it.fattureincloud.webhooks.entities.clients.create',
    id: 'e1',
    ids: [1],
    change: 'update',
    part: 0,
  } as const;
  const entity = { name: 'Uno' };

  it.each([
    ['a creation that the API has', 'create', { kind: 'entity', entity }, 'create', true],
    [
      'an update of which only the reference is wanted',
      'update',
      { kind: 'entity', entity: undefined },
      'update',
      false,
    ],
    ['a deletion of what the API still has', 'delete', { kind: 'entity', entity }, 'update', true],
    ['a creation of what is gone', 'create', { kind: 'absent' }, 'delete', false],
  ] as const)('%s', (_, change, read, told, hasEntity) => {
    const [event] = notifiedChange({ ...notification, change }, { id: 1, read });
    expect(event?.detail).toMatchObject({ id: 1, change: told, origin: 'webhook' });
    expect('entity' in (event?.detail ?? {})).toBe(hasEntity);
  });

  it('is nothing where the API gave no answer', () => {
    for (const read of [undefined, { kind: 'licence-expired' } as const])
      expect(notifiedChange(notification, { id: 1, read })).toEqual([]);
  });
});
