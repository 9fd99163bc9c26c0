import { describe, expect, it } from 'vitest';
import {
  parseStackFacts,
  secretName,
  sinkOf,
  stackParameterName,
  stackParameterValue,
} from '../../src/config/stack-outputs.ts';

const arn = 'arn:aws:ssm:eu-south-1:123456789012:parameter/fresco/stack';
const ofLambda = 'arn:aws:lambda:eu-south-1:123456789012:function:rotator';
const facts = {
  environment: '123456789012/eu-south-1/prod',
  connections: ['default'],
  table: 'fresco-Table',
  bus: 'fresco-Bus',
  consumersAlias: `${ofLambda}:consumers`,
  operatorAlias: `${ofLambda}:operator`,
};
const queueUrl = 'https://sqs.eu-south-1.amazonaws.com/123456789012/fresco-q';
const read = (value: object) => parseStackFacts(JSON.stringify({ v: 1, ...value }), arn);

describe('what a stack tells', () => {
  it.each([
    { name: 'without webhooks', value: facts },
    {
      name: 'with webhooks',
      value: {
        ...facts,
        webhookSink: 'https://hooks.example.com/webhooks',
        queueUrl,
        deadLetterQueueUrl: `${queueUrl}-dead`,
      },
    },
    {
      name: 'with a bus by its ARN',
      value: { ...facts, bus: 'arn:aws:events:eu-south-1:123456789012:event-bus/fresco' },
    },
    {
      name: 'with pages for consent',
      value: { ...facts, connectUrl: 'https://hooks.example.com/connect' },
    },
    { name: 'with the group of its checks', value: { ...facts, checkGroup: 'fresco-Checks' } },
    { name: 'with the names of its checks', value: { ...facts, checks: { default: 'check-1' } } },
  ])('is read back as it was written, $name', ({ value }) => {
    expect(parseStackFacts(JSON.stringify(stackParameterValue(value)), arn)).toEqual(value);
  });

  it('is refused with every field at fault named', () => {
    const wrong = { v: 2, table: '', connections: 'default', queueUrl: 7, checks: [''] };
    expect(() => read({ ...facts, ...wrong })).toThrow(
      'the stack\'s parameter cannot be trusted: "v" must be 1, got 2; ' +
        '"queueUrl" must be the URL of a queue of account 123456789012 where it is given; ' +
        '"table" must be the name of a table; "checks" must name a schedule for each connection; ' +
        '"connections" must be a list of names; deploy again',
    );
  });

  it.each([
    ['environment', '999999999999/eu-south-1/prod'],
    ['environment', '123456789012/eu-west-1/prod'],
    ['consumersAlias', ofLambda.replace('123456789012', '999999999999').concat(':consumers')],
    ['operatorAlias', ofLambda.replace('eu-south-1', 'eu-west-1').concat(':operator')],
    ['operatorAlias', ofLambda],
    ['bus', 'arn:aws:events:eu-south-1:999999999999:event-bus/theirs'],
    ['queueUrl', queueUrl.replace('123456789012', '999999999999')],
    ['deadLetterQueueUrl', 'https://sqs.eu-south-1.amazonaws.com'],
    ['table', 'arn:aws:dynamodb:eu-south-1:999999999999:table/theirs'],
    ['webhookSink', 'http://theirs.example.com/webhooks'],
    ['webhookSink', 'https://user@theirs.example.com/webhooks'],
    ['connectUrl', 'http://theirs.example.com/connect'],
    ['checkGroup', '../default'],
  ])('is refused where %s leads elsewhere: %s', (field, value) => {
    expect(() => read({ ...facts, [field]: value })).toThrow(`"${field}" must be`);
  });

  it.each(['', 'x', 'null', '[]', '7'])('is refused as %j', (text) => {
    expect(() => parseStackFacts(text, arn)).toThrow("the stack's parameter cannot be trusted");
  });

  it('is refused where nobody says in which account it was read', () => {
    expect(() => parseStackFacts(JSON.stringify({ v: 1, ...facts }), '')).toThrow('environment');
  });

  it('is found by the prefix, as the secrets are', () => {
    expect(stackParameterName('fresco')).toBe('/fresco/stack');
    expect(secretName('fresco', 'default', 'access-token')).toBe('fresco/default/access-token');
    expect(sinkOf('https://hooks.example.com/webhooks', 'default')).toBe(
      'https://hooks.example.com/webhooks/default',
    );
  });
});
