// Goal: the matrix is whole, and a bounded slice of it keeps every promise.
// Method: the harshest provider's part whole, and a sample of each fourth scene, of all with FRESCO_FULL=1 and in
// .ci/run; `npm run simulate -- --matrix` plays the rest.
import { describe, expect, it } from 'vitest';
import { faultKinds } from '../histories/faults.ts';
import { actorKinds, type History, programs } from '../histories/history.ts';
import { simulate } from '../simulation.ts';
import { addVerdict, emptyTally, type Tally } from '../tally.ts';
import { rotationModes } from '../world/provider.ts';
import { type Base, bases, caseNamed, policies } from './matrix.ts';
import { playCases } from './matrix-play.ts';

const all = bases();
const harshest = all.filter(({ name }) => name.endsWith(' single-use-family unknown'));

const sceneOf = ({ name }: Base) => name.split(' ').slice(0, -2).join(' ');
const scenes = new Map([...new Set(all.map(sceneOf))].map((scene, at) => [scene, at]));
const isFull = process.env['FRESCO_FULL'] === '1';
const some = all.filter((base) => isFull || Number(scenes.get(sceneOf(base))) % 4 === 0);

async function sampled(some: readonly Base[], stride: number): Promise<Tally> {
  const tally = emptyTally();
  for await (const { name, verdict, standsFor } of playCases(some, stride)) {
    addVerdict(tally, verdict, name, standsFor.length);
  }
  return tally;
}

describe('the matrix', () => {
  it('has every mode under every policy for every scene', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.length).toBe(harshest.length * rotationModes.length * policies.length);
  });

  it('has every kind of actor alone, on both hosts, and beside every other', () => {
    for (const kind of programs) {
      const mine = harshest.filter(({ name }) => name.startsWith(`${kind} on `));
      expect(new Set(mine.map(({ history }) => history.host)).size).toBe(2);
      expect(mine.some(({ seconds }) => seconds.length === actorKinds.length)).toBe(true);
    }
  });

  it('shows a pass every fault at every step without a broken promise', async () => {
    const pass = harshest.find(({ name }) => name.startsWith('schedule on lambda connected due'));
    const { failures, faults, histories } = await sampled([{ ...(pass as Base), seconds: [] }], 1);
    expect(failures).toEqual({});
    expect(histories).toBeGreaterThan(300);
    expect(faultKinds.filter((kind) => faults[kind] === undefined)).toEqual([]);
  });

  it('breaks no promise in a sample', async () => {
    const { failures, decided } = await sampled(some, 997);
    expect(failures).toEqual({});
    expect(decided).toBeGreaterThan(isFull ? 2000 : 500);
  });

  it('lets a run stand only for others that go the same', async () => {
    const alike = all.filter(({ setting }) => setting === 'schedule on lambda connected due');
    let spared = 0;
    for await (const { verdict, standsFor } of playCases(alike, 1999)) {
      const { steps, counts, windows } = verdict;
      for (const name of standsFor.slice(1)) {
        const other = await simulate((await caseNamed(name)) as History);
        const { steps: theirs, counts: theirCounts, windows: theirWindows } = other;
        expect([name, theirs, theirCounts, theirWindows]).toEqual([name, steps, counts, windows]);
        spared += 1;
      }
    }
    expect(spared).toBeGreaterThan(50);
  });

  it('finds a case again by its name', async () => {
    const name =
      'schedule on lambda connected due grace unknown: 3 journal.write dies after, login';
    const history = await caseNamed(name);
    expect(history?.faults).toEqual([{ actor: 0, call: 3, kind: 'dies after' }]);
    expect(history?.actors.map(({ kind }) => kind)).toEqual(['schedule', 'login']);
    expect(await caseNamed(name.replace('3 ', '99 '))).toBeUndefined();
  });
});
