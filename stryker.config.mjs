import { availableParallelism } from 'node:os';

/**
 * Mutation testing of the core and of the webhook verification: `npm run mutants`, or one part of it by
 * FRESCO_MUTANTS=<part>. Stryker itself lives in bench/mutants behind a lockfile of its own; vitest is the root's.
 */
const mutated = {
  core: ['src/core/**/*.ts', '!src/core/sync/*.ts'],
  sync: ['src/core/sync/*.ts'],
  webhooks: [
    'src/fatture-in-cloud/webhooks/request.ts',
    'src/fatture-in-cloud/webhooks/signature.ts',
  ],
};

const part = process.env.FRESCO_MUTANTS ?? 'core';
const folder = 'bench/mutants';

export default {
  mutate: mutated[part],
  testRunner: 'vitest',
  vitest: { configFile: `${folder}/vitest.config.ts`, related: false },
  coverageAnalysis: 'perTest',
  concurrency: availableParallelism(),
  incremental: true,
  incrementalFile: `${folder}/reports/${part}.incremental.json`,
  ignorePatterns: [
    'dist',
    'cdk.out',
    'coverage',
    'docs',
    'bench/**',
    `!${folder}/vitest.config.ts`,
  ],
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: `${folder}/reports/${part}.json` },
  // TypeScript 7 has no compiler API to rewrite a tsconfig with, and vitest needs none.
  tsconfigFile: 'none.json',
};
