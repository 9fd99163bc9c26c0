import { StoreRefused } from '../ports.ts';
import type { Secret } from '../secret.ts';
import { fromRfc3339, toRfc3339 } from '../time.ts';
import { encodeRecord, type StoredRecord } from './record.ts';

/** What a logout leaves in the place of a token: Secrets Manager cannot take the label current off everything. */
export function loggedOutMark(connection: string, atMs: number): Secret {
  return encodeRecord({ connection, loggedOutAt: toRfc3339(atMs) });
}

/** Nothing can be read, since a person has logged the connection out. */
export class LoggedOut extends StoreRefused {}

/** Throws `LoggedOut` ('missing') with the next step where a logout has left its mark. */
export function refuseLoggedOut({ fields }: StoredRecord): void {
  const { loggedOutAt } = fields as { readonly loggedOutAt?: unknown };
  const atMs = typeof loggedOutAt === 'string' ? fromRfc3339(loggedOutAt) : undefined;
  if (atMs === undefined) return;
  throw new LoggedOut(
    'missing',
    `the connection was logged out at ${toRfc3339(atMs)}: fresco login`,
  );
}
