// npm run mutants [-- core|sync|webhooks …]: changes the core and the webhook verification in every small way,
// and looks whether the specification notices. Incremental: what has not changed since is not tried again.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const stryker = `${folder}node_modules/@stryker-mutator/core/bin/stryker.js`;
const scoreMin = 90;
const named = process.argv.slice(2);
const parts = named.length > 0 ? named : ['core', 'sync', 'webhooks'];

if (!existsSync(stryker)) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
}
for (const part of parts) {
  const env = { ...process.env, FRESCO_MUTANTS: part };
  const { status } = spawnSync(process.execPath, [stryker, 'run'], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

const all = { killed: 0, alive: 0 };
for (const part of parts) {
  const { files } = JSON.parse(readFileSync(`${folder}reports/${part}.json`, 'utf8'));
  for (const [name, { mutants, source }] of Object.entries(files)) {
    const alive = mutants.filter(({ status }) => ['Survived', 'NoCoverage'].includes(status));
    const killed = mutants.filter(({ status }) => ['Killed', 'Timeout'].includes(status));
    all.killed += killed.length;
    all.alive += alive.length;
    console.log(`${name.padEnd(44)} ${score(killed.length, alive.length)}  ${alive.length} alive`);
    if (!process.env.FRESCO_ALIVE) continue;
    const lines = source.split('\n');
    for (const { location, mutatorName, replacement = '' } of alive) {
      const { line } = location.start;
      console.log(`  ${line}: ${lines[line - 1]?.trim()}\n     ${mutatorName}: ${replacement}`);
    }
  }
}
const total = (100 * all.killed) / (all.killed + all.alive);
console.log(`${all.killed} mutants noticed, ${all.alive} alive: ${total.toFixed(1)} %`);
process.exitCode = total >= scoreMin ? 0 : 1;

function score(killed, alive) {
  return `${((100 * killed) / Math.max(1, killed + alive)).toFixed(1)} %`.padStart(8);
}
