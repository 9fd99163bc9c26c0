// Goal: what the README tells people to type works, and prints what the README shows.
// Method: its fenced blocks are run as they stand, `npx` being the built command; what needs AWS is checked
// against the commands, scripts and settings that there are.
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { built } from '../bundles/built.ts';
import { script } from '../cli/workspace.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';
import { startSandbox } from '../sandbox/sandbox-server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const run = promisify(execFile);

/** The fenced blocks of a section, in their order. */
function blocksOf(
  section: string,
): readonly { readonly language: string; readonly text: string }[] {
  const [, body = ''] = new RegExp(`^## ${section}$([\\s\\S]*?)(?=^## )`, 'm').exec(readme) ?? [];
  return [...body.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** What differs from run to run and from machine to machine. */
function told(text: string): string {
  return text
    .replace(/http:\/\/127\.0\.0\.1:\d+(\S*)( *)/g, 'http://127.0.0.1$1 ')
    .replace(/\?key=[\w-]+/g, '?key=KEY')
    .replace(/client \d+/g, 'client N')
    .replace(/in \d+\.\d s/, 'in N s')
    .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'MOMENT')
    .trim();
}

/** A home with nothing in it, in which `npx fresco` is the built command. */
async function home(): Promise<{ readonly path: string; readonly env: NodeJS.ProcessEnv }> {
  await built('package');
  const path = await temporaryFolder();
  mkdirSync(join(path, 'bin'));
  const npx = join(path, 'bin/npx');
  writeFileSync(
    npx,
    `#!/bin/sh\n[ "$1" = fresco ] || exit 9\nshift\nexec ${process.execPath} ${script} "$@"\n`,
  );
  chmodSync(npx, 0o755);
  const node = join(process.execPath, '..');
  const env = { HOME: path, PATH: `${join(path, 'bin')}:${node}:${process.env['PATH'] ?? ''}` };
  return { path, env };
}

describe('the README', () => {
  it('has 100 to 150 lines', () => {
    const { length } = readme.trimEnd().split('\n');
    expect(length).toBeGreaterThanOrEqual(100);
    expect(length).toBeLessThanOrEqual(150);
  });

  it('shows how to try it: its first command prints what stands below it', async () => {
    const [command, output, tests] = blocksOf('Try it');
    expect(command?.text).toBe('npm ci && npm start\n');
    expect(tests?.text).toBe('npm cit\n');
    const { env } = await home();
    const { stdout } = await run('npm', ['start', '--silent'], { cwd: root, env });
    expect(told(stdout)).toBe(told(output?.text ?? ''));
  });

  it('shows how to operate it: its commands run one after the other, and print what stands there', async () => {
    const [commands, output] = blocksOf('Operate it');
    const { url } = await startSandbox({ clock: { nowMs: () => Date.now() } });
    const { path, env } = await home();
    const { stdout } = await run('sh', ['-e', '-c', commands?.text ?? 'exit 9'], {
      cwd: path,
      env: { ...env, FRESCO_PROVIDER_URL: url },
    });
    const lines = stdout.replaceAll(path, '~').trim().split('\n');
    expect(lines[0]).toMatch(/^a\/\S+$/);
    expect(lines[1]).toMatch(/^\d\d characters$/);
    expect(told(lines.slice(2).join('\n'))).toBe(told(output?.text ?? ''));
  });

  it('shows how to deploy it: with commands, scripts and settings that there are', () => {
    const [commands] = blocksOf('Deploy it');
    const lines = (commands?.text ?? '')
      .trim()
      .split('\n')
      .map((line) => line.replace(/\s+#.*$/, ''));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect([line, problemOf(line)]).toEqual([line, undefined]);
  });

  it.each([
    'npx fresco logon',
    'npx fresco login --sandbx',
    'npm run ship',
    'npm run deploy -- -c owner=x',
  ])('would notice a command that is not there: %s', (line) => {
    expect(problemOf(line)).toBeDefined();
  });

  it('names the command by the package’s own name, too', () => {
    const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(bin).toEqual({ fresco: 'dist/cli.js', 'fic-fresco': 'dist/cli.js' });
    expect(readme).toContain('`npx fic-fresco`');
  });

  it('has a place for the figures', () => {
    expect(readme).toMatch(/<!-- bench:start -->[\s\S]+<!-- bench:end -->/);
  });
});

/** What is wrong with a command line that cannot be run here. */
function problemOf(line: string): string | undefined {
  const [program = '', name = '', ...rest] = line.split(' ');
  if (program === 'npx' && name === 'cdk') return rest[0] === 'bootstrap' ? undefined : 'not known';
  if (program === 'npx' && name === 'fresco') return problemOfCommand(createProgram(), rest);
  if (program !== 'npm' || name !== 'run') return 'not known';
  if (manifest.scripts[rest[0] ?? ''] === undefined) return `there is no script ${rest[0]}`;
  // The table of the options, which test/infra/app.test.ts keeps to what there is.
  const options = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
  const settings = rest.flatMap((word, at) => (word === '-c' ? [rest[at + 1]?.split('=')[0]] : []));
  return settings.every((key) => options.includes(`\n| \`${key}\` |`))
    ? undefined
    : `no setting of ${settings}`;
}

function problemOfCommand(command: Command, words: readonly string[]): string | undefined {
  const [word, ...rest] = words;
  if (word === undefined) return undefined;
  if (word.startsWith('--')) {
    const isKnown = command.options.some(({ long }) => long === word);
    return isKnown ? problemOfCommand(command, rest) : `${command.name()} has no ${word}`;
  }
  const below = command.commands.find((it) => it.name() === word);
  if (below !== undefined) return problemOfCommand(below, rest);
  return command.commands.length > 0 ? `there is no ${word}` : problemOfCommand(command, rest);
}
