// Goal: no guard of the protocol can be weakened without a sentence of the specification that says so.
// Method: the specifications of the core over a core without the guard. What only interleavings show is in
// test/simulation/guards/would-notice.test.ts.
import { describe, expect, it } from 'vitest';
import { guards } from './guards.ts';
import { broken } from './specification.ts';

describe('the specification notices the loss of the guard', () => {
  it('and holds where nothing is lost', async () => {
    expect(await broken()).toEqual([]);
  });

  it.each(guards)('"$name"', async (guard) => {
    expect(await broken(guard, guard.breaks)).toEqual([guard.breaks]);
  });

  it('and is refused a weakening whose place is not there exactly once', async () => {
    const nowhere = { file: 'journal/lease.ts', from: 'no such words', to: '' };
    await expect(broken(nowhere)).rejects.toThrow("0 places like 'no such words'");
  });
});
