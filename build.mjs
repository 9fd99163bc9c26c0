// Builds what is run without TypeScript into dist/: the Lambda bundles, and the command with the library.
// `node build.mjs functions` or `node build.mjs package` builds one of the two.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

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

/** No table of ours is told by its service where else to ask; what would keep that in mind is a fortieth of a bundle. */
const noEndpointDiscovery = {
  name: 'no endpoint discovery',
  setup({ onLoad }) {
    onLoad({ filter: /middleware-endpoint-discovery.dist-es.index\.js$/ }, () => ({
      contents: `
        export const resolveEndpointDiscoveryConfig = (config) => config;
        export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
          environmentVariableSelector: () => undefined,
          configFileSelector: () => undefined,
          default: undefined,
        };`,
    }));
  },
};

/** Nor are there profiles to read; what would read them loads nine modules of Node for two files that are not there. */
const noProfiles = {
  name: 'no profiles',
  setup({ onResolve, onLoad }) {
    const namespace = 'profiles';
    const isOfSdk = (importer) => /node_modules.@(aws-sdk|smithy)/.test(importer);
    onResolve({ filter: /^node:fs\/promises$/ }, ({ path, importer }) =>
      isOfSdk(importer) ? { path, namespace } : undefined,
    );
    onLoad({ filter: /.*/, namespace }, () => ({
      contents: "export const readFile = () => Promise.reject(new Error('no profiles here'));",
    }));
  },
};

/** A client tells its version in each request, for which it brings its whole package.json. */
const versionsAlone = {
  name: 'versions alone',
  setup({ onLoad }) {
    onLoad({ filter: /@aws-sdk.client-[a-z-]+.package\.json$/ }, ({ path }) => {
      const { version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/**
 * Each function alone in a folder, as Lambda unpacks it; what it imports late stays in files of its own. CommonJS
 * starts faster than ESM there, and esbuild splits nothing but ESM: so it is made of that.
 */
async function functions() {
  const names = readdirSync(inRoot('functions'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'));
  mkdirSync(inRoot('dist/functions'), { recursive: true });
  // The package is of type module; what lies under this file is not.
  writeFileSync(inRoot('dist/functions/package.json'), '{"type":"commonjs"}\n');
  await Promise.all(names.map(bundleFunction));
}

async function bundleFunction(name) {
  const folder = `dist/functions/${name}`;
  const { outputFiles, metafile } = await build({
    ...shared,
    entryPoints: [{ in: `functions/${name}.ts`, out: 'index' }],
    outdir: folder,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    splitting: true,
    write: false,
    target: 'node24',
    minify: true,
    mainFields: ['module', 'main'],
    plugins: [
      credentialsOfTheEnvironment,
      noEventStreams,
      noEndpointDiscovery,
      versionsAlone,
      noProfiles,
    ],
  });
  const wanted = reachable(`${folder}/index.js`, metafile.outputs);
  const written = outputFiles.map(async ({ path, text }) => {
    if (!wanted.has(relative(root, path))) return;
    const options = { format: 'cjs', platform: 'node', target: 'node24', minify: true };
    const { code } = await transform(text, options);
    mkdirSync(inRoot(folder), { recursive: true });
    writeFileSync(path, code);
  });
  await Promise.all(written);
  for (const file of readdirSync(inRoot(folder))) {
    if (!wanted.has(`${folder}/${file}`)) rmSync(inRoot(`${folder}/${file}`));
  }
}

/** A file of the output, and whatever it imports: esbuild also writes what code that was dropped would have imported. */
function reachable(path, outputs, found = new Set()) {
  if (found.has(path) || outputs[path] === undefined) return found;
  found.add(path);
  for (const { path: next } of outputs[path].imports) reachable(next, outputs, found);
  return found;
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

async function packaged() {
  const results = await Promise.all([...modules(), ...commonJs()].map(build));
  declarations();
  const written = new Set(results.flatMap((result) => Object.keys(result.metafile.outputs)));
  for (const file of readdirSync(inRoot('dist/chunks'))) {
    if (!written.has(`dist/chunks/${file}`)) rmSync(inRoot(`dist/chunks/${file}`));
  }
}

// Whatever is saved from here on is not in this build: the tests make another.
const startedMs = Date.now();
const parts = { functions, package: packaged };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
await Promise.all(wanted.map((part) => parts[part]()));
for (const part of wanted) {
  writeFileSync(inRoot(`node_modules/.fresco-built-${part}`), String(startedMs));
}
