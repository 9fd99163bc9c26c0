/**
 * Where a token pair stands in the life of a connection. A generation is one successful refresh or login;
 * an attempt is one send of a refresh token. Logins count grants up and generations on.
 */
export interface Position {
  readonly grant: number;
  readonly generation: number;
  readonly attempt: number;
}

/** Below 0 if `a` is older than `b`, 0 if they are the same, above 0 if it is newer. */
export function compare(a: Position, b: Position): number {
  return a.grant - b.grant || a.generation - b.generation || a.attempt - b.attempt; // guard: order grant first
}

/** Whether `a` came after `b`; anything came after nothing. */
export function isNewer(a: Position, b: Position | undefined): boolean {
  return b === undefined || compare(a, b) > 0;
}

/** The newest of those that there are. */
export function newest(...positions: (Position | null | undefined)[]): Position | undefined {
  return positions
    .filter((position) => position !== null && position !== undefined)
    .sort(compare)
    .at(-1);
}

/** Only the three numbers, whatever else the value carries. */
export function positionOf(value: Position): Position {
  return { grant: value.grant, generation: value.generation, attempt: value.attempt };
}
