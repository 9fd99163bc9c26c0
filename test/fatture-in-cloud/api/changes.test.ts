import { expect, it } from 'vitest';
import { changeFeed, stampedLists } from '../../../src/fatture-in-cloud/api/changes.ts';

it('one entry without updated_at leaves the rest of its page readable', async () => {
  const read = { id: 7, updated_at: '2026-11-23 10:00:00', created_at: '2026-11-23 10:00:00' };
  const data = [{ id: 6, updated_at: null }, read, { updated_at: read.updated_at }, 'nothing'];
  const filled = [...data, ...Array.from({ length: 96 }, (_, at) => ({ ...read, id: 100 + at }))];
  const send = async () => ({ kind: 'ok', body: { data: filled, total: 120 } }) as const;
  const [list] = stampedLists;
  if (list === undefined) throw new Error('no lists');
  const query = {
    since: null,
    until: '2026-11-24 10:00:00',
    page: 1,
    entity: 'reference',
  } as const;
  const page = await changeFeed({ send }).page(108061, list, query);
  expect(page).toMatchObject({ kind: 'page', unreadable: 3, isLast: false, total: 120 });
  expect(page.kind === 'page' && page.changes.slice(0, 1)).toEqual([
    { id: 7, stamp: read.updated_at, isNew: true },
  ]);
});
