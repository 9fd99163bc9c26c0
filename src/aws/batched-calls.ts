import { type Clock, StoreRefused } from '../core/ports.ts';
import { limitOf } from '../core/webhooks/limit.ts';

/** A call of AWS that takes several things at once, and may leave some of them undone. */
export interface BatchedCall<T> {
  /** What it does to so many, for a message: `put 3 events on the bus`. */
  readonly what: (count: number) => string;
  readonly itemsMax: number;
  readonly bytesOf: (item: T) => number;
  /** Resolves with why each was left undone; `undefined`: it is done. */
  readonly send: (items: readonly T[]) => Promise<readonly (string | undefined)[]>;
  readonly clock: Pick<Clock, 'wait'>;
  /** How long things wait for others to go with them. @default one turn of the event loop */
  readonly gather?: (() => Promise<void>) | undefined;
  /** @default 1, which keeps their order */
  readonly callsAtOnce?: number | undefined;
}

interface Waiting<T> {
  readonly item: T;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const bytesMax = 262_144;
const triesMax = 3;
const firstWaitMs = 100;

/**
 * Does things together that several callers ask for at the same time. What a call leaves undone is sent again
 * twice; then it is a `StoreRefused` for its caller alone, whose other things may be done.
 */
export function batchedCalls<T>(call: BatchedCall<T>): (items: readonly T[]) => Promise<void> {
  const { gather = nextTurn, callsAtOnce = 1 } = call;
  let waiting: Waiting<T>[] = [];
  const sendAll = async () => {
    await gather();
    const gathered = waiting;
    waiting = [];
    const limit = limitOf(callsAtOnce);
    let refused: { readonly error: unknown } | undefined;
    const calls = chunks(gathered, call).map((chunk) =>
      limit(async () => {
        try {
          // Where the service refuses one call, the next would only wait for the same.
          if (refused !== undefined) throw refused.error;
          await sendUntilDone(call, chunk);
        } catch (error) {
          refused ??= { error };
          for (const { failed } of chunk) failed(error);
        }
      }),
    );
    await Promise.all(calls);
  };
  return async (items) => {
    if (items.length === 0) return;
    if (waiting.length === 0) void sendAll();
    const ends = items.map(
      (item) => new Promise<void>((done, failed) => waiting.push({ item, done, failed })),
    );
    const refused = (await Promise.allSettled(ends)).find(({ status }) => status === 'rejected');
    if (refused?.status === 'rejected') throw refused.reason;
  };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

function chunks<T>(all: readonly Waiting<T>[], call: BatchedCall<T>): Waiting<T>[][] {
  const made: Waiting<T>[][] = [];
  let room = 0;
  for (const one of all) {
    const bytes = call.bytesOf(one.item);
    const chunk = made.at(-1);
    if (chunk === undefined || chunk.length === call.itemsMax || bytes > room) {
      made.push([one]);
      room = bytesMax - bytes;
    } else {
      chunk.push(one);
      room -= bytes;
    }
  }
  return made;
}

/** Settles those that are done; throws what speaks of a whole call. */
async function sendUntilDone<T>(call: BatchedCall<T>, chunk: readonly Waiting<T>[]): Promise<void> {
  let left = chunk;
  let codes: string[] = [];
  for (let tries = 0; tries < triesMax && left.length > 0; tries += 1) {
    if (tries > 0) await call.clock.wait(firstWaitMs * 4 ** (tries - 1));
    const whys = await call.send(left.map(({ item }) => item));
    codes = whys.filter((why) => why !== undefined);
    for (const { done } of left.filter((_, at) => whys[at] === undefined)) done();
    left = left.filter((_, at) => whys[at] !== undefined);
  }
  const error = refusalOf(call.what(left.length), [...new Set(codes)].sort());
  for (const { failed } of left) failed(error);
}

function refusalOf(what: string, codes: readonly string[]): StoreRefused {
  const isThrottled = codes.every((code) => /Throttl/.test(code));
  return new StoreRefused(
    isThrottled ? 'throttled' : 'unavailable',
    `could not ${what} (${codes.join(', ')}); it is tried again later`,
  );
}
