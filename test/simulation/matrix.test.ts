// Goal: the matrix is whole, and a bounded slice of it keeps every promise.
// Method: one provider's part whole and every 97th case of all; `npm run simulate -- --matrix` plays the rest.
import { describe, expect, it } from 'vitest';
import { faultKinds } from './faults.ts';
import { baseHistories, caseNamed, casesOf, casts, type MatrixCase, policies } from './matrix.ts';
import { rotationModes } from './provider.ts';
import { simulate } from './simulation.ts';
import { addVerdict, emptyTally, type Tally } from './tally.ts';

async function played(cases: AsyncIterable<MatrixCase>, stride: number): Promise<Tally> {
  const tally = emptyTally();
  let index = 0;
  for await (const { name, history } of cases) {
    if (index % stride === 0) addVerdict(tally, await simulate(history), name);
    index += 1;
  }
  return tally;
}

const bases = baseHistories();
const harshest = (name: string) => name.startsWith('schedule lambda single-use-family unknown');

describe('the matrix', () => {
  it('has every mode under every policy on both hosts for every cast', () => {
    const size = casts.length * 2 * rotationModes.length * policies.length;
    expect(new Set(bases.map(({ name }) => name)).size).toBe(size);
  });

  it('shows a pass alone every fault, at every step, without a broken promise', async () => {
    const tally = await played(casesOf(bases.filter(({ name }) => harshest(name))), 1);
    expect(tally.failures).toEqual({});
    expect(tally.histories).toBeGreaterThan(250);
    const shown = new Set(Object.keys(tally.faults));
    // An exchange of a code is no step of a pass.
    expect(faultKinds.filter((kind) => !shown.has(kind))).toEqual([]);
  });

  it.each(casts.map((cast) => cast.join('+')))(
    'keeps every promise in a sample of %s',
    async (cast) => {
      const some = bases.filter(({ name }) => name.startsWith(`${cast} `));
      const { failures, histories } = await played(casesOf(some), 97);
      expect(failures).toEqual({});
      expect(histories).toBeGreaterThan(99);
    },
  );

  it('finds a case again by its name', async () => {
    const history = await caseNamed('schedule lambda grace unknown 0.3 dies after');
    expect(history?.faults).toEqual([{ actor: 0, call: 3, kind: 'dies after' }]);
    expect(await caseNamed('schedule lambda grace unknown 99.3 dies after')).toBeUndefined();
  });
});
