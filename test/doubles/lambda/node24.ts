import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How to get what `node24Path` looks for; for the notice of a test that skips. */
export const node24Notice = 'Node 24 is not installed: run node test/node24/install.mjs';

/** The Node that Lambda runs, or `undefined` where it is not installed. */
export function node24Path(): string | undefined {
  const binary = `../../node24/node_modules/node-linux-${process.arch}/bin/node`;
  const path = fileURLToPath(new URL(binary, import.meta.url));
  return existsSync(path) ? path : undefined;
}
