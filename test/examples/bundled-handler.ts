import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { built } from '../bundles/built.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

/** An example's handler, bundled as its stack bundles it, against the built package; each call is a process. */
export async function bundledHandler(
  path: string,
): Promise<(event: object, env: Readonly<Record<string, string>>) => Promise<unknown>> {
  await built('package');
  const folder = await temporaryFolder();
  const options = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
  await build({
    ...options,
    entryPoints: [join(examples, path)],
    outfile: join(folder, 'handler.cjs'),
  });
  const call =
    'handler(JSON.parse(process.argv[2])).then((done) => console.log(JSON.stringify(done ?? null)))';
  writeFileSync(
    join(folder, 'run.cjs'),
    `const { handler } = require('./handler.cjs');\n${call};\n`,
  );
  return async (event, env) => {
    const args = [join(folder, 'run.cjs'), JSON.stringify(event)];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...env },
    });
    return JSON.parse(stdout);
  };
}
