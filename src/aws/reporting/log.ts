/** What a log line tells beside its message; nothing secret. */
export type LogFields = Readonly<Record<string, string | number | readonly string[]>>;

/** Writes one structured log line; a logger of Powertools is one. */
export type Log = Readonly<
  Record<'info' | 'warn' | 'error', (message: string, fields: LogFields) => void>
>;
