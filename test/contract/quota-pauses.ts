// What reading entities assumes of any record of quota pauses, as tests that run over each of them.
import { describe, expect, it } from 'vitest';
import type { QuotaPauses } from '../../src/core/webhooks/ports.ts';

const untilMs = 1_790_000_000_000;

/** `open` gives one or more handles of one new and empty record. */
export function quotaPausesContract(
  name: string,
  open: () => Promise<readonly QuotaPauses[]>,
): void {
  describe(`${name} as the record of quota pauses`, () => {
    it('knows no pause at first', async () => {
      const [pauses] = await open();
      expect(await pauses?.untilMs(1)).toBeUndefined();
    });

    it('shows a pause to every handle, for its company alone', async () => {
      const handles = await open();
      await handles[0]?.raise(1, untilMs);
      for (const handle of handles) expect(await handle.untilMs(1)).toBe(untilMs);
      expect(await handles[0]?.untilMs(2)).toBeUndefined();
    });

    it('makes a pause longer and never shorter', async () => {
      const [pauses] = await open();
      await pauses?.raise(1, untilMs);
      await pauses?.raise(1, untilMs - 1);
      expect(await pauses?.untilMs(1)).toBe(untilMs);
      await pauses?.raise(1, untilMs + 1);
      expect(await pauses?.untilMs(1)).toBe(untilMs + 1);
    });

    it('keeps the longest of many raised at once', async () => {
      const handles = await open();
      const raise = (_: unknown, n: number) =>
        handles[n % handles.length]?.raise(1, untilMs + ((n * 7) % 20));
      await Promise.all(Array.from({ length: 20 }, raise));
      expect(await handles[0]?.untilMs(1)).toBe(untilMs + 19);
    });
  });
}
