// What the door for consent assumes of any store of starts and tickets, as tests that run over each of them.
import { describe, expect, it } from 'vitest';
import type { ConsentStart, ConsentStore, Ticket } from '../../src/core/consent/ports.ts';
import { Secret } from '../../src/core/secret.ts';

const nowMs = Date.now();
const untilMs = nowMs + 600_000;
const over = { grant: 3, isLoggedOut: false };

/** A start whose slot is the first digit three times. */
function startOf(digit: string, more: Partial<ConsentStart> = {}): ConsentStart {
  return {
    stateHash: digit.repeat(64),
    browserHash: 'b'.repeat(64),
    verifierSalt: new Secret('salt'),
    over,
    scopes: ['entity.clients:r'],
    expiresAtMs: untilMs,
    ...more,
  };
}

const bare = (start: ConsentStart | undefined) =>
  start && { ...start, verifierSalt: start.verifierSalt.reveal() };

/** `open` gives one or more handles of one new and empty store; races are spread over the handles. */
export function consentStoreContract(
  name: string,
  open: () => Promise<readonly ConsentStore[]>,
): void {
  const openOne = async () => (await open())[0] as ConsentStore;

  describe(`${name} as the store of consents`, () => {
    it('reads a start back as it was kept, whatever has opened the door', async () => {
      const store = await openOne();
      for (const start of [startOf('1'), startOf('2', { ticket: { anyCompany: false } })]) {
        expect(await store.keepStart(start, nowMs)).toBe(true);
        expect(bare(await store.start(start.stateHash))).toEqual(bare(start));
      }
    });

    it('knows no start but by its whole state, and uses up none that it does not know', async () => {
      const store = await openOne();
      await store.keepStart(startOf('1'), nowMs);
      const beside = `111${'2'.repeat(61)}`;
      expect(await store.start(beside)).toBeUndefined();
      expect(await store.takeStart(beside)).toBe(false);
      expect(await store.takeStart('f'.repeat(64))).toBe(false);
      expect(await store.takeStart(startOf('1').stateHash)).toBe(true);
    });

    it.each([
      { name: 'one ms before', atMs: untilMs - 1, isKept: false },
      { name: 'exactly at', atMs: untilMs, isKept: true },
    ])('$name the end of a start another may have its slot: $isKept', async ({ atMs, isKept }) => {
      const store = await openOne();
      const [first, second] = [startOf('1'), startOf('1', { stateHash: `111${'2'.repeat(61)}` })];
      await store.keepStart(first, nowMs);
      await store.takeStart(first.stateHash);
      expect(await store.keepStart({ ...second, expiresAtMs: untilMs + 1 }, atMs)).toBe(isKept);
      expect((await store.start(first.stateHash)) === undefined).toBe(isKept);
      expect(await store.takeStart(second.stateHash)).toBe(isKept);
    });

    it('lets one of many use a start up, and nobody after', async () => {
      const handles = await open();
      const { stateHash } = startOf('1');
      await handles[0]?.keepStart(startOf('1'), nowMs);
      const taken = await Promise.all(
        Array.from({ length: 10 }, (_, n) => handles[n % handles.length]?.takeStart(stateHash)),
      );
      expect(taken.filter((it) => it)).toHaveLength(1);
      expect(await handles[0]?.takeStart(stateHash)).toBe(false);
      expect(await handles[0]?.start(stateHash)).toBeDefined();
    });

    it('reads a ticket back by its hash, and knows no other', async () => {
      const store = await openOne();
      const tickets: readonly Ticket[] = [
        { over, anyCompany: false, expiresAtMs: untilMs },
        {
          over: { ...over, isLoggedOut: true },
          anyCompany: true,
          scopes: ['a:r'],
          expiresAtMs: untilMs,
        },
      ];
      for (const [at, ticket] of tickets.entries()) {
        await store.keepTicket(`hash${at}`, ticket);
        expect(await store.ticket(`hash${at}`)).toEqual(ticket);
      }
      expect(await store.ticket('hash')).toBeUndefined();
    });
  });
}
