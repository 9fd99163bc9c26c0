/** One call as the double saw it: which operation on what, and how it ended. Never a value. */
export interface Call {
  readonly operation: string;
  /** Names, ids and labels out of the input. */
  readonly ids: Readonly<Record<string, string>>;
  /** `ok`, the error's name, or the kind of the fault that it met. */
  readonly outcome: string;
  readonly atMs: number;
}

/** The calls of a double in the order of their arrival, for budgets and for "no such call was made". */
export class CallLog {
  #calls: Call[] = [];

  add(call: Call): void {
    this.#calls.push(call);
  }

  get all(): readonly Call[] {
    return this.#calls;
  }

  /** How many calls of this operation came, or of all; the SDK's own retries count. */
  count(operation?: string): number {
    if (operation === undefined) return this.#calls.length;
    return this.#calls.filter((call) => call.operation === operation).length;
  }

  clear(): void {
    this.#calls = [];
  }
}
