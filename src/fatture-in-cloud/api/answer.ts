import type { QuotaLeft } from '../../core/sync/ports.ts';
import { jsonObject } from '../../core/text/json.ts';
import { masked } from '../../core/text/masking.ts';
import { retryAfterMs } from '../http/retry-after.ts';

/** The longest wait that the API can ask for: as long as a queue can hide a message. */
const apiWaitMaxMs = 12 * 60 * 60 * 1000;

/** The wait after a 429 that names none. */
const apiWaitDefaultMs = 60_000;

/** An answer of the API before anything is made of it. */
export interface RawAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly date: string | undefined;
  readonly quota?: QuotaLeft;
  /** `undefined`: longer than is read. */
  readonly body: string | undefined;
}

/** Every way in which a request to the API ends. */
export type ApiAnswer =
  /** `body` is the whole answer, `data` and what stands beside it; `undefined` where it is empty. */
  | {
      readonly kind: 'ok';
      readonly body: Readonly<Record<string, unknown>> | undefined;
      /** What the answer said of the company's quota, if it did. */
      readonly quota?: QuotaLeft;
    }
  | { readonly kind: 'absent' }
  /** 429, or 403 with Retry-After: a quota is used up. */
  | { readonly kind: 'wait'; readonly waitMs: number; readonly status: number }
  | { readonly kind: 'no-permission' }
  | { readonly kind: 'licence-expired' }
  /** 401 though the token is good: it does not reach this company, or the application may not serve it. */
  | { readonly kind: 'no-access' }
  | { readonly kind: 'no-token'; readonly person: boolean; readonly detail: string }
  /** 400, 409 or 422: the provider will not do this; `message` is its own, made fit to print. */
  | { readonly kind: 'invalid'; readonly status: number; readonly message: string }
  /** Trying again may help; for a request that changes something, whether it was carried out is not known. */
  | { readonly kind: 'failed'; readonly detail: string };

/** What an answer of the API means; 401 is the caller's business and an unexpected status here. */
export function apiAnswer(answer: RawAnswer): ApiAnswer {
  const { status } = answer;
  const waitMs = waitOf(answer);
  if (status === 429) return { kind: 'wait', status, waitMs: waitMs ?? apiWaitDefaultMs };
  if (status === 403 && waitMs !== undefined) return { kind: 'wait', status, waitMs };
  if (answer.body === undefined) return failed(status, 'with a body too large to read');
  const fields = jsonObject(answer.body);
  if (status >= 200 && status < 300) {
    if (fields === undefined && answer.body !== '') return failed(status, 'without JSON');
    const { quota } = answer;
    return { kind: 'ok', body: fields, ...(quota === undefined ? {} : { quota }) };
  }
  // A gateway's own page for a path it does not know is no word about the entity.
  if (fields === undefined) return failed(status, 'without JSON');
  const { code, message } = errorOf(fields);
  switch (status) {
    case 403:
      if (code === 'NO_PERMISSION') return { kind: 'no-permission' };
      return code === 'LICENSE_EXPIRED' ? { kind: 'licence-expired' } : failed(status, message);
    case 404:
      return { kind: 'absent' };
    case 400:
    case 409:
    case 422:
      return { kind: 'invalid', status, message };
    default:
      return failed(status, message);
  }
}

/** What the headers of an answer say of the quota; `undefined` where they say nothing. */
export function quotaIn(headers: Headers): QuotaLeft | undefined {
  const window = (name: string) => {
    const [remaining, limit] = ['Remaining', 'Limit'].map((what) => {
      const value = headers.get(`ratelimit-${name}${what}`);
      return value !== null && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
    });
    return remaining === undefined || limit === undefined ? undefined : { remaining, limit };
  };
  const [hourly, monthly] = [window('hourly'), window('monthly')];
  if (hourly === undefined && monthly === undefined) return undefined;
  return { ...(hourly && { hourly }), ...(monthly && { monthly }) };
}

function waitOf({ retryAfter, date }: RawAnswer): number | undefined {
  if (retryAfter === undefined) return undefined;
  const headers = { 'retry-after': retryAfter, ...(date === undefined ? {} : { date }) };
  // Without the answer's own date a date says nothing: there is no clock here.
  const waitMs = retryAfterMs(headers, Number.NaN, apiWaitMaxMs);
  return waitMs === undefined || Number.isNaN(waitMs) ? undefined : Math.max(1000, waitMs);
}

/** Of either envelope: `error` is an object in the API's, a text in OAuth's, and both are seen. */
function errorOf(fields: Readonly<Record<string, unknown>>) {
  const { error } = fields;
  if (typeof error === 'string') return { code: error, message: printable(error) };
  const {
    code,
    message,
    validation_result: validations,
  } = Object(error) as Record<string, unknown>;
  const said = typeof message === 'string' ? message : 'without a message';
  return { code, message: printable([said, ...validationsIn(validations)].join(' ')) };
}

/** What the provider holds against each field, such as `data.types: The event is already registered`. */
function validationsIn(fields: unknown): string[] {
  return Object.entries(Object(fields) as Record<string, unknown>)
    .slice(0, validationsMax)
    .map(([field, said]) => {
      const texts = [said].flat().filter((text) => typeof text === 'string');
      return `${field}: ${texts.slice(0, validationsMax).join(' ')}`;
    });
}

const validationsMax = 5;

/** A text of the provider's, fit to print: it may repeat what was sent. */
export function printable(text: string): string {
  return masked(text)
    .replace(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ')
    .slice(0, 300);
}

function failed(status: number, detail: string): ApiAnswer {
  return { kind: 'failed', detail: `the API answered ${status}: ${detail}` };
}
