import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { builtFunction } from './built.ts';

describe('the bundle of a function', () => {
  it.each([
    { name: 'rotator', kilobytes: 321 },
    { name: 'connect', kilobytes: 278 },
    { name: 'webhook-receiver', kilobytes: 275 },
    { name: 'webhook-handler', kilobytes: 413 },
    { name: 'sync', kilobytes: 414 },
  ])('$name is at most $kilobytes KB: every byte is read at a cold start', async (budget) => {
    const bundle = await builtFunction(budget.name);
    expect(statSync(bundle).size).toBeLessThanOrEqual(budget.kilobytes * 1000);
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
