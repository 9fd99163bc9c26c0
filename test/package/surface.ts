import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What users and their programs rely on: by what has them, names with commas between. */
export type Surface = Readonly<Record<string, string>>;

/** Who runs commands over a file store. */
interface Workspace {
  readonly storePath: string;
  run(args: readonly string[]): Promise<{ readonly stdout: string }>;
}

type Name = readonly [owner: string, name: string];

const printing = [
  ...['status', 'token', 'rotate --dry-run', 'rotate', 'rotate --if-due', 'webhooks list'],
  ...['sync --dry-run', 'sync', 'doctor', 'pause', 'resume', 'recover', 'history'],
];

/** The surface of the checkout at `root`, whose package is built, with somebody logged in. */
export async function surfaceOf(root: string, workspace: Workspace): Promise<Surface> {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const printed: Name[] = [];
  for (const command of printing) {
    const { stdout } = await workspace.run([...command.split(' '), '--json']);
    const [name = ''] = command.split(' --');
    printed.push(...valuesIn(stdout).flatMap((value) => fieldsOf(value, `${name} --json`)));
  }
  const index = await import(join(root, 'dist/index.js'));
  const cdk = await import(join(root, 'dist/cdk.js'));
  const areas = ['src', 'functions', 'infra'].flatMap((area) => filesIn(root, area, '.ts'));
  const sources = areas.map(read).join('\n');
  const variables = sources.match(/\b(FRESCO|FATTUREINCLOUD)_[A-Z_]+\b/g) ?? [];
  return grouped([
    ...Object.keys(index).map((name) => ['fic-fresco', name] as const),
    ...Object.keys(cdk).map((name) => ['fic-fresco/cdk', name] as const),
    ...typesIn(read('src/index.ts'), (path) => read(`src/${path}`)),
    ...fieldsOfType('FrescoProps', sources),
    ...commandsIn(read('docs/cli.md')),
    ...printed,
    ...filesIn(root, 'schemas', '.json').flatMap((path) =>
      describedIn(JSON.parse(read(path)), path),
    ),
    ...recordsIn(workspace.storePath),
    ...variables.map((name) => ['environment', name] as const),
  ]);
}

function grouped(names: readonly Name[]): Surface {
  const owners = [...new Set(names.map(([owner]) => owner))].sort();
  const of = (owner: string) => names.flatMap(([its, name]) => (its === owner ? [name] : []));
  return Object.fromEntries(
    owners.map((owner) => [owner, [...new Set(of(owner))].sort().join(', ')]),
  );
}

function filesIn(root: string, folder: string, ending: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

/** The paths of all fields, whatever is in them. */
function fieldsOf(value: unknown, owner: string, path = ''): Name[] {
  if (Array.isArray(value)) return value.flatMap((item) => fieldsOf(item, owner, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => [
    [owner, `${path}.${key}`],
    ...fieldsOf(below, owner, `${path}.${key}`),
  ]);
}

/** One value, or one on each line. */
function valuesIn(stdout: string): unknown[] {
  try {
    return [JSON.parse(stdout)];
  } catch {
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
}

/** The fields that a schema describes, and the values that one of them may have. */
function describedIn(schema: unknown, owner: string, path = ''): Name[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, below]): Name[] => {
    if (key === 'const') return [[owner, `${path}=${below}`]];
    if (key === 'enum') return below.map((value: unknown) => [owner, `${path}=${value}`]);
    const isField = key === 'properties' || key === '$defs';
    if (!isField) return describedIn(below, owner, path);
    return Object.entries(below).flatMap(([name, its]) => [
      [owner, `${path}.${name}`],
      ...describedIn(its, owner, `${path}.${name}`),
    ]);
  });
}

/** Exported types, with the fields of those that are written out in the file that the index names. */
function typesIn(index: string, fileAt: (path: string) => string): Name[] {
  const lists = [...index.matchAll(/export (?:type )?\{([^}]*)\} from '\.\/([^']*)'/g)];
  return lists.flatMap(([, list = '', path = '']) =>
    [...list.matchAll(/(\w+)(?: as (\w+))?(?=\s*(?:,|$))/g)].flatMap(([, name = '', as = name]) =>
      fieldsOfType(name, fileAt(path), as),
    ),
  );
}

function fieldsOfType(name: string, text: string, as = name): Name[] {
  const pattern = `^export (?:interface|type) ${name}\\b[^{;]*\\{\\n([\\s\\S]*?)^\\}`;
  const [, body = ''] = new RegExp(pattern, 'm').exec(text) ?? [];
  const fields = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)];
  return [['types', as], ...fields.map(([, field = '']): Name => [`type ${as}`, field])];
}

/** Options and arguments of each command, from its help. */
function commandsIn(reference: string): Name[] {
  const [, ...parts] = reference.split(/^## (?=fresco)/m);
  return parts.flatMap((part) => {
    const [command = ''] = part.split('\n');
    const found = [...part.matchAll(/^ {2}(?:-\w, )?(--[\w-]+|\w+(?= {2}))/gm)];
    return found.map(([, name = '']): Name => [command, name]);
  });
}

/** What lies in a file store, its secrets opened. */
function recordsIn(storePath: string): Name[] {
  return filesIn(storePath, '', '.json').flatMap((file) => {
    const stored = JSON.parse(readFileSync(join(storePath, file), 'utf8'));
    const versions = (stored.versions ?? []) as readonly { readonly value: string }[];
    return [
      ...fieldsOf(stored, file),
      ...versions.flatMap(({ value }) => fieldsOf(JSON.parse(value), file, '.versions[].value')),
    ];
  });
}
