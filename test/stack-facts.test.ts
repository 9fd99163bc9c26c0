import { describe, expect, it } from 'vitest';
import {
  parseStackFacts,
  secretName,
  sinkOf,
  stackParameterName,
  stackParameterValue,
} from '../src/stack-facts.ts';

const facts = {
  environment: '123456789012/eu-south-1/prod',
  connections: ['default'],
  table: 'fresco-Table',
  bus: 'fresco-Bus',
  consumersAlias: 'arn:aws:lambda:eu-south-1:123456789012:function:rotator:consumers',
  operatorAlias: 'arn:aws:lambda:eu-south-1:123456789012:function:rotator:operator',
};

describe('what a stack tells', () => {
  it.each([
    { name: 'without webhooks', value: facts },
    {
      name: 'with webhooks',
      value: {
        ...facts,
        webhookSink: 'https://hooks.example.com/webhooks',
        queueUrl: 'https://sqs.example.com/q',
        deadLetterQueueUrl: 'https://sqs.example.com/dlq',
      },
    },
    { name: 'with the names of its checks', value: { ...facts, checks: { default: 'check-1' } } },
  ])('is read back as it was written, $name', ({ value }) => {
    expect(parseStackFacts(JSON.stringify(stackParameterValue(value)))).toEqual(value);
  });

  it('is refused with every field at fault named', () => {
    const text = JSON.stringify({
      ...facts,
      v: 2,
      table: '',
      connections: 'default',
      queueUrl: 7,
      checks: [''],
    });
    expect(() => parseStackFacts(text)).toThrow(
      'the stack\'s parameter cannot be read: "v" must be 1, got 2; "table" must be a text; ' +
        '"queueUrl" must be a text where it is given; "checks" must name a schedule for each connection; ' +
        '"connections" must be a list of names; deploy again',
    );
  });

  it.each(['', 'x', 'null', '[]', '7'])('is refused as %j', (text) => {
    expect(() => parseStackFacts(text)).toThrow("the stack's parameter cannot be read");
  });

  it('is found by the prefix, as the secrets are', () => {
    expect(stackParameterName('fresco')).toBe('/fresco/stack');
    expect(secretName('fresco', 'default', 'access-token')).toBe('fresco/default/access-token');
    expect(sinkOf('https://hooks.example.com/webhooks', 'default')).toBe(
      'https://hooks.example.com/webhooks/default',
    );
  });
});
