// Goal: an error that no store is allowed to give is a bug, and is never taken for a refusal.
// Method: each port call of a pass in turn throws one; the pass must end with it.
import { describe, expect, it } from 'vitest';
import type { TokenAnswer } from '../../../src/core/ports.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { granted, grantOf, hour, memoryConnection } from '../memory-connection.ts';

interface Scene {
  readonly name: string;
  readonly ageMs: number;
  readonly answer: () => TokenAnswer;
}

const scenes: readonly Scene[] = [
  { name: 'a refresh', ageMs: 13 * hour, answer: () => granted(2) },
  {
    name: 'a refusal near the end of the access token',
    ageMs: 23 * hour,
    answer: () => ({ kind: 'invalid-grant' }),
  },
  {
    name: 'a refusal of the application',
    ageMs: 13 * hour,
    answer: () => ({ kind: 'invalid-client', error: 'invalid_client' }),
  },
];

/** Plays the scene with a bug in its n-th call of a store; resolves with the number of calls made. */
async function played({ ageMs, answer }: Scene, nth: number): Promise<number> {
  const it = memoryConnection([answer]);
  it.store(grantOf(ageMs));
  let calls = 0;
  const before = () => {
    calls += 1;
    if (calls === nth) throw new TypeError(`a bug in call ${nth}`);
  };
  for (const store of [it.journal, it.grant, it.accessToken]) store.before = before;
  await rotate(it.ports(), { trigger: 'schedule' });
  return calls;
}

describe.each(scenes)('a broken promise in $name', (scene) => {
  it('is passed on, in whichever call of a store it is', async () => {
    const calls = await played(scene, 0);
    expect(calls).toBeGreaterThan(8);
    for (let nth = 1; nth <= calls; nth += 1) {
      await expect(played(scene, nth)).rejects.toThrow(`a bug in call ${nth}`);
    }
  });
});
