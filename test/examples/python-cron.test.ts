import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loggedIn } from '../cli/logged-in.ts';

const folder = fileURLToPath(new URL('../../examples/python-cron/', import.meta.url));
const crontab = readFileSync(`${folder}crontab`, 'utf8');

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the cron job in Python', () => {
  it.runIf(hasPython())('counts clients with a token of ours, and installs nothing', async () => {
    const { run } = await loggedIn();
    const job = `${folder}count_clients.py`;
    const ran = await run(['exec', '--min-validity', '1h', '--', 'python3', job]);
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Studio Esempio: \d+ clients\n$/),
    });
  });

  it('has a crontab with commands that there are, a refresh each hour among them', async () => {
    const lines = crontab.split('\n').filter((line) => /^\d/.test(line));
    expect(lines.map((line) => line.split(/\s+/).slice(5).join(' '))).toEqual([
      'fresco rotate --if-due',
      'fresco exec --min-validity 1h -- python3 /opt/count_clients.py',
    ]);
    const { run } = await loggedIn();
    expect((await run(['rotate', '--if-due'])).code).toBe(0);
  });
});
