import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../src/sandbox/api/filter-language.ts';

const fields = ['id', 'name', 'amount', 'paid', 'notes', 'entity.name'];
const rows = [
  { id: 1, name: 'Alfa', amount: 9, paid: true, notes: null, entity: { name: 'Rossi' } },
  { id: 2, name: 'Beta', amount: 10, paid: false, notes: "it's", entity: { name: 'Bianchi' } },
  { id: 3, name: 'a_b', amount: 12.5, paid: true, entity: null },
];

function idsPassing(text: string): number[] | string {
  const parsed = parseFilter(text, fields);
  return parsed.kind === 'invalid' ? parsed.why : rows.filter(parsed.filter).map(({ id }) => id);
}

describe('the filter language', () => {
  it.each([
    ['amount > 9', [2, 3]],
    ['amount >= 10', [2, 3]],
    ['amount < 10', [1]],
    ['amount <= 10', [1, 2]],
    ['amount = 12.5', [3]],
    ['amount <> 10', [1, 3]],
    ['amount != 10', [1, 3]],
    ['paid = true', [1, 3]],
    ['paid = false', [2]],
    ["entity.name = 'rossi'", [1]],
    ['notes is null', [1, 3]],
    ['notes = null', [1, 3]],
    ['notes is not null', [2]],
    ['notes <> null', [2]],
    ["notes = 'it''s'", [2]],
    ["notes > 'a'", [2]],
    ["name starts with 'al'", [1]],
    ["name ends with 'TA'", [2]],
    ["name like 'a%'", [1, 3]],
    ["name like '_eta'", [2]],
    ["name like 'a.b'", []],
    ["name not like '%a%'", []],
    ["name not contains 'fa'", [2, 3]],
    ["id = 1 or id = 2 and name = 'Beta'", [1, 2]],
    ["(id = 1 or id = 2) and name = 'Beta'", [2]],
    ['ID = 1'.toLowerCase(), [1]],
    ['id=1 OR id=3', [1, 3]],
  ])('%s → %j', (text, want) => {
    expect(idsPassing(text)).toEqual(want);
  });

  it.each([
    ['moon = 1', 'unknown field moon'],
    ['id = 1 Or id = 2', 'unexpected Or'],
    ['id is 1', 'null expected after is'],
    ['id not = 1', 'unknown operator'],
    ['id = moon', 'a value was expected, not moon'],
    ['id = -1', 'unreadable at character 5'],
    ['id =', 'it ends too early'],
    ['(id = 1', 'a parenthesis is not closed'],
    ['', 'it ends too early'],
    [`${'('.repeat(2_000)}x`, 'longer than 2000 characters'],
    ['('.repeat(2_000), 'it ends too early'],
  ])('refuses %s', (text, why) => {
    expect(idsPassing(text)).toBe(why);
  });
});
