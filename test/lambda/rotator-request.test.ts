import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { aliasArn, aliasOf, CallRefused, parseCall } from '../../src/lambda/rotator-request.ts';

const served = { prefix: 'fresco', connections: ['default', 'other-one'] };
const versionId = '00000000-0000-4000-8000-00000000000a';
const grantArn = (name: string) =>
  `arn:aws:secretsmanager:eu-south-1:000000000000:secret:${name}-AbCdEf`;
const native = {
  SecretId: grantArn('fresco/default/grant'),
  ClientRequestToken: versionId,
  Step: 'createSecret',
};
const look = { step: 'look', connection: 'default' };
const rejected = { grant: 1, generation: 7, attempt: 3 };

describe('the alias of an invoked function', () => {
  const arn = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator';

  it.each([
    { invoked: `${arn}:schedule`, alias: 'schedule' },
    { invoked: arn, alias: undefined },
  ])('of $invoked is $alias', ({ invoked, alias }) => {
    expect(aliasOf(invoked)).toBe(alias);
  });

  it.each([`${arn}:schedule`, arn])('leads from %s to its neighbour', (invoked) => {
    expect(aliasArn(invoked, 'consumers')).toBe(`${arn}:consumers`);
  });
});

describe('a door of the rotator', () => {
  it.each([
    {
      name: "the schedule's check",
      alias: 'schedule',
      event: { connection: 'default' },
      call: { kind: 'pass', connection: 'default', request: { trigger: 'schedule' } },
    },
    {
      name: "an operator's pass",
      alias: 'operator',
      event: { connection: 'other-one' },
      call: { kind: 'pass', connection: 'other-one', request: { trigger: 'operator' } },
    },
    {
      name: "an operator's pass if it is due",
      alias: 'operator',
      event: { connection: 'default', onlyIfDue: true },
      call: {
        kind: 'pass',
        connection: 'default',
        request: { trigger: 'operator', onlyIfDue: true },
      },
    },
    {
      name: "a consumer's wish",
      alias: 'consumers',
      event: { connection: 'default', minValidityMs: 300_000 },
      call: {
        kind: 'pass',
        connection: 'default',
        request: { trigger: 'consumer', minValidityMs: 300_000 },
      },
    },
    {
      name: "a consumer's complaint",
      alias: 'consumers',
      event: { connection: 'default', rejected },
      call: { kind: 'pass', connection: 'default', request: { trigger: 'consumer', rejected } },
    },
    {
      name: 'a step of a native rotation',
      alias: 'native',
      event: native,
      call: { kind: 'native', connection: 'default', step: 'createSecret', versionId },
    },
    {
      name: 'a step with fields that Secrets Manager has added since',
      alias: 'native',
      event: { ...native, RotationToken: 'x' },
      call: { kind: 'native', connection: 'default', step: 'createSecret', versionId },
    },
  ])('lets $name in', ({ alias, event, call }) => {
    expect(parseCall(alias, event, served)).toEqual(call);
  });

  it.each([
    { alias: undefined, event: { connection: 'default' }, why: "got 'none'" },
    { alias: '$LATEST', event: { connection: 'default' }, why: "got '$LATEST'" },
    { alias: 'schedule', event: null, why: 'the event must be an object' },
    { alias: 'schedule', event: ['default'], why: 'does not belong here' },
    { alias: 'schedule', event: {}, why: '"connection" is missing' },
    {
      alias: 'schedule',
      event: { connection: 'no' },
      why: '"connection" must be one of default, other-one',
    },
    { alias: 'schedule', event: { connection: 'default', minValidityMs: 1 }, why: 'minValidityMs' },
    { alias: 'operator', event: { connection: 'default', onlyIfDue: 'no' }, why: '"onlyIfDue"' },
    { alias: 'operator', event: native, why: '"SecretId" does not belong here' },
    { alias: 'consumers', event: { connection: 'default', onlyIfDue: true }, why: 'onlyIfDue' },
    { alias: 'consumers', event: { connection: 'default', minValidityMs: -1 }, why: 'minValidity' },
    { alias: 'consumers', event: { connection: 'default', minValidityMs: 0.5 }, why: 'minValid' },
    { alias: 'consumers', event: { connection: 'default', rejected: 7 }, why: 'must be an object' },
    {
      alias: 'consumers',
      event: { connection: 'default', rejected: { grant: 1, generation: 7 } },
      why: '"rejected.attempt" is missing',
    },
    { alias: 'native', event: { connection: 'default' }, why: '"SecretId"' },
    { alias: 'native', event: null, why: 'the event must be an object' },
    {
      alias: 'native',
      event: { ...native, SecretId: grantArn('fresco/default/access-token') },
      why: '"SecretId"',
    },
    {
      alias: 'native',
      event: { ...native, SecretId: grantArn('evil/fresco/default/grant') },
      why: '"SecretId"',
    },
    { alias: 'native', event: { ...native, SecretId: 'fresco/default/grant' }, why: '"SecretId"' },
    { alias: 'native', event: { ...native, ClientRequestToken: 'short' }, why: '"ClientRequest' },
    { alias: 'native', event: { ...native, Step: 'dropSecret' }, why: '"Step" must be one of' },
    { alias: 'consent', event: null, why: 'the event must be an object' },
    { alias: 'consent', event: { connection: 'default' }, why: '"step" must be' },
    { alias: 'consent', event: { step: 'look' }, why: '"connection" is missing' },
    { alias: 'consent', event: { ...look, browser: 'b' }, why: '"browser" does not belong here' },
    { alias: 'consent', event: { ...look, ticket: 7 }, why: '"ticket" must be a text' },
    { alias: 'consent', event: { ...look, step: 'begin' }, why: '"browser" is missing' },
    { alias: 'consent', event: { ...look, step: 'finish' }, why: '"state" is missing' },
    {
      alias: 'consent',
      event: { ...look, step: 'finish', state: 's'.repeat(8193), browser: 'b' },
      why: '"state" must be a shorter text',
    },
    { alias: 'operator', event: look, why: '"step" does not belong here' },
  ])('keeps $event out of $alias', ({ alias, event, why }) => {
    expect(() => parseCall(alias, event, served)).toThrow(CallRefused);
    expect(() => parseCall(alias, event, served)).toThrow(why);
  });

  it.each([
    look,
    { ...look, connection: 'there is none', ticket: 'guessed' },
    { ...look, step: 'begin', browser: 'b' },
    { ...look, step: 'begin', browser: 'b', ticket: 't' },
    { step: 'finish', connection: 'x', state: 's', browser: 'b', code: 'c' },
    { step: 'finish', connection: 'x', state: 's', browser: 'b', error: 'access_denied' },
  ])('lets %j of the pages for consent in, whoever has typed it', (event) => {
    const call = parseCall('consent', event, served);
    const request = call.kind === 'consent' ? call.request : {};
    const bare = Object.entries(request).map(([key, it]) => [
      key,
      it instanceof Secret ? it.reveal() : it,
    ]);
    expect(Object.fromEntries(bare)).toEqual(event);
    const secrets = Object.keys(event).filter((key) => /ticket|browser|code/.test(key));
    for (const key of secrets) expect(request).toMatchObject({ [key]: expect.any(Secret) });
  });

  it('refuses anything else in its own words', () => {
    const doors = ['schedule', 'operator', 'consumers', 'native', 'consent', undefined];
    const aliases = fc.constantFrom(...doors);
    fc.assert(
      fc.property(aliases, fc.jsonValue(), (alias, event) => {
        try {
          parseCall(alias, event, served);
        } catch (error) {
          expect(error).toBeInstanceOf(CallRefused);
        }
      }),
    );
  });
});
