// What follows is linear in the text: it comes from outside, and may be made to take long.
const textMax = 4096;
const hidden = '[secret]';

/** A token of the provider's, and a signed one; paths such as `/c/108061/…` are none. */
const token = /(?<![\w/.])[acdr]\/[\w.~+/=-]{8}|eyJ[\w-]{5}/;
const word = /[^\s"'`<>{}()[\],=?]+/g;
const named =
  /(client_?secret|(?:access|refresh|id)_?token|device_?code|code_?verifier|SecretString|password)(["'\\]*\s?(?:[:=]|%3[ad])\s?["'\\]*)[^\s"'&,}\\]+/gi;
const scheme = /\b(Basic|Bearer) [^\s"'<>,]{16,}/gi;

/**
 * A text that may repeat what was sent, without the secrets in it: tokens as they are, or as JSON, URL, HTML
 * and base64 write them, and what stands behind a secret's name. At most 4,096 characters are kept.
 */
export function masked(text: string): string {
  return whole(text)
    .replace(named, `$1$2${hidden}`)
    .replace(scheme, `$1 ${hidden}`)
    .replace(word, (found) => (holdsToken(found) ? hidden : found));
}

/** The text, or its beginning to the end of a word: the beginning of a token may look like none. */
function whole(text: string): string {
  if (text.length <= textMax) return text;
  const end = text.lastIndexOf(' ', textMax);
  return `${text.slice(0, Math.max(end, 0))} …`;
}

function holdsToken(found: string): boolean {
  const plain = unescaped(unescaped(found));
  if (token.test(found) || token.test(plain)) return true;
  const runs = plain.match(/[\w+/-]{12,}/g) ?? [];
  // The token may begin anywhere in what was encoded.
  return runs.some((run) =>
    [0, 1, 2, 3].some((from) =>
      token.test(unescaped(Buffer.from(run.slice(from), 'base64').toString('latin1'))),
    ),
  );
}

const entities: Readonly<Record<string, string>> = { sol: '/', amp: '&', quot: '"', bsol: '\\' };

/** What JSON, URLs and HTML escape, as it was. */
function unescaped(text: string): string {
  return text
    .replace(/%([\da-f]{2})/gi, (_, hex: string) => character(hex, 16))
    .replace(/\\u([\da-f]{4})/gi, (_, hex: string) => character(hex, 16))
    .replace(/\\(.)/g, '$1')
    .replace(/&#x([\da-f]{1,6});?/gi, (_, hex: string) => character(hex, 16))
    .replace(/&#(\d{1,7});?/g, (_, digits: string) => character(digits, 10))
    .replace(/&(sol|amp|quot|bsol);?/gi, (_, name: string) => entities[name.toLowerCase()] ?? '');
}

function character(digits: string, radix: number): string {
  const code = Number.parseInt(digits, radix);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
