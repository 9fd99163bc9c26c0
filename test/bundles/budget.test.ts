import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { builtFunction, bytesOf } from './built.ts';

describe('the bundle of a function', () => {
  it.each([
    { name: 'rotator', kilobytes: 312 },
    { name: 'connect', kilobytes: 262 },
    { name: 'webhook-receiver', kilobytes: 240 },
    { name: 'webhook-handler', kilobytes: 385 },
    { name: 'sync', kilobytes: 385 },
  ])('$name is at most $kilobytes KB: every byte is read at a cold start', async (budget) => {
    expect(bytesOf(await builtFunction(budget.name))).toBeLessThanOrEqual(budget.kilobytes * 1000);
  });

  it.each([
    { name: 'rotator', without: ['PutEvents', 'DescribeEventBus'] },
    { name: 'webhook-receiver', without: ['aws-sdk', 'smithy'] },
    {
      name: 'webhook-handler',
      without: ['InvokeCommand', 'SendMessageBatch', 'did not say what became'],
    },
    { name: 'sync', without: ['InvokeCommand'] },
  ])('of $name loads late what most runs do not need', async ({ name, without }) => {
    const text = readFileSync(await builtFunction(name), 'utf8');
    for (const part of without) expect(text).not.toContain(part);
  });

  it.each(['rotator', 'connect', 'webhook-receiver', 'webhook-handler', 'sync'])(
    '%s loads without settings, and exports its handler alone',
    async (name) => {
      const bundle = await builtFunction(name);
      expect(Object.keys(createRequire(import.meta.url)(bundle))).toEqual(['handler']);
    },
  );

  it('names every setting that is missing when it is called without any', async () => {
    const bundle = await builtFunction('webhook-receiver');
    const { handler } = createRequire(import.meta.url)(bundle);
    await expect(handler({})).rejects.toThrow(/FRESCO_PREFIX .*FRESCO_QUEUE_URL /);
  });
});
