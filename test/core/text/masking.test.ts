import { describe, expect, it } from 'vitest';
import { masked } from '../../../src/core/text/masking.ts';

const token = 'a/0001invented-and-longer';
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a token is masked', () => {
  it.each([
    ['as it is', token],
    ['in JSON', token.replace('/', '\\/')],
    ['in JSON by its number', token.replace('/', '\\u002F')],
    ['in a URL', encodeURIComponent(token)],
    ['in a URL, in small letters', token.replace('/', '%2f')],
    ['in a URL twice', encodeURIComponent(encodeURIComponent(token))],
    ['in HTML', token.replace('/', '&#47;')],
    ['in HTML by its hex number', token.replace('/', '&#x2F;')],
    ['in HTML by name', token.replace('/', '&sol;')],
    ['in HTML by name without a semicolon', token.replace('/', '&sol')],
    ['in HTML, letter by letter', [...token].map((it) => `&#${it.codePointAt(0)};`).join('')],
    ['in base64', base64(token)],
    ['in base64 with something before it', base64(`{"b":"${token}"}`)],
    ['in base64 with something else before it', base64(`user:${token}`)],
    ['in base64 for URLs', Buffer.from(`xx ${token}`).toString('base64url')],
    ['in base64 in a URL', encodeURIComponent(base64(token))],
    ['as a header', `Bearer ${token}`],
    ['signed', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJpbnZlbnRlZCJ9.c2lnbmVk'],
  ])('%s', (_, written) => {
    for (const text of [
      written,
      `no "${written}" here`,
      `{"token":"${written}"}`,
      `?t=${written}`,
    ]) {
      const shown = masked(text);
      expect(shown).toContain('[secret]');
      expect(shown).not.toContain(written);
      expect(shown).not.toMatch(/invented|0001/);
    }
  });

  it.each([
    '{"client_secret":"hush"}',
    'client_secret=hush&x=1',
    '{\\"clientSecret\\":\\"hush\\"}',
    'client_secret%3Dhush',
    "Value 'x' at 'SecretString: hush'",
    `Authorization: Basic ${base64('client:hush-and-more')}`,
  ])('and what stands behind a secret’s name: %s', (text) => {
    expect(masked(text)).toContain('[secret]');
    expect(masked(text)).not.toMatch(/hush|aHVza/);
  });
});

it.each([
  'Il campo data.items_list.0.product_default_price non è valido',
  'User: arn:aws:sts::000000000000:assumed-role/fresco-rotator/i-0abc is not authorized to perform: secretsmanager:GetSecretValue on resource: fresco/default/grant',
  'GET /c/108061/issued_documents?type=invoice answered 404',
  'the refresh_token is invalid, 100% of it; see https://example.com/a/path',
])('what holds no secret stays: %s', (text) => {
  expect(masked(text)).toBe(text);
});

it('of a long text the beginning is told, and no half of a word', () => {
  const text = `${'word '.repeat(818)}${token} more`;
  expect(masked(text)).toBe(`${'word '.repeat(818)}…`);
});

it.each([
  'a/',
  'eyJ',
  'eyJ-',
  'a%2',
  '&#',
  '\\',
  '\\u00',
  'client_secret',
  'client_secret:',
  'Basic ',
  'YS8',
  'a/a/a/a/a',
  ' ',
])('%j, four million characters of it, takes no time', (part) => {
  const before = process.cpuUsage().user;
  for (const end of ['', '.', ' x']) masked(part.repeat(4_000_000 / part.length) + end);
  expect(process.cpuUsage().user - before).toBeLessThan(500_000);
});

it('what only looks like a letter in HTML hides no token beside it', () => {
  for (const odd of ['&#x110000;', '&#9999999;']) expect(masked(odd + token)).toBe('[secret]');
});
