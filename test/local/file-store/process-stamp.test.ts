import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { localOwner } from '../../../src/local/file-store/owner.ts';
import {
  isDeadStamp,
  pidOfStamp,
  stampProcess,
} from '../../../src/local/file-store/process-stamp.ts';

const parts = ['host', 'boot', 'pidNamespace', 'pid', 'startTicks', 'unique'] as const;

/** The own stamp with one part replaced. */
function stampWith(part: (typeof parts)[number], replaced: string): string {
  const found = stampProcess().split('.');
  found[parts.indexOf(part)] = replaced;
  return found.join('.');
}

/** A stamp as that process would make it: start time included, the random bytes apart. */
function stampOf(pid: number): string {
  const stamp = stampProcess().split('.');
  const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
  stamp[3] = String(pid);
  stamp[4] = line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  stamp[5] = '0'.repeat(12);
  return stamp.join('.');
}

function startProcess(command: string) {
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

describe('a process stamp', () => {
  it('is another each time, and a file name', () => {
    const stamps = Array.from({ length: 100 }, stampProcess);
    expect(new Set(stamps).size).toBe(100);
    for (const stamp of stamps) expect(stamp).toMatch(/^[0-9a-f.]{30,100}$/);
  });

  it('names its process', () => {
    expect(pidOfStamp(stampProcess())).toBe(String(process.pid));
  });

  it('is alive while its process is', () => {
    expect(isDeadStamp(stampProcess())).toBe(false);
  });

  it('is dead once its process is gone', async () => {
    const child = startProcess('exit 0');
    await once(child, 'exit');
    expect(isDeadStamp(stampWith('pid', String(child.pid)))).toBe(true);
  });

  it.each(['', 'someone else', 'a.b.c.d.e.f', '1.2.3', `${'0'.repeat(12)}.0.0.1.1.zz`])(
    'is never dead if it is none of ours: "%s"',
    (stamp) => {
      expect(isDeadStamp(stamp)).toBe(false);
    },
  );

  it('is not known to be dead on another host', () => {
    expect(isDeadStamp(stampWith('host', '0123456789ab'))).toBe(false);
  });
});

/** Whether this user may have a host's name of its own. */
function mayRename(): boolean {
  try {
    execFileSync('unshare', ['--uts', 'hostname', 'invented'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

it.runIf(mayRename())('a process stamp is of the host as it is called now', async () => {
  const module = fileURLToPath(
    new URL('../../../src/local/file-store/process-stamp.ts', import.meta.url),
  );
  const contents = `
    import { execFileSync } from 'node:child_process';
    import { stampProcess } from ${JSON.stringify(module)};
    const host = () => stampProcess().split('.')[0];
    const [before, again] = [host(), host()];
    execFileSync('hostname', ['renamed']);
    console.log(before === again, before === host());`;
  const common = { bundle: true, platform: 'node', format: 'esm', write: false } as const;
  const built = await build({ ...common, stdin: { contents, resolveDir: '/' } });
  const script = built.outputFiles[0]?.text ?? '';
  const args = ['--uts', process.execPath, '--input-type=module', '-e', script];
  expect(execFileSync('unshare', args, { encoding: 'utf8' })).toBe('true false\n');
});

describe.runIf(existsSync('/proc/self/stat'))('a process stamp where there is /proc', () => {
  it('is dead when its pid belongs to a process that started at another time', () => {
    expect(isDeadStamp(stampWith('startTicks', '1'))).toBe(true);
  });

  it('is dead when its host has started anew', () => {
    expect(isDeadStamp(stampWith('boot', '0123456789ab'))).toBe(true);
  });

  it('is not known to be dead in another container, whatever its pid', () => {
    const elsewhere = stampWith('pidNamespace', '1').split('.');
    elsewhere[parts.indexOf('pid')] = '999999999';
    expect(isDeadStamp(elsewhere.join('.'))).toBe(false);
  });

  it('is alive while another process is that started when it says', async () => {
    const child = startProcess('echo up; exec sleep 30');
    await once(child.stdout, 'data');
    expect(isDeadStamp(stampOf(Number(child.pid)))).toBe(false);
  });

  it('is dead when its process is a zombie', async () => {
    const parent = startProcess('sleep 0.03 & echo $!; exec sleep 30');
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const stamp = stampOf(Number(line));
    await expect.poll(() => isDeadStamp(stamp), { interval: 2 }).toBe(true);
    expect(stampOf(Number(line))).toBe(stamp);
  });
});

describe('the owner of a pass', () => {
  it('is another in each pass', () => {
    expect(localOwner().id).not.toBe(localOwner().id);
  });

  it('knows a living pass from a dead one', () => {
    expect(localOwner().isDead(localOwner().id)).toBe(false);
    expect(localOwner().isDead(stampWith('pid', '999999999'))).toBe(true);
  });
});
