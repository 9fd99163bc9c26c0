import fc from 'fast-check';

/** How one input ended: taken for good, or refused in a way that is documented. Anything else is thrown. */
export type Ending = 'taken' | 'refused';

/** One parser of outside data, with what it is fed. */
export interface Target {
  readonly name: string;
  /** Its part of all inputs, beside those of the others. */
  readonly share: number;
  /** Throws for whatever is no documented refusal, and where a refused input has changed something. */
  run(options: RunOptions): Promise<Tally>;
}

export interface RunOptions {
  readonly inputs: number;
  readonly seed: number;
}

/** How the inputs of one target ended. */
export interface Tally {
  readonly taken: number;
  readonly refused: number;
}

/** An input that was neither taken nor refused; `seed` and `path` bring it back. */
export class Unhandled extends Error {
  override readonly name = 'Unhandled';
}

// Of the processor: the clock would count what else the machine does.
const inputMsMax = 1000;

interface Fed<T> {
  readonly input: fc.Arbitrary<T>;
  readonly share?: number;
  /** Errors of these classes are documented refusals. */
  readonly refusals?: readonly (abstract new (
    ...args: never
  ) => Error)[];
  feed(input: T): Ending | Promise<Ending>;
}

/** A target whose inputs come from fast-check and are shrunk when one is not handled. */
export function target<T>(name: string, fed: Fed<T>): Target {
  const { input, share = 1, refusals = [] } = fed;
  return {
    name,
    share,
    run: async ({ inputs, seed }) => {
      const tally = { taken: 0, refused: 0 };
      const property = fc.asyncProperty(input, async (value) => {
        const before = process.cpuUsage().user;
        tally[await endingOf(fed.feed, value, refusals)] += 1;
        const tookMs = (process.cpuUsage().user - before) / 1000;
        if (tookMs > inputMsMax) throw new Error(`took ${tookMs} ms of the processor`);
      });
      const details = await fc.check(property, { numRuns: inputs, seed });
      if (!details.failed) return tally;
      const { counterexample, counterexamplePath, errorInstance } = details;
      throw new Unhandled(
        `${name}: an input was not handled (seed ${seed}, path '${counterexamplePath}'): ${fc.stringify(counterexample)}`,
        { cause: errorInstance },
      );
    },
  };
}

async function endingOf<T>(
  feed: Fed<T>['feed'],
  value: T,
  refusals: NonNullable<Fed<T>['refusals']>,
): Promise<Ending> {
  try {
    return await feed(value);
  } catch (error) {
    if (refusals.some((refusal) => error instanceof refusal)) return 'refused';
    throw error;
  }
}
