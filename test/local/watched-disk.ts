import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Disk, machineDisk } from '../../src/local/file-store/disk.ts';

/** The machine's disk, which tells `before` of each call that could fail; what that throws is the call's error. */
export function watchedDisk(before: (call: string, bytes?: number) => void): Disk {
  const watched =
    <A extends [unknown, ...unknown[]], R>(name: string, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      before(`${name} ${shortName(args[0])}`);
      return call(...args);
    };
  const open = async (...args: Parameters<Disk['open']>) => {
    before(`open ${shortName(args[0])}`);
    return watchedHandle(await machineDisk.open(...args), shortName(args[0]), before);
  };
  return {
    lstat: machineDisk.lstat,
    mkdir: watched('mkdir', machineDisk.mkdir) as Disk['mkdir'],
    open,
    readdir: watched('readdir', machineDisk.readdir),
    rename: async (from, to) => {
      before(`rename ${shortName(from)} to ${shortName(to)}`);
      return machineDisk.rename(from, to);
    },
    rm: watched('rm', machineDisk.rm),
  };
}

/** An error as node:fs throws it. */
export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: invented`), { code, syscall: 'invented' });
}

/** Stamps differ in each run, so that they are left out. */
function shortName(path: unknown): string {
  const name = basename(String(path));
  if (name.startsWith('tmp.')) return 'temporary';
  return /^[0-9a-f]{12}\./.test(name) ? 'stamp' : name;
}

function watchedHandle(
  handle: FileHandle,
  name: string,
  before: (call: string, bytes?: number) => void,
): FileHandle {
  return new Proxy(handle, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (property === 'sync') before(`sync ${name}`);
        if (property === 'writeFile')
          before(`writeFile ${name}`, Buffer.byteLength(args[0] as string));
        return member.apply(target, args);
      };
    },
  });
}
