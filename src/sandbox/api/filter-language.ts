/** Whether one entity passes a filter. */
export type Filter = (entity: Readonly<Record<string, unknown>>) => boolean;

/** What a `q` parameter turned out to be. */
export type ParsedFilter =
  | { readonly kind: 'filter'; readonly filter: Filter }
  | { readonly kind: 'invalid'; readonly why: string };

type Value = string | number | boolean | null;

const textMax = 2_000;
const lexeme =
  /\s*(?:(?<text>'(?:[^']|'')*')|(?<number>\d+(?:\.\d+)?)|(?<operator>>=|<=|<>|!=|[=<>()])|(?<word>[A-Za-z_.]+))/y;

/**
 * Reads the provider's filter language: comparisons, patterns, null checks, `and`, `or`, parentheses.
 * Keywords are all in lower or all in upper case; only the fields named may be asked for.
 */
export function parseFilter(text: string, fields: readonly string[]): ParsedFilter {
  if (text.length > textMax) return { kind: 'invalid', why: `longer than ${textMax} characters` };
  try {
    const parser = new Parser(tokenize(text), fields);
    return { kind: 'filter', filter: parser.whole() };
  } catch (error) {
    if (error instanceof FilterError) return { kind: 'invalid', why: error.message };
    throw error;
  }
}

/** The value at a dotted path such as `entity.name`. */
export function valueAt(entity: Readonly<Record<string, unknown>>, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => {
    const isObject = typeof value === 'object' && value !== null;
    return isObject ? (value as Record<string, unknown>)[name] : undefined;
  }, entity);
}

/** Orders two values of a field as the API sorts: nothing first, numbers by size, text by alphabet. */
export function compareValues(left: unknown, right: unknown): number {
  const [a, b] = [left ?? null, right ?? null];
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [textA, textB] = [String(a).toLowerCase(), String(b).toLowerCase()];
  if (textA === textB) return 0;
  return textA < textB ? -1 : 1;
}

class FilterError extends Error {}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  lexeme.lastIndex = 0;
  const end = text.trimEnd().length;
  while (lexeme.lastIndex < end) {
    const startsAt = lexeme.lastIndex;
    const match = lexeme.exec(text);
    if (match === null) throw new FilterError(`unreadable at character ${startsAt + 1}`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

/** Recursive descent; `and` binds tighter than `or`. */
class Parser {
  readonly #tokens: readonly string[];
  readonly #fields: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[], fields: readonly string[]) {
    this.#tokens = tokens;
    this.#fields = fields;
  }

  whole(): Filter {
    const filter = this.#either();
    const rest = this.#peek();
    if (rest !== undefined) throw new FilterError(`unexpected ${rest}`);
    return filter;
  }

  #either(): Filter {
    const parts = [this.#both()];
    while (this.#skip('or')) parts.push(this.#both());
    return (entity) => parts.some((part) => part(entity));
  }

  #both(): Filter {
    const parts = [this.#single()];
    while (this.#skip('and')) parts.push(this.#single());
    return (entity) => parts.every((part) => part(entity));
  }

  #single(): Filter {
    if (!this.#skip('(')) return this.#condition();
    const inner = this.#either();
    if (!this.#skip(')')) throw new FilterError('a parenthesis is not closed');
    return inner;
  }

  #condition(): Filter {
    const field = this.#next();
    if (!this.#fields.includes(field)) throw new FilterError(`unknown field ${field}`);
    const test = this.#test();
    return (entity) => test(valueAt(entity, field) ?? null);
  }

  #test(): (value: unknown) => boolean {
    if (this.#skip('is')) {
      const isNot = this.#skip('not');
      if (!this.#skip('null')) throw new FilterError('null expected after is');
      return (value) => (value === null) !== isNot;
    }
    const isNot = this.#skip('not');
    for (const [words, matches] of patterns) {
      if (!words.every((word) => this.#skip(word))) continue;
      const wanted = String(this.#value()).toLowerCase();
      return (value) => matches(String(value ?? '').toLowerCase(), wanted) !== isNot;
    }
    const compare = comparisons.get(isNot ? '' : this.#next());
    if (compare === undefined) throw new FilterError('unknown operator');
    const wanted = this.#value();
    return (value) => compare(value, wanted);
  }

  #value(): Value {
    const token = this.#next();
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (/^\d/.test(token)) return Number(token);
    const literal = literals.get(token.toLowerCase());
    if (literal === undefined) throw new FilterError(`a value was expected, not ${token}`);
    return literal;
  }

  #next(): string {
    const token = this.#peek();
    if (token === undefined) throw new FilterError('it ends too early');
    this.#at += 1;
    return token;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #skip(word: string): boolean {
    const token = this.#peek();
    const isIt = token === word || token === word.toUpperCase();
    if (isIt) this.#at += 1;
    return isIt;
  }
}

const literals: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

const patterns: readonly [readonly string[], (value: string, wanted: string) => boolean][] = [
  [['like'], (value, wanted) => likePattern(wanted).test(value)],
  [['contains'], (value, wanted) => value.includes(wanted)],
  [['starts', 'with'], (value, wanted) => value.startsWith(wanted)],
  [['ends', 'with'], (value, wanted) => value.endsWith(wanted)],
];

const isSame = (value: unknown, wanted: Value) => compareValues(value, wanted) === 0;
const comparisons: ReadonlyMap<string, (value: unknown, wanted: Value) => boolean> = new Map([
  ['=', isSame],
  ['<>', (value, wanted) => !isSame(value, wanted)],
  ['!=', (value, wanted) => !isSame(value, wanted)],
  ['>', (value, wanted) => value !== null && compareValues(value, wanted) > 0],
  ['>=', (value, wanted) => value !== null && compareValues(value, wanted) >= 0],
  ['<', (value, wanted) => value !== null && compareValues(value, wanted) < 0],
  ['<=', (value, wanted) => value !== null && compareValues(value, wanted) <= 0],
]);

function likePattern(wanted: string): RegExp {
  const escaped = wanted.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll(/%+/g, '.*').replaceAll('_', '.')}$`, 's');
}
