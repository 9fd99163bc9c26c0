import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { built } from '../bundles/built.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';
import { loggedInStore } from '../wiring/logged-in-store.ts';

// Goal: the example does what docs/webhooks.md says of it.
// Method: bundled as its stack bundles it, against the built package, and run over a store and the sandbox.

const entry = fileURLToPath(
  new URL('../../examples/bus-rule/on-client-changed.ts', import.meta.url),
);

async function runner() {
  await built('package');
  const folder = await temporaryFolder();
  const options = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
  await build({ ...options, entryPoints: [entry], outfile: join(folder, 'handler.cjs') });
  const call =
    'handler(JSON.parse(process.argv[2])).then((done) => console.log(JSON.stringify(done)))';
  writeFileSync(
    join(folder, 'run.cjs'),
    `const { handler } = require('./handler.cjs');\n${call};\n`,
  );
  const server = await loggedInStore();
  const env = { FRESCO_STORE: `file:${server.path}`, FRESCO_PROVIDER_URL: server.url };
  const handle = async (detail: object): Promise<unknown> => {
    const event = JSON.stringify({ source: 'fresco', 'detail-type': 'Entity Changed', detail });
    const args = [join(folder, 'run.cjs'), event];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return JSON.parse(stdout);
  };
  return { server, handle };
}

it('the example reads the client that an event speaks of, with a token of ours', async () => {
  const { server, handle } = await runner();
  const made = await server.request('POST', '/_sandbox/changes', {
    type: 'entities.clients.create',
  });
  const [id] = made.json.ids as [number];
  const detail = { v: 1, connection: 'default', company: 108061, resource: 'clients', id };
  expect(await handle({ ...detail, change: 'update' })).toEqual({
    kind: 'changed',
    id,
    name: expect.any(String),
  });
  expect(await handle({ ...detail, change: 'delete' })).toEqual({ kind: 'deleted', id });
}, 60_000);

it('the example’s stack puts it behind a rule for clients on the bus of Fresco', async () => {
  await built('functions');
  await built('package');
  const folder = await temporaryFolder();
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
  await promisify(execFile)(process.execPath, [tsx, 'examples/bus-rule/app.ts'], {
    cwd: root,
    env: { ...process.env, CDK_OUTDIR: folder },
  });
  const { Resources } = JSON.parse(
    readFileSync(join(folder, 'fresco-example.template.json'), 'utf8'),
  ) as {
    readonly Resources: Record<string, { readonly Type: string; readonly Properties: object }>;
  };
  const rules = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Events::Rule');
  expect(rules).toMatchObject([
    {
      Properties: {
        EventBusName: { Ref: expect.stringContaining('FrescoBus') },
        EventPattern: { source: ['fresco'], detail: { resource: ['clients'] } },
        Targets: [{ Arn: { 'Fn::GetAtt': [expect.stringContaining('OnClientChanged'), 'Arn'] } }],
      },
    },
  ]);
}, 120_000);
