import { isSafeUrl, shownUrl } from '../core/origin.ts';
import { Secret } from '../core/secret.ts';

/** One variable: how it is read (a `Problem` says what it must be) and how it is written. */
export interface Setting<T> {
  readonly variable: string;
  read(text: string | undefined): T | Problem;
  write(value: T): string | undefined;
}

/** Why a text is not accepted: what the variable must be, and what it is unless that is secret. */
export class Problem {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A variable that must be set, to what `parse` understands. */
export function required<T>(
  variable: string,
  wanted: string,
  parse: (text: string) => T | undefined,
  write: (value: T) => string = String,
  shown: (text: string) => string = String,
): Setting<T> {
  return {
    variable,
    read: (text) =>
      text === undefined
        ? new Problem(`must be ${wanted}, but is not set`)
        : (parse(text) ?? new Problem(`must be ${wanted}, got '${shown(text)}'`)),
    write,
  };
}

/** The same variable with a value for where it is not set. */
export function withDefault<T>(setting: Setting<T>, value: T): Setting<T> {
  return {
    ...setting,
    read: (text) => (text === undefined ? value : setting.read(text)),
  };
}

/** The same variable, or none. */
export function optional<T>(setting: Setting<T>): Setting<T | undefined> {
  return {
    variable: setting.variable,
    read: (text) => (text === undefined ? undefined : setting.read(text)),
    write: (value) => (value === undefined ? undefined : setting.write(value)),
  };
}

/** A text of a given pattern. */
export function matching(variable: string, wanted: string, pattern: RegExp): Setting<string> {
  return required(variable, wanted, (text) => (pattern.test(text) ? text : undefined));
}

/** A URL of a given pattern. */
export function url(
  variable: string,
  wanted: string,
  pattern: RegExp,
  isUsable: (text: string) => boolean = URL.canParse,
): Setting<string> {
  const parse = (text: string) => (pattern.test(text) && isUsable(text) ? text : undefined);
  return required(variable, wanted, parse, String, shownUrl);
}

/** The base URL of a provider, to which tokens and credentials go. */
export function baseUrl(variable: string): Setting<string> {
  const wanted =
    'an https URL (http on this machine alone) without credentials, query or fragment and with no slash at its end';
  return url(variable, wanted, /^[^?\s]*[^/?\s]$/, isSafeUrl);
}

/** Any text, without the line break that a file ends in; what has quotes around it was pasted with them. */
export function bareText(variable: string): Setting<string> {
  return required(variable, 'a text without quotes around it', (text) => {
    const bare = text.trim();
    return bare === '' || /^(["'`]).*\1$/s.test(bare) ? undefined : bare;
  });
}

/** The same, and it never appears in a message. */
export function secret(variable: string): Setting<Secret> {
  const { read } = bareText(variable);
  return {
    variable,
    read: (text) => {
      const bare = read(text);
      if (typeof bare === 'string') return new Secret(bare);
      return text === undefined ? bare : new Problem('must be a text without quotes around it');
    },
    write: (value) => value.reveal(),
  };
}

/** A length of time: seconds in the environment, milliseconds in the program. */
export function seconds(variable: string): Setting<number> {
  return required(
    variable,
    'a whole number of seconds above 0',
    (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) * 1000 : undefined),
    (ms) => String(ms / 1000),
  );
}

/** One of a few words. */
export function oneOf<const T extends string>(variable: string, values: readonly T[]): Setting<T> {
  const wanted = values.map((value) => `'${value}'`).join(' or ');
  return required(variable, wanted, (text) => values.find((value) => value === text));
}

/** Texts of one pattern in one variable. */
export function list(
  variable: string,
  wanted: string,
  separator: RegExp,
  pattern: RegExp,
  joint: string,
): Setting<readonly string[]> {
  return required(
    variable,
    wanted,
    (text) => {
      const entries = text.split(separator).map((entry) => entry.trim());
      return entries.every((entry) => pattern.test(entry)) ? entries : undefined;
    },
    (values) => values.join(joint),
  );
}
