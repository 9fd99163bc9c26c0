/** What a log line tells beside its message; nothing secret. */
export type LogFields = Readonly<Record<string, string | number | readonly string[]>>;

/** Writes one structured log line. */
export type Log = Readonly<
  Record<'info' | 'warn' | 'error', (message: string, fields: LogFields) => void>
>;
