import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.ts';

const planted = 'r/0001planted';
const secret = new Secret(planted);

it.each([
  ['a template', () => `${secret}`],
  ['String()', () => String(secret)],
  ['JSON', () => JSON.stringify({ secret })],
  [
    'inspect, all depths and hidden fields',
    () => inspect({ secret }, { depth: 9, showHidden: true }),
  ],
  ['an error message', () => String(new Error(`refused ${secret}`))],
  ['its keys', () => JSON.stringify(Object.entries(secret))],
])('a secret does not show in %s', (_name, print) => {
  expect(print()).not.toContain(planted);
});

it('a secret shows as what it is, so that its place can be seen', () => {
  expect(`${secret}`).toBe('[secret]');
  expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}');
  expect(inspect({ secret })).toBe('{ secret: [secret] }');
});

it('reveal gives the value back', () => {
  expect(secret.reveal()).toBe(planted);
});

it('equals compares the values', () => {
  expect(secret.equals(new Secret(planted))).toBe(true);
  expect(secret.equals(new Secret('r/0002planted'))).toBe(false);
});

it('a fingerprint is eight hex digits that depend on the value alone', () => {
  expect(secret.fingerprint()).toMatch(/^[0-9a-f]{8}$/);
  expect(secret.fingerprint()).toBe(new Secret(planted).fingerprint());
  expect(secret.fingerprint()).not.toBe(new Secret('r/0002planted').fingerprint());
});

it('a secret is bound to one origin, and never to another', () => {
  const bound = secret.boundTo('https://a.example');
  expect([secret.origin, bound.origin]).toEqual([undefined, 'https://a.example']);
  expect(bound.boundTo('https://b.example').origin).toBe('https://a.example');
  expect(bound.reveal()).toBe(planted);
});
