import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    globalSetup: 'test/tidy/temporary-folder-of-run.ts',
    // Files share what they import: the sources change nothing at import, and CDK alone takes seconds to load.
    isolate: false,
    // Many tests wait for processes and servers: more files than cores keep two cores busy.
    maxWorkers: 4,
    // A busy machine is no reason to fail.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    env: {
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // Seconds for each process that synthesizes: test/infra/app.test.ts does it with CloudFormation's rules.
      CDK_VALIDATION: 'false',
    },
    coverage: { provider: 'v8', include: ['src/**', 'functions/**', 'infra/**'] },
  },
});
