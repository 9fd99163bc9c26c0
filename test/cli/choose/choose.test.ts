import { describe, expect, it } from 'vitest';
import { type Answers, follow, type Question } from '../../../src/cli/choose/chart.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { runHere } from '../in-process.ts';

/** Answers only what the chart asks, in its order, until it leads somewhere. */
function walk(answers: Answers) {
  const asked: Question[] = [];
  const known: Partial<Record<Question, boolean>> = {};
  for (;;) {
    const step = follow(known);
    if (typeof step !== 'string') return { asked, ...step };
    asked.push(step);
    known[step] = answers[step] ?? false;
  }
}

const forReal = { testing: false, oneTime: false } as const;
const machine = { ...forReal, manyAccounts: false } as const;
const many = { ...forReal, manyAccounts: true } as const;

describe('the chart of the authentication guide', () => {
  it.each([
    ['trying the API out', { testing: true }, 'manual token', 'fresco login --manual'],
    ['one run', { ...forReal, oneTime: true }, 'manual token', 'fresco login --manual'],
    ['one account, a person there', machine, 'manual token', 'fresco login --manual'],
    [
      'a machine that may keep a token for ever',
      { ...machine, unattended: true, neverExpires: true },
      'manual token',
      'fresco login --manual',
    ],
    [
      'a machine that must not',
      { ...machine, unattended: true, neverExpires: false },
      'authorization code',
      'fresco login',
    ],
    ['many accounts, no secret', many, 'device code', 'fresco login --device'],
    [
      'many accounts, a secret, no redirect',
      { ...many, secret: true },
      'device code',
      'fresco login --device',
    ],
    [
      'many accounts, a secret and a redirect',
      { ...many, secret: true, redirect: true },
      'authorization code',
      'fresco login',
    ],
  ] as const)('for %s', (_, answers, method, next) => {
    const chosen = walk(answers);
    expect(chosen).toMatchObject({ method, next });
    expect(chosen.why).not.toBe('');
    expect(new Set(chosen.asked).size).toBe(chosen.asked.length);
  });

  it('asks no more than it needs', () => {
    expect(walk({ testing: true }).asked).toEqual(['testing']);
    expect(walk({ ...machine, unattended: true }).asked).toEqual([
      'testing',
      'oneTime',
      'manyAccounts',
      'unattended',
      'neverExpires',
    ]);
    expect(walk({ ...many, secret: true }).asked).toEqual([
      'testing',
      'oneTime',
      'manyAccounts',
      'secret',
      'redirect',
    ]);
  });
});

describe('choose', () => {
  const written: string[] = [];
  async function choose(...args: readonly string[]) {
    const { code, stdout, stderr } = await runHere({}, ['choose', ...args]);
    written.splice(0, written.length, stdout, stderr);
    return code;
  }

  it('takes answers as options, and prints the next command', async () => {
    const answers = ['--testing', 'no', '--one-time', 'no', '--many-accounts', 'yes'];
    expect(await choose(...answers, '--secret', 'no')).toBe(0);
    expect(written.join('')).toMatch(
      /^method {2}device code$[\s\S]*^next {4}fresco login --device$/m,
    );
    expect(await choose('--testing', 'yes', '--json')).toBe(0);
    expect(JSON.parse(written.join(''))).toMatchObject({
      method: 'manual token',
      next: 'fresco login --manual',
      answers: { testing: true },
    });
  });

  it('names the option that is missing where nobody can be asked, and every command that it tells exists', async () => {
    expect(await choose('--testing', 'no')).toBe(64);
    expect(written.join('')).toContain('--one-time yes or --one-time no');
    expect(await choose('--testing', 'perhaps')).toBe(64);
    const login = createProgram().commands.find((command) => command.name() === 'login');
    const options = login?.options.map(({ long }) => long);
    expect(options).toEqual(expect.arrayContaining(['--manual', '--device', '--sandbox']));
  });
});
