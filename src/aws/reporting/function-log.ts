import { Logger } from '@aws-lambda-powertools/logger';
import { visible } from '../../core/text/visible.ts';

/** The log of a function; people may read it on a terminal. */
export function functionLog(serviceName: string): Logger {
  return new Logger({
    serviceName,
    // JSON itself escapes only the first 32 characters.
    jsonReplacerFn: (_, value: unknown) =>
      typeof value === 'string' ? value.replace(/\P{Cc}+|[\u007f-\u009f]+/gu, visible) : value,
  });
}
