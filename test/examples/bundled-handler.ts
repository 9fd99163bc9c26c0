import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { built } from '../bundles/built.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

/**
 * An example's handler, bundled as its stack bundles it, against the built package; each call is a process. One that
 * gets a list of events is called for each, also after one has failed, and answers with the list of what came of them.
 */
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
  const call = `
const given = JSON.parse(process.argv[2]);
const told = (done) => console.log(JSON.stringify(done ?? null));
const each = async (events) => {
  const ends = [];
  for (const event of events) ends.push(await handler(event).catch(({ name }) => ({ failed: name })));
  return ends;
};
(Array.isArray(given) ? each(given) : handler(given)).then(told);`;
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
