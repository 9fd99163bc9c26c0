import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { cliReference, referencePath } from './cli-reference.ts';

it('docs/cli.md is what the commands say of themselves; if not: npm run docs', () => {
  expect(readFileSync(referencePath, 'utf8')).toBe(cliReference());
});

it('every command says what it is for, and what writes can be foretold', () => {
  const { commands } = createProgram();
  for (const command of commands) {
    const name = command.name();
    expect(command.summary(), name).not.toBe('');
    expect(command.description(), name).not.toBe('');
  }
  const writing = ['login', 'rotate', 'recover', 'pause', 'resume', 'logout', 'sync'];
  for (const name of writing) {
    const options = commands.find((it) => it.name() === name)?.options.map(({ long }) => long);
    expect(options, name).toEqual(expect.arrayContaining(['--dry-run', '--json']));
  }
});
