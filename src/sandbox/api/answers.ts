import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** A refusal of the API, whose `error` is an object. */
export interface ApiRefusal {
  readonly status: ContentfulStatusCode;
  readonly message: string;
  readonly code?: string;
  /** Field by field, for 422. */
  readonly validation?: Readonly<Record<string, readonly string[]>>;
  readonly retryAfterSeconds?: number;
}

/** The API's error envelope. */
export function refuse(c: Context, refusal: ApiRefusal): Response {
  if (refusal.retryAfterSeconds !== undefined) {
    c.header('Retry-After', String(refusal.retryAfterSeconds));
  }
  const { message, code, validation } = refusal;
  const error = {
    message,
    ...(code === undefined ? {} : { code }),
    ...(validation === undefined ? {} : { validation_result: validation }),
  };
  return c.json({ error }, refusal.status);
}

/** 401 for a token that is missing, wrong or over, and for a company that it has no link to. */
export function unauthorized(c: Context): Response {
  return refuse(c, { status: 401, message: 'Unauthorized.' });
}

/** 404; the provider's wording is not known. */
export function notFound(c: Context): Response {
  return refuse(c, { status: 404, message: 'The requested resource was not found.' });
}

/** 422 that names one field. */
export function invalidField(c: Context, field: string, text: string): Response {
  return refuse(c, { status: 422, message: 'Invalid request.', validation: { [field]: [text] } });
}

/** The OAuth error envelope (RFC 6749 §5.2), whose `error` is a string. */
export function refuseOAuth(
  c: Context,
  error: string,
  description: string,
  status: ContentfulStatusCode = 400,
): Response {
  return c.json({ error, error_description: description }, status);
}

/** The JSON object in a body; `undefined` for anything else, which the caller words as the provider does. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
