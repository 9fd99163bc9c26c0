// Builds what is run without TypeScript into dist/: the Lambda bundles, and the command with the library.
// `node build.mjs functions` or `node build.mjs package` builds one of the two.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const inRoot = (path) => join(root, path);

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  logLevel: 'warning',
  legalComments: 'none',
  metafile: true,
};

/**
 * Lambda hands credentials over in the environment. Whatever else the SDK would look for (profiles, single
 * sign-on, instance roles) is a fifth of a bundle, read at every cold start and never used.
 */
const credentialsOfTheEnvironment = {
  name: 'credentials of the environment',
  setup({ onResolve, onLoad }) {
    const namespace = 'credentials';
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ path }) => ({
      path,
      namespace,
    }));
    onLoad({ filter: /.*/, namespace }, () => ({
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
      resolveDir: inRoot('node_modules/@aws-sdk/credential-provider-node'),
    }));
  },
};

/**
 * No call of a function has an event stream. Since the SDK imports what reads one only when a call has it, all
 * that those modules share with the rest would be wrapped to run late: a fifth of the time that a bundle loads.
 */
const noEventStreams = {
  name: 'no event streams',
  setup({ onResolve, onLoad }) {
    const namespace = 'event-streams';
    onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace } : undefined,
    );
    onLoad({ filter: /.*/, namespace }, () => ({
      contents: "throw new Error('event streams are not in this bundle: see build.mjs');",
    }));
  },
};

/** Each function alone in a folder, as Lambda unpacks it: CommonJS starts faster than ESM there. */
function functions() {
  const folder = inRoot('functions');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'));
  if (names.length === 0) return [];
  mkdirSync(inRoot('dist/functions'), { recursive: true });
  // The package is of type module; what lies under this file is not.
  writeFileSync(inRoot('dist/functions/package.json'), '{"type":"commonjs"}\n');
  return names.map((name) => ({
    ...shared,
    entryPoints: [`functions/${name}.ts`],
    outfile: `dist/functions/${name}/index.js`,
    format: 'cjs',
    target: 'node24',
    minify: true,
    mainFields: ['module', 'main'],
    plugins: [credentialsOfTheEnvironment, noEventStreams],
  }));
}

/** The command and the library as ESM; what only some commands need stays in chunks of its own. */
function modules() {
  const entryPoints = [
    { in: 'src/cli/main.ts', out: 'cli' },
    { in: 'src/index.ts', out: 'index' },
    { in: 'infra/fresco.ts', out: 'cdk' },
  ].filter((entry) => existsSync(inRoot(entry.in)));
  if (entryPoints.length === 0) return [];
  return [
    {
      ...shared,
      entryPoints,
      outdir: 'dist',
      chunkNames: 'chunks/[name]-[hash]',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      splitting: true,
    },
  ];
}

function commonJs() {
  if (!existsSync(inRoot('src/index.ts'))) return [];
  return [
    {
      ...shared,
      entryPoints: ['src/index.ts'],
      outfile: 'dist/index.cjs',
      format: 'cjs',
      target: 'node20',
      packages: 'external',
    },
  ];
}

/** Declarations for whoever imports the package, and the same once more for those who `require` it. */
function declarations() {
  rmSync(inRoot('dist/types'), { recursive: true, force: true });
  const [esm, cjs] = ['esm', 'cjs'].map((kind) => inRoot(`dist/types/${kind}`));
  const tsc = inRoot('node_modules/typescript/bin/tsc');
  const options = { cwd: root, stdio: 'inherit' };
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json', '--outDir', esm], options);
  cpSync(esm, cjs, { recursive: true });
  writeFileSync(join(esm, 'package.json'), '{"type":"module"}\n');
  writeFileSync(join(cjs, 'package.json'), '{"type":"commonjs"}\n');
}

// Whatever is saved from here on is not in this build: the tests make another.
const startedMs = Date.now();
const parts = { functions, package: () => [...modules(), ...commonJs()] };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
const results = await Promise.all(wanted.flatMap((part) => parts[part]()).map(build));

if (wanted.includes('package') && existsSync(inRoot('src/index.ts'))) declarations();

const written = new Set(results.flatMap((result) => Object.keys(result.metafile.outputs)));
const chunks = inRoot('dist/chunks');
const stale = wanted.includes('package') && existsSync(chunks) ? readdirSync(chunks) : [];
for (const file of stale) {
  if (!written.has(`dist/chunks/${file}`)) rmSync(join(chunks, file));
}
for (const part of wanted) {
  writeFileSync(inRoot(`node_modules/.fresco-built-${part}`), String(startedMs));
}
