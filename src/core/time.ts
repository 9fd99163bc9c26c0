/** How far a clock may be off another's before what it dates is not believed. */
export const skewMaxMs = 30_000;

// ECMAScript knows no date beyond it.
const lastMs = 8.64e15;

/** Epoch milliseconds as RFC 3339 in UTC, to the second: `2026-11-23T02:00:00Z`. */
export function toRfc3339(atMs: number): string {
  const within = Math.min(Math.max(atMs, -lastMs), lastMs);
  return new Date(within).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** RFC 3339 as epoch milliseconds; `undefined` for anything else. */
export function fromRfc3339(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}

const wishMarginMs = 5 * 60_000;
// A clock may be set a little without any harm.
const datedAheadMs = 5 * 60_000;

/** Whether a clock that was ahead has dated a token, so that nobody knows when it ends. */
export function isDatedAhead({ issuedAtMs }: { readonly issuedAtMs: number }, nowMs: number) {
  return issuedAtMs - nowMs > datedAheadMs;
}

/** The longest validity that a refresh can give: a new token has aged a little when it is first handed out. */
export function longestWishMs(lifeMs: number): number {
  return lifeMs - wishMarginMs;
}
