import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A clean checkout knows no times, and goes by size: what is short and takes long would come last and alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isShort = ({ moduleId }: TestSpecification) =>
      /(fuzz|would-notice|matrix|many-processes|bundles.sync)\.test\.ts$/.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(isShort), ...sorted.filter((file) => !isShort(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    globalSetup: 'test/tidy/temporary-folder-of-run.ts',
    // Files share what they import: the sources change nothing at import, and CDK alone takes seconds to load.
    isolate: false,
    // Many tests wait for processes and servers: more files than cores keep two cores busy.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
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
