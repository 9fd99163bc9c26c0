import fc from 'fast-check';

/** What JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const known = [
  '',
  ' ',
  '\0',
  '\ufeff',
  '\ud800',
  '__proto__',
  'constructor',
  'toString',
  'a/0001invented',
  'c/0001invented',
  '-----BEGIN PUBLIC KEY-----',
  'company:0',
  '2026-02-30T25:61:61Z',
  '2026-11-23T02:00:00Z',
  '2026-10-25 02:30:00',
  'Thu, 01 Jan 1970 00:00:00 GMT',
  '9'.repeat(400),
  '-1',
  '1e999',
  'NaN',
  '//',
  '../../etc/passwd',
  'https://user:pass@[::1]:99999/',
  '%00%ff%',
  '{"v":1}',
  '[',
];

/** Texts that parsers fall over, and texts of any kind. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...known) },
  { weight: 3, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 100, 300, 9000).map((size) => 'x'.repeat(size)) },
);

const odd: Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  -0,
  1e21,
  1e308,
  2 ** 53,
  8.64e15 + 1,
  [],
  {},
  [[]],
  [null],
  { toString: 1 },
  { valueOf: null, toString: null },
  { length: -1 },
  { length: 1e9 },
  JSON.parse('{"__proto__":{"v":1}}'),
  JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`),
];

/** A value of JSON that stands where another was expected. */
export const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...odd) },
  { weight: 3, arbitrary: hostileText },
  { weight: 1, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.double() },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json> },
);

interface Change {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'add' | 'wrap';
  readonly value: Json;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace', 'replace', 'remove', 'add', 'wrap'),
  value: hostileValue,
});

/** A good value with up to `max` places of it spoilt; sometimes with none. */
export function spoilt<T extends Json>(sample: T, max = 3): fc.Arbitrary<Json> {
  return fc.array(change, { maxLength: max }).map((changes) => {
    const root = { it: structuredClone<Json>(sample) };
    for (const one of changes) apply(root, one);
    return root.it ?? null;
  });
}

interface Place {
  readonly in: Record<string, Json>;
  readonly key: string;
}

function apply(root: { it: Json }, { at, how, value: given }: Change): void {
  // A value that fast-check gives twice would otherwise end up inside itself.
  const value = structuredClone(given);
  const places = placesIn(root);
  const place = places[at % places.length];
  if (place === undefined) return;
  const { in: parent, key } = place;
  const found = parent[key] ?? null;
  if (how === 'remove') remove(parent, key);
  else if (how === 'add' && typeof found === 'object' && found !== null) {
    Object.assign(found, Array.isArray(found) ? { [found.length]: value } : { [`x${at}`]: value });
  } else parent[key] = how === 'wrap' ? [found] : value;
}

function remove(parent: Record<string, Json> | Json[], key: string): void {
  // A hole in a list is nothing that JSON could hold.
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}

/** Every place of a value; the value itself is at `it`. Not those deep in a hostile nest. */
function placesIn(root: object): Place[] {
  const places: Place[] = [];
  let level: object[] = [root];
  for (let depth = 0; depth < 8 && level.length > 0; depth += 1) {
    const next: object[] = [];
    for (const parent of level) {
      for (const [key, value] of Object.entries(parent)) {
        places.push({ in: parent as Record<string, Json>, key });
        if (typeof value === 'object' && value !== null) next.push(value);
      }
    }
    level = next;
  }
  return places;
}

const nests = ['['.repeat(20_000), `${'['.repeat(5000)}${']'.repeat(5000)}`, '{"a":'.repeat(9000)];

/** A text that should be the JSON of `sample`: spoilt in its values, cut off, overwritten, or another altogether. */
export function hostileJson(sample: Json): fc.Arbitrary<string> {
  const good = JSON.stringify(sample);
  return fc.oneof(
    { weight: 40, arbitrary: spoilt(sample).map((value) => JSON.stringify(value)) },
    { weight: 5, arbitrary: fc.nat(good.length).map((end) => good.slice(0, end)) },
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.nat(good.length), fc.nat(6), hostileText)
        .map(([at, gone, text]) => good.slice(0, at) + text + good.slice(at + gone)),
    },
    { weight: 5, arbitrary: hostileText },
    { weight: 1, arbitrary: fc.constantFrom(...nests) },
  );
}

/** Headers by name, good ones spoilt among them; a header is a text or absent. */
export function hostileHeaders(
  sample: Readonly<Record<string, string>>,
): fc.Arbitrary<Record<string, string>> {
  const names = Object.keys(sample);
  const entry = fc.tuple(fc.constantFrom(...names), fc.option(hostileText, { nil: undefined }));
  return fc.tuple(fc.array(entry, { maxLength: 3 }), fc.boolean()).map(([changes, inUpperCase]) => {
    const headers: Record<string, string> = { ...sample };
    for (const [name, value] of changes) {
      if (value === undefined) Reflect.deleteProperty(headers, name);
      else headers[name] = value;
    }
    if (!inUpperCase) return headers;
    return Object.fromEntries(Object.entries(headers).map(([n, v]) => [n.toUpperCase(), v]));
  });
}
