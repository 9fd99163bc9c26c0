import { describe, expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import { decodeGrant } from '../../../src/core/records/grant.ts';
import { openSeal } from '../../../src/core/records/seal.ts';
import { keep } from '../../../src/core/rotation/keep.ts';
import { startPass } from '../../../src/core/rotation/pass.ts';
import { grantOf, hour, memoryConnection } from '../memory-connection.ts';

const minted = { versionId: 'v2', grant: { ...grantOf(0), generation: 2, attempt: 1 } };
const refuse = () => {
  throw new StoreRefused('denied', 'invented refusal');
};

async function connected() {
  const connection = memoryConnection();
  connection.store(grantOf(20 * hour));
  const pass = startPass(connection.ports(), { trigger: 'schedule' });
  await pass.session.read();
  return { ...connection, pass };
}

describe('a new token is kept', () => {
  it('sealed in the journal and stored as a version, without a wait', async () => {
    const { pass, grant, journal, time } = await connected();
    expect(await keep(pass, minted)).toBeUndefined();
    expect(pass.warnings).toEqual([]);
    const [sealed, ...others] = journal.journal.seals;
    if (sealed === undefined) throw new Error('nothing is sealed');
    expect(others).toEqual([]);
    const opened = openSeal(sealed, minted.grant.sealKey);
    expect(opened && decodeGrant(opened).generation).toBe(2);
    expect([grant.versions.has('v2'), grant.currentId]).toEqual([true, 'v1']);
    expect(time.monotonicMs).toBe(0);
  });

  it('once: a seal that is there already is left', async () => {
    const { pass, journal } = await connected();
    await keep(pass, minted);
    const { seals } = journal.journal;
    expect(await keep(pass, minted)).toBeUndefined();
    expect(journal.journal.seals).toEqual(seals);
    await keep(pass, { ...minted, versionId: 'v3' });
    expect(journal.journal.seals.map(({ versionId }) => versionId)).toEqual(['v2', 'v3']);
  });

  it('though the journal refuses: after three tries the version alone is enough', async () => {
    const { pass, journal, time } = await connected();
    let tries = 0;
    journal.before = (call) => {
      if (call !== 'write') return;
      tries += 1;
      refuse();
    };
    expect(await keep(pass, minted)).toBeUndefined();
    expect(pass.warnings).toEqual(['invented refusal']);
    expect([tries, time.monotonicMs]).toEqual([3, 100 + 200]);
  });

  it('at the second try of the journal, and the version is put once', async () => {
    const { pass, grant, journal, time } = await connected();
    let tries = 0;
    let puts = 0;
    journal.before = (call) => {
      tries += call === 'write' ? 1 : 0;
      if (call === 'write' && tries === 1) refuse();
    };
    grant.before = (call) => {
      puts += call === 'put' ? 1 : 0;
    };
    expect(await keep(pass, minted)).toBeUndefined();
    expect(pass.warnings).toEqual(['invented refusal']);
    expect([tries, puts, time.monotonicMs]).toEqual([2, 1, 100]);
  });

  it('though the store refuses: again until the time of the pass is up', async () => {
    const { pass, grant, time } = await connected();
    grant.before = (call) => {
      if (call === 'put') refuse();
    };
    const kept = await keep({ ...pass, endMs: 10_000 }, minted);
    expect(kept).toEqual({ outcome: { kind: 'kept', detail: 'invented refusal' } });
    expect(time.monotonicMs).toBe(100 + 200 + 400 + 800 + 1600 + 2000 + 2000 + 2000);
  });

  it.each([
    { name: 'one ms before', leftMs: 101, want: 2 },
    { name: 'exactly at', leftMs: 100, want: 1 },
  ])('with a wait that ends $name the end of the pass: $want tries', async ({ leftMs, want }) => {
    const { pass, grant } = await connected();
    let tries = 0;
    grant.before = (call) => {
      if (call !== 'put') return;
      tries += 1;
      refuse();
    };
    await keep({ ...pass, endMs: leftMs }, minted);
    expect(tries).toBe(want);
  });
});
