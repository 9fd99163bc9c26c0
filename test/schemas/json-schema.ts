/** What of JSON Schema (2020-12) our schemas use; a keyword that is not known here is an error. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

type Check = (value: unknown, wanted: never, schema: Schema, context: Context) => readonly string[];

interface Context {
  readonly root: Schema;
  readonly at: string;
}

/** What is wrong with a value, one line for each breach; nothing if it keeps the schema. */
export function breachesOf(schema: Schema, value: unknown): readonly string[] {
  return validate(schema, value, { root: schema, at: '$' });
}

function validate(schema: Schema, value: unknown, context: Context): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    if (annotations.includes(keyword)) return [];
    const check = checks[keyword];
    if (check === undefined)
      throw new Error(`the schema uses ${keyword}, which is not checked here`);
    return check(value, wanted as never, schema, context);
  });
}

const annotations = ['$schema', '$id', '$defs', 'title', 'description'];

const checks: Readonly<Record<string, Check>> = {
  $ref: (value, ref: string, _, context) => validate(defined(context.root, ref), value, context),
  const: (value, wanted: unknown, _, { at }) =>
    breachIf(value !== wanted, `${at} is not ${wanted}`),
  enum: (value, wanted: readonly unknown[], _, { at }) =>
    breachIf(!wanted.includes(value), `${at} is not one of ${wanted}`),
  type: (value, wanted: string | readonly string[], _, { at }) =>
    breachIf(![wanted].flat().includes(typeOf(value, [wanted].flat())), `${at} is not ${wanted}`),
  minLength: (value, min: number, _, { at }) =>
    breachIf(typeof value === 'string' && value.length < min, `${at} is too short`),
  maxLength: (value, max: number, _, { at }) =>
    breachIf(typeof value === 'string' && value.length > max, `${at} is too long`),
  pattern: (value, pattern: string, _, { at }) =>
    breachIf(
      typeof value === 'string' && !new RegExp(pattern).test(value),
      `${at} is not ${pattern}`,
    ),
  format: (value, format: string, _, { at }) =>
    breachIf(typeof value === 'string' && !formats[format]?.test(value), `${at} is no ${format}`),
  minimum: (value, min: number, _, { at }) =>
    breachIf(typeof value === 'number' && value < min, `${at} is below ${min}`),
  required: (value, names: readonly string[], _, { at }) =>
    isObject(value)
      ? names.filter((it) => !(it in value)).map((it) => `${at}.${it} is missing`)
      : [],
  properties: (value, properties: Readonly<Record<string, Schema>>, _, context) =>
    isObject(value)
      ? Object.entries(properties).flatMap(([name, schema]) =>
          name in value ? validate(schema, value[name], inside(context, name)) : [],
        )
      : [],
  additionalProperties: (value, wanted: Schema, schema, context) =>
    isObject(value)
      ? Object.keys(value)
          .filter((name) => !(name in Object(schema['properties'])))
          .flatMap((name) => validate(wanted, value[name], inside(context, name)))
      : [],
  minItems: (value, min: number, _, { at }) =>
    breachIf(Array.isArray(value) && value.length < min, `${at} has fewer than ${min} items`),
  maxItems: (value, max: number, _, { at }) =>
    breachIf(Array.isArray(value) && value.length > max, `${at} has more than ${max} items`),
  items: (value, wanted: Schema, _, context) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => validate(wanted, item, inside(context, String(index))))
      : [],
  oneOf: (value, options: readonly Schema[], _, context) => {
    const breaches = options.map((option) => validate(option, value, context));
    const kept = breaches.filter((found) => found.length === 0).length;
    if (kept === 1) return [];
    return [
      `${context.at} keeps ${kept} of ${options.length} options, not one`,
      ...(breaches.sort((a, b) => a.length - b.length)[0] ?? []),
    ];
  },
};

const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
};

function defined(root: Schema, ref: string): Schema {
  const name = ref.replace('#/$defs/', '');
  const found = (root['$defs'] as Readonly<Record<string, Schema>>)[name];
  if (found === undefined) throw new Error(`the schema has no ${ref}`);
  return found;
}

function typeOf(value: unknown, wanted: readonly string[]): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) && wanted.includes('integer') ? 'integer' : typeof value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function inside(context: Context, name: string): Context {
  return { ...context, at: `${context.at}.${name}` };
}

function breachIf(broken: boolean, text: string): readonly string[] {
  return broken ? [text] : [];
}
