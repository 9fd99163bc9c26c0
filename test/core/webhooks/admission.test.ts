import { describe, expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import {
  type AdmittedSenders,
  admissionOf,
  admitCompanies,
  admittedAfter,
  type Foreign,
  learnForMs,
  type Sender,
} from '../../../src/core/webhooks/admission.ts';
import { memorySenders } from '../../contract/admitted-senders.ts';

const ours: Sender = { companyId: 7, application: '4010' };

function admission(noted?: Partial<AdmittedSenders>, application?: string) {
  const time = { nowMs: 1_000_000 };
  const senders = memorySenders(noted);
  const clock = { nowMs: () => time.nowMs };
  const parts = { senders, clock, ...(application === undefined ? {} : { application }) };
  return { time, senders, ...admissionOf(parts) };
}

describe('a sender', () => {
  it.each<[string, Partial<AdmittedSenders> | undefined, Sender, Foreign | undefined]>([
    ['of ours', { companies: [7], application: '4010' }, ours, undefined],
    ['of ours, with no application known yet', { companies: [7] }, ours, undefined],
    ['of another company', { companies: [8] }, ours, 'company'],
    ['of no company', { companies: [7] }, { application: '4010' }, 'company'],
    ['of another application', { companies: [7], application: '1' }, ours, 'application'],
    ['of no application', { companies: [7], application: '1' }, { companyId: 7 }, 'application'],
    ['of which nothing is noted', undefined, ours, undefined],
  ])('%s → %4$s', async (_, noted, sender, want) => {
    expect(await admission(noted).judge(sender, 'notification')).toBe(want);
    expect(await admission(noted).judge(sender, 'handshake')).toBe(
      noted?.application === undefined && want !== 'company' ? undefined : want,
    );
  });

  it('of another application than the one that is known beforehand is foreign', async () => {
    for (const noted of [undefined, { companies: [7], learnUntilMs: 9e9 }]) {
      const { judge } = admission(noted, '1');
      expect(await judge(ours, 'notification')).toBe('application');
      expect(await judge(ours, 'handshake')).toBe('application');
      expect(await judge({ ...ours, application: '1' }, 'handshake')).toBeUndefined();
    }
  });

  it('is let through to the handler where the record cannot be read', async () => {
    const refused = () => Promise.reject(new StoreRefused('unavailable', 'invented'));
    const clock = { nowMs: () => 0 };
    const { judge } = admissionOf({ senders: { read: refused, note: refused }, clock });
    expect(await judge(ours, 'notification')).toBeUndefined();
    const broken = () => Promise.reject(new TypeError('invented'));
    const other = admissionOf({ senders: { read: broken, note: broken }, clock });
    await expect(other.judge(ours, 'notification')).rejects.toThrow(TypeError);
  });
});

describe('the application', () => {
  it('is told by the first handshake of a company of ours, and by no notification', async () => {
    const { judge, senders } = admission({ companies: [7] });
    await judge({ companyId: 8, application: '666' }, 'handshake');
    await judge({ companyId: 7, application: '666' }, 'notification');
    expect((await senders.read())?.application).toBeNull();
    await judge(ours, 'handshake');
    expect((await senders.read())?.application).toBe('4010');
    expect(await judge({ companyId: 7, application: '666' }, 'handshake')).toBe('application');
  });

  it.each([
    { name: 'one ms before', atMs: -1, want: undefined },
    { name: 'exactly at', atMs: 0, want: 'application' },
  ])(
    'is learnt from another handshake $name the end of what an operator asked for → $want',
    async ({ atMs, want }) => {
      const { judge, senders, time } = admission({ companies: [7], application: '1' });
      await admitCompanies(senders, [9], { nowMs: time.nowMs });
      expect(await senders.read()).toMatchObject({ companies: [7, 9] });
      time.nowMs += learnForMs + atMs;
      expect(await judge(ours, 'handshake')).toBe(want);
      expect((await senders.read())?.application).toBe(want === undefined ? '4010' : '1');
    },
  );

  it('may come with a handshake that names no company, if an operator asked for it', async () => {
    const { judge, time } = admission({ companies: [7], learnUntilMs: 1_000_001 });
    expect(await judge({ application: '4010' }, 'handshake')).toBeUndefined();
    time.nowMs += 1;
    expect(await judge({ application: '4010' }, 'handshake')).toBe('company');
  });
});

describe('what is noted', () => {
  it('is read once a minute, and at most every ten seconds for what is foreign', async () => {
    const { judge, senders, time } = admission({ companies: [7] });
    for (let n = 0; n < 5; n += 1) await judge(ours, 'notification');
    expect(senders.reads()).toBe(1);
    for (let n = 0; n < 100; n += 1) await judge({ companyId: 8 }, 'notification');
    expect(senders.reads()).toBe(1);
    time.nowMs += 10_000;
    for (let n = 0; n < 100; n += 1) await judge({ companyId: 8 }, 'notification');
    expect(senders.reads()).toBe(2);
    time.nowMs += 60_000;
    await judge(ours, 'notification');
    expect(senders.reads()).toBe(3);
  });

  it('lets a company in that was added since', async () => {
    const { judge, senders, time } = admission({ companies: [7] });
    await judge({ companyId: 8 }, 'notification');
    await admitCompanies(senders, [8]);
    time.nowMs += 10_000;
    expect(await judge({ companyId: 8 }, 'notification')).toBeUndefined();
    expect((await senders.read())?.learnUntilMs).toBe(0);
  });
});

it('a login lets its companies in where any are noted, and does not fail where that is refused', async () => {
  const login = Promise.resolve('done');
  const senders = memorySenders();
  expect(await admittedAfter(login, senders, [{ id: 8 }])).toBe('done');
  expect(await senders.read()).toBeUndefined();
  await admitCompanies(senders, [7]);
  await admittedAfter(login, senders, [{ id: 8 }]);
  expect(await senders.read()).toMatchObject({ companies: [7, 8] });
  const refused = () => Promise.reject(new StoreRefused('denied', 'invented'));
  expect(await admittedAfter(login, { ...senders, read: refused }, [])).toBe('done');
});
