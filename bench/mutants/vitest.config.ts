import { defineConfig } from 'vitest/config';

/** The specification that each part's mutants are judged by. */
const specifications: Readonly<Record<string, readonly string[]>> = {
  core: [
    'test/core/**/*.test.ts',
    // What receiving is specified by.
    'test/fatture-in-cloud/webhooks/{edges,hostile}.test.ts',
  ],
  sync: ['test/core/sync/*.test.ts'],
  webhooks: ['test/fatture-in-cloud/webhooks/{request,signature,edges,hostile}.test.ts'],
};

export default defineConfig({
  test: {
    include: [...(specifications[process.env['FRESCO_MUTANTS'] ?? 'core'] ?? [])],
    environment: 'node',
    testTimeout: 10_000,
  },
});
