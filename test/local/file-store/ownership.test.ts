import { describe, expect, it } from 'vitest';
import { refuseOthers, type WidestMode } from '../../../src/local/file-store/ownership.ts';

const own = process.geteuid?.() ?? 0;
const another = own + 1;

describe('what others may have written or read', () => {
  it.each<[WidestMode, number, number, string | undefined]>([
    ['600', own, 0o100600, undefined],
    ['600', own, 0o100400, undefined],
    ['600', own, 0o100640, 'run chmod 600 /x, and if others'],
    ['600', own, 0o100601, 'run chmod 600 /x, and if others'],
    ['600', another, 0o100600, 'belongs to another user'],
    ['700', own, 0o40700, undefined],
    ['700', own, 0o40710, 'run chmod 700 /x'],
    ['700', another, 0o40700, 'belongs to another user'],
    ['644', own, 0o100644, undefined],
    ['644', own, 0o100664, 'run chmod 644 /x, and look'],
    ['644', own, 0o100646, 'run chmod 644 /x, and look'],
    ['644', another, 0o100644, 'belongs to another user'],
    ['755', own, 0o40755, undefined],
    ['755', own, 0o41777, 'run chmod 755 /x, and look'],
    ['755', another, 0o40755, 'belongs to another user'],
    ['755', 0, 0o40755, undefined],
    ['644', 0, 0o100644, undefined],
  ])('where %s is the widest: of %i, %o: %s', (widest, uid, mode, problem) => {
    const check = () => refuseOthers('/x', { uid, mode }, widest);
    if (problem === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(problem);
  });

  it.runIf(own !== 0)('is not even root’s where it is secret', () => {
    expect(() => refuseOthers('/x', { uid: 0, mode: 0o100600 }, '600')).toThrow('another user');
  });
});
