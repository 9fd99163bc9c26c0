/**
 * The times by which passes are made, wherever they are: the stack deploys them, the local system and the file
 * store run with them, and the simulator judges them. Milliseconds.
 */
export const rotationTimes = {
  /** The rotator's function is stopped after so long. */
  functionMs: 60_000,
  /** Longer than the function may live; terms are counted by the store's clock alone. */
  leaseTermMs: 90_000,
  /** The longest that one token request may take. */
  requestMs: 15_000,
  /** What keeping a new token may take after its answer. */
  storeMs: 15_000,
} as const;
