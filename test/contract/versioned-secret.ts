// What the protocol assumes of any store of secrets, as tests that run over each of them.
import { describe, expect, it } from 'vitest';
import type { PendingSecret, VersionedSecret } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';

/** What differs between the stores under test. */
export interface SecretContractOptions {
  /** Reads until `isSettled`, where reads may be behind; default: one read, which must be right. */
  readonly eventually?: <T>(read: () => Promise<T>, isSettled: (value: T) => boolean) => Promise<T>;
  /** Parallel calls in the races; default 50. */
  readonly callers?: number;
  readonly timeoutMs?: number;
  /** Whether it keeps to what Secrets Manager takes: ids of 32 to 64 characters, values of 1 to 65,536 bytes. */
  readonly hasLimits?: boolean;
}

/** Version ids of the length that Secrets Manager asks for. */
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const value = (n: number) => new Secret(`invented value ${n}`);
const first = id(1);
const second = id(2);
const third = id(3);

/** `open` gives one or more handles of one new and empty secret; races are spread over the handles. */
export function versionedSecretContract(
  name: string,
  open: () => Promise<readonly VersionedSecret[]>,
  options: SecretContractOptions = {},
): void {
  describe(`${name} as a versioned secret`, { timeout: options.timeoutMs ?? 60_000 }, () => {
    const { currentIs, versionIs } = readers(options);

    it('is empty at first', async () => {
      const secret = await openOne(open);
      expect(await secret.current()).toBeUndefined();
      expect(await secret.version(first)).toBeUndefined();
    });

    it('makes the first version of an empty secret current', async () => {
      const secret = await openOne(open);
      expect(await secret.put(first, value(1))).toBe('stored');
      await currentIs(secret, first, value(1));
    });

    it('keeps current where it is when a further version is put', async () => {
      const secret = await openWithTwo(open);
      await versionIs(secret, second, value(2));
      await currentIs(secret, first, value(1));
    });

    it('stores a version again if the value is the same, and changes nothing by it', async () => {
      const secret = await openWithTwo(open);
      await secret.promote(second, first);
      expect(await secret.put(first, value(1))).toBe('stored');
      expect(await secret.put(second, value(2))).toBe('stored');
      await currentIs(secret, second, value(2));
    });

    it('never gives a version another value', async () => {
      const secret = await openWithTwo(open);
      expect(await secret.put(first, value(3))).toBe('taken');
      expect(await secret.put(second, value(3))).toBe('taken');
      await versionIs(secret, first, value(1));
      await versionIs(secret, second, value(2));
    });

    it('still has the version that was current before', async () => {
      const secret = await openWithTwo(open);
      await secret.promote(second, first);
      await versionIs(secret, first, value(1));
    });

    it('promotes a version if the one named is current', async () => {
      const secret = await openWithTwo(open);
      expect(await secret.promote(second, first)).toBe('promoted');
      await currentIs(secret, second, value(2));
    });

    it('promotes an older version too: order is not the business of a store', async () => {
      const secret = await openWithTwo(open);
      await secret.promote(second, first);
      expect(await secret.promote(first, second)).toBe('promoted');
      await currentIs(secret, first, value(1));
    });

    it('does not promote when current has moved, not even what is current already', async () => {
      const secret = await openWithTwo(open);
      await secret.put(third, value(3));
      await secret.promote(second, first);
      expect(await secret.promote(third, first)).toBe('moved');
      expect(await secret.promote(second, first)).toBe('moved');
      await currentIs(secret, second, value(2));
    });

    it('promotes what is current from itself', async () => {
      const secret = await openWithTwo(open);
      expect(await secret.promote(first, first)).toBe('promoted');
      await currentIs(secret, first, value(1));
    });

    it('says that a version which was never put is absent', async () => {
      const secret = await openWithTwo(open);
      expect(await secret.promote(third, first)).toBe('absent');
      await currentIs(secret, first, value(1));
    });

    it('keeps a text of many bytes as it is', async () => {
      const secret = await openOne(open);
      const long = new Secret(`{"text":"perché \\u0000 \n ${'€'.repeat(10_000)}"}`);
      await secret.put(first, long);
      await currentIs(secret, first, long);
    });

    it.runIf(options.hasLimits)('refuses an id or a value of a wrong length', async () => {
      const secret = await openOne(open);
      const ids = ['x'.repeat(31), 'x'.repeat(65)];
      for (const wrong of ids) await expect(secret.put(wrong, value(1))).rejects.toThrow();
      for (const wrong of ['', `${'€'.repeat(21_845)}12`]) {
        await expect(secret.put(first, new Secret(wrong))).rejects.toThrow();
      }
      expect(await secret.current()).toBeUndefined();
      const longest = new Secret(`${'€'.repeat(21_845)}1`);
      expect(await secret.put('x'.repeat(32), longest)).toBe('stored');
      expect(await secret.put('x'.repeat(64), value(1))).toBe('stored');
      await currentIs(secret, 'x'.repeat(32), longest);
    });

    it('gives a version one value when many are put at once', async () => {
      const handles = await open();
      await handleOf(handles, 0).put(first, value(1));
      const answers = await race(options, (n) => handleOf(handles, n).put(second, value(n)));
      expect(answers.filter((answer) => answer === 'stored')).toHaveLength(1);
      await versionIs(handleOf(handles, 0), second, value(answers.indexOf('stored')));
      await currentIs(handleOf(handles, 0), first, value(1));
    });

    it('stores every one of many versions put at once, the first of which is current', async () => {
      const handles = await open();
      const answers = await race(options, (n) => handleOf(handles, n).put(id(n), value(n % 2)));
      expect(new Set(answers)).toEqual(new Set(['stored']));
      const current = await handleOf(handles, 0).current();
      const n = Number(current?.versionId.slice(-12));
      await currentIs(handleOf(handles, 0), id(n), value(n % 2));
    });

    it('promotes one of many versions when all are promoted at once from the same', async () => {
      const handles = await open();
      const secret = handleOf(handles, 0);
      await secret.put(first, value(1));
      for (let n = 0; n < contenders; n += 1) await secret.put(id(100 + n), value(n));
      const answers = await race(options, (n) =>
        handleOf(handles, n).promote(id(100 + (n % contenders)), first),
      );
      expect(answers.filter((answer) => answer === 'promoted')).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'moved')).toHaveLength(answers.length - 1);
      const winner = answers.indexOf('promoted') % contenders;
      await currentIs(secret, id(100 + winner), value(winner));
    });
  });
}

/** The rules of AWSPENDING, beside those of a versioned secret; `open` as there. */
export function pendingSecretContract(
  name: string,
  open: () => Promise<readonly PendingSecret[]>,
  options: SecretContractOptions = {},
): void {
  describe(`${name} as a secret under native rotation`, {
    timeout: options.timeoutMs ?? 60_000,
  }, () => {
    const { currentIs, versionIs } = readers(options);

    it('keeps current where it is when a version is put under AWSPENDING', async () => {
      const secret = await openWithTwo(open);
      expect(await secret.putPending(third, value(3))).toBe('stored');
      await versionIs(secret, third, value(3));
      await currentIs(secret, first, value(1));
    });

    it('creates a pending version once: again with the same value, never with another', async () => {
      const secret = await openWithTwo(open);
      await secret.putPending(third, value(3));
      expect(await secret.putPending(third, value(3))).toBe('stored');
      expect(await secret.putPending(third, value(4))).toBe('taken');
      expect(await secret.put(third, value(4))).toBe('taken');
      expect(await secret.putPending(second, value(4))).toBe('taken');
      await versionIs(secret, third, value(3));
    });

    it('promotes a pending version like any other', async () => {
      const secret = await openWithTwo(open);
      await secret.putPending(third, value(3));
      expect(await secret.promote(third, second)).toBe('moved');
      expect(await secret.promote(third, first)).toBe('promoted');
      await currentIs(secret, third, value(3));
    });

    it('takes AWSPENDING off as often as asked and leaves current alone', async () => {
      const secret = await openWithTwo(open);
      await secret.putPending(third, value(3));
      await secret.promote(third, first);
      await secret.dropPending(third);
      await secret.dropPending(third);
      await currentIs(secret, third, value(3));
    });

    it('takes AWSPENDING off no version but the one named', async () => {
      const secret = await openWithTwo(open);
      await secret.putPending(third, value(3));
      await secret.dropPending(first);
      await secret.dropPending(second);
      await versionIs(secret, third, value(3));
      await currentIs(secret, first, value(1));
    });
  });
}

const contenders = 5;

async function openOne<T extends VersionedSecret>(open: () => Promise<readonly T[]>): Promise<T> {
  return handleOf(await open(), 0);
}

/** The first version is current, the second is only put. */
async function openWithTwo<T extends VersionedSecret>(
  open: () => Promise<readonly T[]>,
): Promise<T> {
  const secret = await openOne(open);
  await secret.put(first, value(1));
  await secret.put(second, value(2));
  return secret;
}

function handleOf<T>(handles: readonly T[], n: number): T {
  const handle = handles[n % handles.length];
  if (handle === undefined) throw new Error('open must give at least one handle');
  return handle;
}

function race<T>(options: SecretContractOptions, call: (n: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: options.callers ?? 50 }, (_, n) => call(n)));
}

function readers(options: SecretContractOptions) {
  const eventually = options.eventually ?? ((read) => read());
  return {
    async currentIs(secret: VersionedSecret, versionId: string, wanted: Secret): Promise<void> {
      const isSettled = (found: { versionId: string } | undefined) =>
        found?.versionId === versionId;
      const found = await eventually(() => secret.current(), isSettled);
      expect(found?.versionId).toBe(versionId);
      expect(found?.value.equals(wanted)).toBe(true);
    },
    async versionIs(secret: VersionedSecret, versionId: string, wanted: Secret): Promise<void> {
      const found = await eventually(
        () => secret.version(versionId),
        (version) => version !== undefined,
      );
      expect(found?.versionId).toBe(versionId);
      expect(found?.value.equals(wanted)).toBe(true);
    },
  };
}
