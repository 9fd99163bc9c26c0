import type { SeenGrant } from '../operations/login.ts';
import { encodeRecord, field, parseRecord, type StoredRecord } from '../records/record.ts';
import { Secret } from '../secret.ts';
import type { ConsentStart, Ticket } from './ports.ts';

/** The JSON of a start. */
export function encodeStart({ over, ticket, ...start }: ConsentStart): Secret {
  return encodeRecord({ ...start, ...over, anyCompany: ticket?.anyCompany });
}

/** Reads back what `encodeStart` wrote; throws `StoreRefused` ('damaged'). */
export function decodeStart(value: Secret): ConsentStart {
  const record = parseRecord(value, 'start of a consent');
  const { anyCompany } = record.fields;
  return {
    stateHash: field.text(record, 'stateHash'),
    browserHash: field.text(record, 'browserHash'),
    verifierSalt: new Secret(field.text(record, 'verifierSalt')),
    over: seenIn(record),
    ...(typeof anyCompany === 'boolean' && { ticket: { anyCompany } }),
    scopes: scopesIn(record) ?? [],
    expiresAtMs: field.count(record, 'expiresAtMs'),
  };
}

/** The JSON of a ticket. */
export function encodeTicket({ over, ...ticket }: Ticket): Secret {
  return encodeRecord({ ...ticket, ...over });
}

/** Reads back what `encodeTicket` wrote; throws `StoreRefused` ('damaged'). */
export function decodeTicket(value: Secret): Ticket {
  const record = parseRecord(value, 'ticket');
  const scopes = scopesIn(record);
  return {
    over: seenIn(record),
    anyCompany: record.fields['anyCompany'] === true,
    ...(scopes && { scopes }),
    expiresAtMs: field.count(record, 'expiresAtMs'),
  };
}

function seenIn(record: StoredRecord): SeenGrant {
  const isLoggedOut = record.fields['isLoggedOut'] === true;
  return { grant: field.count(record, 'grant'), isLoggedOut };
}

function scopesIn({ fields: { scopes } }: StoredRecord): readonly string[] | undefined {
  return Array.isArray(scopes) ? scopes.filter((it) => typeof it === 'string') : undefined;
}
