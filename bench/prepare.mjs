// What `npm run bench` needs and a checkout has not: the peers, and the Node that Lambda runs.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const run = (command, args) => execFileSync(command, args, { cwd: folder, stdio: 'inherit' });

if (!existsSync(`${folder}node_modules`)) run('npm', ['ci', '--no-audit', '--no-fund']);
run(process.execPath, ['../test/node24/install.mjs']);
