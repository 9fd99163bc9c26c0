// Goal: what the README tells people to type works, and prints what the README shows.
// Method: its fenced blocks are run as they stand, `npx` being the built command; what needs AWS or an account is
// checked against the commands, scripts and settings that there are.
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { openingLines } from '../../src/cli/local/story/text.ts';
import { createProgram } from '../../src/cli/program.ts';
import { textOf } from '../../src/cli/terminal.ts';
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

/** The part of the README under a heading that begins so. */
function section(heading: string): string {
  const [, body = ''] = new RegExp(`^## ${heading}([\\s\\S]*?)(?=^## )`, 'm').exec(readme) ?? [];
  return body;
}

/** The fenced blocks of a text, in their order. */
function blocksOf(text: string): readonly { readonly language: string; readonly text: string }[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', block = '']) => ({
      language,
      text: block,
    }),
  );
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

/** How the demo begins, on a terminal (where its page stays up) or without one. */
function openingText(stays: boolean): string {
  const url = 'http://127.0.0.1:1';
  const stage = { sandboxUrl: url, consoleUrl: `${url}/?key=invented`, sink: `${url}/webhooks` };
  return textOf(openingLines(stage, stays), {});
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
  it('has at most 150 lines', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it('has blocks of at most 8 lines to copy', () => {
    const toCopy = blocksOf(readme).filter(({ language }) => language !== '');
    expect(toCopy.length).toBeGreaterThanOrEqual(4);
    for (const { text } of toCopy) expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(8);
  });

  it('begins with a demo, which prints what the page on it shows', async () => {
    expect(blocksOf(section('1. '))[0]?.text).toBe('npm ci && npm start\n');
    const [output] = blocksOf(readFileSync(join(root, 'docs/demo.md'), 'utf8'));
    const { env } = await home();
    const { stdout } = await run('npm', ['start', '--silent'], { cwd: root, env });
    // The demo's page shows it as on a terminal, which it does not have here: its beginning is another there.
    const there = told(openingText(true));
    expect(told(stdout).replace(told(openingText(false)), there)).toBe(told(output?.text ?? ''));
  });

  it('has commands to try that run one after the other, and print what stands there', async () => {
    const [, commands, output] = blocksOf(section('1. '));
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

  it.each(['2. ', '3. '])(
    'has in its part %s commands, scripts and settings that there are',
    (part) => {
      const [commands] = blocksOf(section(part));
      const lines = (commands?.text ?? '')
        .trim()
        .split('\n')
        .map((line) => line.replace(/\s+#.*$/, ''));
      expect(lines.length).toBeGreaterThanOrEqual(3);
      for (const line of lines) expect([line, problemOf(line)]).toEqual([line, undefined]);
    },
  );

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
  const deploy = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
  if (program === 'aws')
    return deploy.includes(`\n${line}\n`) ? undefined : 'not in docs/deploy.md';
  if (program === 'npx' && name === 'cdk') return rest[0] === 'bootstrap' ? undefined : 'not known';
  if (program === 'npx' && name === 'fresco') return problemOfCommand(createProgram(), rest);
  if (program !== 'npm' || name !== 'run') return 'not known';
  if (manifest.scripts[rest[0] ?? ''] === undefined) return `there is no script ${rest[0]}`;
  // The table of the options, which test/infra/app.test.ts keeps to what there is.
  const settings = rest.flatMap((word, at) => (word === '-c' ? [rest[at + 1]?.split('=')[0]] : []));
  return settings.every((key) => deploy.includes(`\n| \`${key}\` |`))
    ? undefined
    : `no setting of ${settings}`;
}

function problemOfCommand(command: Command, words: readonly string[]): string | undefined {
  const [word, ...rest] = words;
  if (word === undefined || word === '--') return undefined;
  if (word.startsWith('--')) {
    const isKnown = command.options.some(({ long }) => long === word);
    return isKnown ? problemOfCommand(command, rest) : `${command.name()} has no ${word}`;
  }
  const below = command.commands.find((it) => it.name() === word);
  if (below !== undefined) return problemOfCommand(below, rest);
  return command.commands.length > 0 ? `there is no ${word}` : problemOfCommand(command, rest);
}
