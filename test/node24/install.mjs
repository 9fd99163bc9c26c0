// Installs the Node that Lambda runs, if it isn't there yet. Tests never do this: they skip with a notice.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const node = `${folder}node_modules/node-linux-${process.arch}/bin/node`;

if (!existsSync(node)) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
}
if (!existsSync(node)) {
  console.error(
    `npm installed no Node 24 for ${process.platform} ${process.arch}, expected ${node}`,
  );
  process.exit(1);
}
console.log(`${execFileSync(node, ['--version']).toString().trim()} ${node}`);
