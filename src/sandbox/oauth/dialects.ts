/** How servers word the two refusals of a refresh: that of the token, and that of the application. */
export const dialects = {
  /** RFC 6749 §5.2. */
  rfc: {
    token: [400, { error: 'invalid_grant', error_description: 'The refresh token is not valid.' }],
    application: [401, { error: 'invalid_client', error_description: 'Authentication failed.' }],
  },
  /** The Laravel Passport and League family, before it took the code of the RFC. */
  league: {
    token: [
      401,
      {
        error: 'invalid_request',
        error_description: 'The refresh token is invalid.',
        hint: 'Token has been revoked',
        message: 'The refresh token is invalid.',
      },
    ],
    application: [
      401,
      { error: 'invalid_client', error_description: 'Client authentication failed' },
    ],
  },
  /** The RFC's codes in an error that is an object. */
  object: {
    token: [400, { error: { code: 'invalid_grant', message: 'The token is not valid.' } }],
    application: [401, { error: { code: 'invalid_client', message: 'Who is asking?' } }],
  },
  /** Words alone, in Italian. */
  words: {
    token: [401, { error: { message: 'Il token di aggiornamento è scaduto.' } }],
    application: [401, { error: { message: "L'applicazione non è riconosciuta." } }],
  },
  /** The API's own envelope, which does not say what it refuses. */
  bare: {
    token: [401, { error: { message: 'Unauthorized.' } }],
    application: [401, { error: { message: 'Unauthorized.' } }],
  },
} as const satisfies Readonly<Record<string, Readonly<Record<'token' | 'application', Words>>>>;

type Words = readonly [status: 400 | 401, body: Readonly<Record<string, unknown>>];

/** The name of a dialect. */
export type Dialect = keyof typeof dialects;

/** All of them, for settings. */
export const dialectNames = Object.keys(dialects) as readonly Dialect[];
