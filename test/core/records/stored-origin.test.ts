import { expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import { encodeGrant } from '../../../src/core/records/grant.ts';
import { boundByGrant, originBefore } from '../../../src/core/records/stored-origin.ts';
import { Secret } from '../../../src/core/secret.ts';
import { grantOf, hour, MemorySecret } from '../memory-connection.ts';

function holding(text: string | undefined): MemorySecret {
  const secret = new MemorySecret();
  if (text === undefined) return secret;
  secret.versions.set('v1', new Secret(text));
  secret.currentId = 'v1';
  return secret;
}

const grant = holding(encodeGrant(grantOf(hour)).reveal());
const refusing = new MemorySecret();
refusing.before = () => {
  throw new StoreRefused('unavailable', 'invented');
};

it.each([
  [
    'as it is where it names one',
    '{"v":1,"origin":"https://a.example"}',
    grant,
    'https://a.example',
  ],
  ["as its grant's where it names none", '{"v":1}', grant, 'https://provider.example'],
  ['as Fatture in Cloud’s without a grant', '{"v":1}', undefined, originBefore],
  ['as Fatture in Cloud’s before a login', '{"v":1}', holding(undefined), originBefore],
  ['as Fatture in Cloud’s beside a damaged grant', '{"v":1}', holding('{'), originBefore],
  ['as Fatture in Cloud’s where the grant cannot be read', '{"v":1}', refusing, originBefore],
])('the origin of a record is read %s', async (_, text, of, origin) => {
  const version = await boundByGrant(holding(text), of).current();
  expect(version?.versionId).toBe('v1');
  expect(JSON.parse(version?.value.reveal() ?? '')).toEqual({ v: 1, origin });
});

it('what is no record is left as it is, and nothing stays nothing', async () => {
  const damaged = await boundByGrant(holding('{"v":'), grant).current();
  expect(damaged?.value.reveal()).toBe('{"v":');
  expect(await boundByGrant(holding(undefined), grant).current()).toBeUndefined();
});

it('the other calls of the secret stay', () => {
  const { put } = holding('{}');
  expect(boundByGrant({ current: async () => undefined, put }, grant).put).toBe(put);
});

it('records of 0.1.0 were written for Fatture in Cloud', () => {
  expect(originBefore).toBe('https://api-v2.fattureincloud.it');
});
