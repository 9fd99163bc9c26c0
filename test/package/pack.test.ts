import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built } from '../bundles/built.ts';
import { loggedInStore } from '../connection/logged-in-store.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const isFull = process.env['FRESCO_FULL'] === '1';
const run = promisify(execFile);
const environment = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

let project: string;
let tarball: string;
let files: readonly { readonly path: string; readonly size: number }[];

/** Packs what is built and installs it as npm does, but for its dependencies, which are linked. */
beforeAll(async () => {
  await built('package');
  project = mkdtempSync(join(tmpdir(), 'fresco-test-'));
  const packing = ['pack', '--ignore-scripts', '--json', '--pack-destination', project];
  const { stdout } = await run('npm', packing, { cwd: root });
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: typeof files }];
  tarball = packed.filename;
  files = packed.files;
  await run('tar', ['-xzf', join(project, packed.filename), '-C', project]);
  const modules = join(project, 'node_modules');
  mkdirSync(modules);
  renameSync(join(project, 'package'), join(modules, 'fic-fresco'));
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const linked = [...Object.keys(dependencies), '@types/node', 'aws-cdk-lib', 'constructs'];
  for (const name of linked) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(project, 'package.json'), '{"name":"job","private":true}\n');
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

async function node(file: string, text: string, env: Record<string, string> = {}): Promise<string> {
  writeFileSync(join(project, file), text);
  const { stdout } = await run(process.execPath, [file], {
    cwd: project,
    env: { ...environment, ...env },
  });
  return stdout.trim();
}

const job = `
const source = tokenSource();
source.fetch('/user/info').then((response) => response.json()).then(({ data }) => {
  console.log(JSON.stringify({ name: data.name, v: schema.properties.v.const }));
});`;

describe('the package that npm would publish', () => {
  it.each([
    {
      kind: 'an ES module',
      file: 'job.mjs',
      head: `import { tokenSource, schemaModules } from 'fic-fresco';
        import { createRequire } from 'node:module';
        const schema = createRequire(import.meta.url)(schemaModules.accessToken);`,
    },
    {
      kind: 'CommonJS',
      file: 'job.cjs',
      head: `const { tokenSource, schemaModules } = require('fic-fresco');
        const schema = require(schemaModules.accessToken);`,
    },
  ])('is used from $kind', async ({ file, head }) => {
    const { path, url } = await loggedInStore();
    const env = { FRESCO_STORE: `file:${path}`, FRESCO_PROVIDER_URL: url };
    expect(await node(file, head + job, env)).toBe('{"name":"Mario Rossi","v":1}');
  });

  it('loads nothing of AWS before a token is asked for', async () => {
    const text = `const { tokenSource } = require('fic-fresco');
      tokenSource();
      const loaded = Object.keys(require.cache).filter((file) => file.includes('@aws-sdk'));
      console.log(loaded.length);`;
    expect(await node('import.cjs', text)).toBe('0');
  });

  // What node16 resolves, nodenext does too, and a bundler by the same two conditions.
  it.each(isFull ? ['node16', 'nodenext', 'bundler'] : ['nodenext'])(
    'has types, as %s resolves them',
    async (resolution) => {
      const usage = `
      const source = tokenSource({ store: 'file:/var/lib/fresco', waitMax: '2m' });
      const text: Promise<string> = source.token({ minValidity: '3h' });
      // @ts-expect-error: no length of time
      source.token({ minValidity: 'three hours' });
      const send: typeof fetch = source.fetch;
      const code: TokenErrorCode = new TokenError('too-long', '').code;
      const company = (detail: EventDetails['Entity Changed']): number => detail.company;
      export const used = [text, send, code, company];`;
      const names = '{ type EventDetails, TokenError, type TokenErrorCode, tokenSource }';
      writeFileSync(join(project, 'job.mts'), `import ${names} from 'fic-fresco';${usage}`);
      writeFileSync(join(project, 'job.cts'), `import ${names} from 'fic-fresco';${usage}`);
      const module = resolution === 'bundler' ? 'preserve' : resolution;
      const flags = ['--module', module, '--moduleResolution', resolution, '--target', 'es2022'];
      const strict = ['--strict', '--noEmit', '--types', 'node', '--exactOptionalPropertyTypes'];
      // Whether TypeScript's own libraries are sound is not asked here.
      const others = ['--skipDefaultLibCheck', '--singleThreaded'];
      const tsc = [join(root, 'node_modules/typescript/bin/tsc'), ...flags, ...strict, ...others];
      await run(process.execPath, [...tsc, 'job.mts', 'job.cts'], { cwd: project }).catch(
        (error: { stdout?: string }) => {
          throw new Error(error.stdout);
        },
      );
    },
  );

  it('has the command', async () => {
    const { stdout } = await run(process.execPath, [
      join(project, 'node_modules/fic-fresco/dist/cli.js'),
      '--help',
    ]);
    expect(stdout).toMatch(/^Usage: fresco/);
  });

  it('has the construct: a stack of one own gives its function the right to read a token', async () => {
    const text = `
      import { App, Stack } from 'aws-cdk-lib';
      import { Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
      import { Fresco } from 'fic-fresco/cdk';
      const stack = new Stack(new App(), 'mine');
      const fresco = new Fresco(stack, 'Fresco', { prefix: 'mine' });
      const code = Code.fromInline('exports.handler = async () => {}');
      const job = new Lambda(stack, 'Job', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code });
      fresco.grantReadToken(job);
      const { stacks } = stack.node.root.synth({ aspectStabilization: true });
      const templates = stacks.map(({ template }) => JSON.stringify(template));
      console.log(JSON.stringify({
        stacks: stacks.map(({ stackName }) => stackName).sort(),
        reads: templates.some((it) => /Job[^"]*Policy/.test(it) && it.includes('secret:mine/default/access-token')),
        functions: templates.join('').match(/"nodejs24.x"/g).length,
      }));`;
    const { stacks, reads, functions } = JSON.parse(await node('stack.mjs', text));
    expect({ stacks, reads }).toEqual({ stacks: ['mine', 'mine-store'], reads: true });
    expect(functions).toBeGreaterThanOrEqual(4);
  });

  it('holds the command, the library, the construct with its functions, what to read about them, and nothing else', () => {
    const paths = files.map(({ path }) => path);
    const allowed = [
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
      /^schemas\/[\w-]+\.json$/,
      /^docs\/[\w-]+\.(md|svg)$/,
      /^examples\/[\w-]+\/[\w.-]+$/,
      /^dist\/(cli|index|cdk)\.js$/,
      /^dist\/index\.cjs$/,
      /^dist\/chunks\/[\w-]+\.js$/,
      /^dist\/functions\/(package\.json|[\w-]+\/[\w-]+\.js)$/,
      /^dist\/types\/(esm|cjs)\/(package\.json|(src|infra)\/[\w/-]+\.d\.ts)$/,
    ];
    expect(paths.filter((path) => !allowed.some((pattern) => pattern.test(path)))).toEqual([]);
    for (const needed of ['dist/cli.js', 'dist/index.cjs', 'dist/cdk.js', 'LICENSE']) {
      expect(paths).toContain(needed);
    }
    for (const name of ['connect', 'rotator', 'webhook-receiver', 'webhook-handler', 'sync']) {
      expect(paths).toContain(`dist/functions/${name}/index.js`);
    }
    // An alarm names it, and whoever is called at night may have the package alone.
    expect(paths).toContain('docs/runbook.md');
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(4_000_000);
    // What docs/install.md has people install.
    expect(tarball).toMatch(/^fic-fresco-.*\.tgz$/);
  });

  it('is told part by part, with the licence of each, before anything is installed: npm run sbom', async () => {
    const clone = join(project, 'clone');
    mkdirSync(clone);
    for (const name of ['package.json', 'package-lock.json']) {
      copyFileSync(join(root, name), join(clone, name));
    }
    const { stdout } = await run('npm', ['run', '--silent', 'sbom'], {
      cwd: clone,
      maxBuffer: 2 ** 24,
    });
    const bill = JSON.parse(stdout) as {
      bomFormat: string;
      metadata: { component: { purl: string } };
      components: { name: string; licenses: readonly unknown[]; properties: { name: string }[] }[];
    };
    const { version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { purl: `pkg:npm/fic-fresco@${version}` } },
    });
    // What only builds and tests is marked. npm's own --omit=dev would leave out what both need, such as jose.
    const isForRunning = ({ properties }: { properties: { name: string }[] }) =>
      properties.every(({ name }) => name !== 'cdx:npm:package:development');
    const running = bill.components.filter(isForRunning).map(({ name }) => name);
    expect(running).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    expect(running).not.toContain('vitest');
    expect(bill.components.filter(({ licenses }) => licenses.length === 0)).toEqual([]);
  });
});
