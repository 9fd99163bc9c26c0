import * as v from 'valibot';

/** Every way in which a request can be made to go wrong. */
export const faultKinds = [
  /** An error answer in the right envelope; nothing is processed. */
  'status',
  /** A gateway's HTML page; nothing is processed. */
  'html',
  /** No answer, ever; nothing is processed. */
  'hang',
  /** The connection is destroyed before anything is processed. */
  'reset-before',
  /** Processed and committed; then the connection is destroyed before a byte of the answer. */
  'reset-after',
  /** Processed and committed; then an error answer in place of the real one. */
  'status-after',
  /** Sends the caller elsewhere; nothing is processed. */
  'redirect',
  /** A body that never ends; nothing is processed. */
  'endless-body',
  /** 200 with JSON that is cut off; nothing is processed. */
  'bad-json',
  /** Exactly this status, body and headers; nothing is processed. */
  'body',
  /** Answers rightly, but late. */
  'delay',
] as const;

/** One of `faultKinds`. */
export type FaultKind = (typeof faultKinds)[number];

const fault = v.strictObject({
  /** `METHOD /path`; a method `*` is any, a path that ends with `*` is a prefix. */
  on: v.pipe(v.string(), v.regex(/^(?:[A-Z]+|\*) \/\S*$/, 'on must look like "POST /oauth/token"')),
  kind: v.picklist(faultKinds),
  status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599))),
  /** Seconds, sent as `Retry-After`. */
  retryAfter: v.optional(v.union([v.number(), v.string()])),
  /** How many requests it spoils; without it, all until it is lifted. */
  times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** The OAuth error code, where `status` is answered below `/oauth/`. */
  error: v.optional(v.string()),
  body: v.optional(v.string()),
  headers: v.optional(v.record(v.string(), v.string())),
  /** Where `redirect` leads. */
  location: v.optional(v.string()),
  /** Real milliseconds, for `delay`. */
  delayMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(600_000))),
});

/** What `POST /_sandbox/faults` takes. */
export const faultList = v.pipe(v.array(fault), v.maxLength(100));

/** One fault as it was asked for. */
export type Fault = v.InferOutput<typeof fault>;

/** A fault with the count of requests it has spoiled. */
export type CountedFault = Fault & { served: number };

/** The faults that are on; of several that match a request the first not used up strikes. */
export class Faults {
  #faults: CountedFault[] = [];

  /** Replaces all; an empty list lifts them. */
  set(faults: readonly Fault[]): void {
    this.#faults = faults.map((entry) => ({ ...entry, served: 0 }));
  }

  list(): readonly CountedFault[] {
    return this.#faults;
  }

  /** The fault that strikes this request, counted as served. */
  strike(method: string, path: string): Fault | undefined {
    const found = this.#faults.find(
      (entry) =>
        entry.served < (entry.times ?? Number.POSITIVE_INFINITY) && matches(entry.on, method, path),
    );
    if (found !== undefined) found.served += 1;
    return found;
  }
}

function matches(on: string, method: string, path: string): boolean {
  const space = on.indexOf(' ');
  const [wantedMethod, wantedPath] = [on.slice(0, space), on.slice(space + 1)];
  if (wantedMethod !== '*' && wantedMethod !== method) return false;
  return wantedPath.endsWith('*') ? path.startsWith(wantedPath.slice(0, -1)) : path === wantedPath;
}
