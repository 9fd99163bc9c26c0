import type { TokenAnswer } from '../../core/ports.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The codes of RFC 6749 §5.2 and §4.1.2.1: all that is ever told of an answer's own words. */
export const standardCodes: ReadonlySet<string> = new Set([
  'invalid_grant',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_request',
  'access_denied',
]);

const ofApplication = [
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
];

/** What a server says of itself. */
const ofServer = ['server_error', 'temporarily_unavailable'];

/** Statuses that speak of the address, the method or the form of a request, and not of who asks. */
const aboutTheRequest = [404, 405, 406, 411, 413, 414, 415, 421, 426, 431];

/** Words of a description, lower case, in English and in Italian: a closed list, the first text that decides counts. */
const tokenWords =
  /refresh[ _-]?token|token di (refresh|aggiornamento)|\btoken (has been|was|is|è|e') |\btoken (is )?(revoked|expired|invalid|scaduto|revocato|non valido)|\bgrant\b(?! type)/;
/** These speak of the token where no application is spoken of. */
const endedWords = /\b(revoked|expired|revocat[oa]|scadut[oa])\b/;
const applicationWords =
  /\bclient\b|client[ _-]?(id|secret)|\bapplication\b|\bapp\b|credential|applicazione|credenziali/;

/** The code of a refusal: RFC 6749's `error`, or the `code` of an `error` that is an object. */
export function codeIn(fields: Fields): string | undefined {
  const { error } = fields;
  const code = isObject(error) ? error['code'] : error;
  return typeof code === 'string' ? code : undefined;
}

/**
 * What a 4xx in JSON refuses: by its code, else by what its words speak of, else `refused`. `undefined`: it is no
 * refusal at all.
 */
export function refusalIn(fields: Fields, status: number): TokenAnswer | undefined {
  const code = codeIn(fields);
  if (code === 'invalid_grant') return { kind: 'invalid-grant' };
  if (code !== undefined && ofApplication.includes(code)) {
    return { kind: 'invalid-client', error: code };
  }
  if (code !== undefined && ofServer.includes(code)) return undefined;
  const isStandard = code !== undefined && standardCodes.has(code);
  const isRefusal = isObject(fields['error']) || typeof fields['error'] === 'string';
  if (!isRefusal || (!isStandard && aboutTheRequest.includes(status))) return undefined;
  const said = isStandard ? code : `${status} in JSON`;
  switch (subjectOf(fields)) {
    case 'token':
      return { kind: 'invalid-grant', said };
    case 'application':
      return { kind: 'invalid-client', error: said, inWords: true };
    case undefined:
      return { kind: 'refused', said };
  }
}

function subjectOf(fields: Fields): 'token' | 'application' | undefined {
  for (const text of textsIn(fields)) {
    const isApplication = applicationWords.test(text);
    const isToken = tokenWords.test(text) || (!isApplication && endedWords.test(text));
    if (isToken !== isApplication) return isToken ? 'token' : 'application';
  }
  return undefined;
}

/** From what is meant for people to what is a hint for developers. */
function textsIn(fields: Fields): readonly string[] {
  const { error } = fields;
  const inner = isObject(error) ? error['message'] : error;
  return [fields['error_description'], inner, fields['message'], fields['hint']]
    .filter((text) => typeof text === 'string')
    .map((text) => text.toLowerCase());
}

const fieldNames =
  'grant[ _]type|client[ _]id|client[ _]secret|refresh[ _]token|redirect[ _]uri|device[ _]code|code|scope';
const missingPatterns = [
  new RegExp(`\\b(${fieldNames})[\`'"]? (field|parameter) is (required|missing)`),
  new RegExp(`\\b(${fieldNames})[\`'"]? is (required|missing)`),
  new RegExp(`missing (?:required )?(?:field|parameter)s?:? [\`'"]?(${fieldNames})\\b`),
  new RegExp(`check the [\`'"]?(${fieldNames})[\`'"]? parameter`),
  new RegExp(
    `(?:campo|parametro) [\`'"]?(${fieldNames})[\`'"]? (è|e'|risulta) (obbligatorio|richiesto|mancante)`,
  ),
  new RegExp(`manca (?:il )?(?:campo|parametro) [\`'"]?(${fieldNames})\\b`),
];

/** The field of our request that an answer misses, of a closed list: then it is our own fault. */
export function missingField(fields: Fields): string | undefined {
  const code = codeIn(fields);
  if (code !== undefined && code !== 'invalid_request' && standardCodes.has(code)) return undefined;
  for (const text of textsIn(fields)) {
    for (const pattern of missingPatterns) {
      const name = pattern.exec(text)?.[1];
      if (name !== undefined) return name.replaceAll(' ', '_');
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
