import { visible } from '../../core/text/visible.ts';
import type { Log, LogFields } from './log.ts';

/** The log of a function, a line of JSON for each entry; people may read it on a terminal. */
export function functionLog(service: string): Log {
  const at = (level: string) => (message: string, fields: LogFields) => {
    const entry = { level, message, timestamp: new Date().toISOString(), service, ...fields };
    process.stdout.write(`${JSON.stringify(entry, shown)}\n`);
  };
  return { info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
}

/** JSON itself escapes only the first 32 characters. */
function shown(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\P{Cc}+|[\u007f-\u009f]+/gu, visible) : value;
}
