import type { Context } from 'aws-lambda';
import { parseConfig } from '../src/config/config.ts';
import { buildSync, type Sync } from '../src/lambda/sync.ts';

let sync: Sync | undefined;

/** Tells what has changed since the last sync, as far as its time allows; its queue brings it back for the rest. */
export async function handler(event: unknown, context: Context): Promise<readonly string[]> {
  sync ??= buildSync(parseConfig('sync', process.env));
  return sync(event, () => context.getRemainingTimeInMillis());
}
