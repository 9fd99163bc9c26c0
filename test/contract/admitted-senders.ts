// What receivers and commands assume of any record of admitted senders, as tests that run over each of them.
import { describe, expect, it } from 'vitest';
import type { Admission, AdmittedSenders, SenderStore } from '../../src/core/webhooks/admission.ts';

/** Lets everyone through. */
export const anyone: Admission = { judge: async () => undefined };

/** In memory. */
export function memorySenders(
  senders?: Partial<AdmittedSenders>,
): SenderStore & { readonly reads: () => number } {
  const nobody: AdmittedSenders = { companies: [], application: null, learnUntilMs: 0 };
  let stored = senders && { ...nobody, ...senders };
  let reads = 0;
  return {
    reads: () => reads,
    read: async () => {
      reads += 1;
      return stored;
    },
    note: async (part) => {
      stored = { ...nobody, ...stored, ...part };
    },
  };
}

/** `open` gives one or more handles of one new and empty record. */
export function senderStoreContract(name: string, open: () => Promise<readonly SenderStore[]>) {
  describe(`${name} as the record of admitted senders`, () => {
    it('knows of none at first, and then of what was noted, each part by itself', async () => {
      const handles = await open();
      const [one] = handles;
      if (one === undefined) throw new Error('open must give at least one handle');
      expect(await one.read()).toBeUndefined();
      await one.note({ companies: [1, 2], learnUntilMs: 7 });
      const first = { companies: [1, 2], application: null, learnUntilMs: 7 };
      for (const handle of handles) expect(await handle.read()).toEqual(first);
      await handles.at(-1)?.note({ application: '4010' });
      expect(await one.read()).toEqual({ ...first, application: '4010' });
      await one.note({ companies: [] });
      expect(await one.read()).toEqual({ ...first, companies: [], application: '4010' });
    });
  });
}
