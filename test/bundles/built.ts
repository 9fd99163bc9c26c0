import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const stampOf = (part: Part) => join(root, `node_modules/.fresco-built-${part}`);
const lock = join(root, 'node_modules/.fresco-building');
const lockStaleMs = 60_000;

/** The path of a built function, the one that the stack deploys; built again if a source is newer. */
export async function builtFunction(name: string): Promise<string> {
  await built('functions');
  return join(root, 'dist/functions', name, 'index.js');
}

/** The bytes of a built function: its bundle, and the files beside it that it loads late. */
export function bytesOf(bundle: string): number {
  const folder = dirname(bundle);
  const sizes = readdirSync(folder).map((file) => statSync(join(folder, file)).size);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Builds a part of dist/ unless it is newer than every source; test files that run at once wait for one build. */
export function built(part: Part): Promise<void> {
  const building = builds.get(part) ?? build(part);
  builds.set(part, building);
  return building;
}

/** The Lambda bundles, or the command with the library. */
export type Part = 'functions' | 'package';

const outputOf = { functions: 'dist/functions', package: 'dist/cli.js' };

const builds = new Map<Part, Promise<void>>();

async function build(part: Part): Promise<void> {
  while (!takeLock()) await new Promise((resolve) => setTimeout(resolve, 20));
  try {
    if (newestSourceMs() < builtAtMs(part) && existsSync(join(root, outputOf[part]))) return;
    await promisify(execFile)(process.execPath, ['build.mjs', part], { cwd: root });
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function takeLock(): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    if (Date.now() - modifiedMs(lock) > lockStaleMs) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function newestSourceMs(): number {
  const files = ['src', 'functions', 'infra'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      join(root, folder, file),
    ),
  );
  const others = ['build.mjs', 'package-lock.json'].map((file) => join(root, file));
  return Math.max(...[...files, ...others].map(modifiedMs));
}

/** When the build in dist/ began; whatever was saved since makes another. */
function builtAtMs(part: Part): number {
  try {
    return Number(readFileSync(stampOf(part), 'utf8'));
  } catch {
    return 0;
  }
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
