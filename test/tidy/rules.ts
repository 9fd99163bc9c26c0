import { posix } from 'node:path';
import { blanked, functionsOf, importsOf } from './source-text.ts';

/** A source file: its path from the root of the repository, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** Finds what is wrong with one file, in words; nothing where the rule doesn't apply. */
export type Rule = (source: Source) => readonly string[];

type Area = string;

/** Who may import whom: the table of the architecture page. */
export const allowed: Readonly<Record<Area, readonly Area[]>> = {
  'src/core': [],
  'src/config': ['src/core'],
  'src/fatture-in-cloud': ['src/core'],
  'src/aws': ['src/core'],
  'src/local': ['src/core'],
  'src/sandbox': ['catalogue'],
  'src/console': ['src/core'],
  'src/connect': ['src/core'],
  'src/lambda': [
    'src/core',
    'src/config',
    'src/connect',
    'src/fatture-in-cloud',
    'src/aws',
    'src/local',
  ],
  'src/connection': [
    'src/core',
    'src/config',
    'src/connect',
    'src/fatture-in-cloud',
    'src/aws',
    'src/local',
  ],
  'src/library': [
    'src/core',
    'src/config',
    'src/fatture-in-cloud',
    'src/aws',
    'src/local',
    'src/connection',
  ],
  functions: ['src/core', 'src/config', 'own entrance'],
  'src/cli': ['src/core', 'src/config', 'src/connection', 'src/sandbox', 'src/console'],
  'src/index': ['src/core', 'src/config', 'src/library', 'src/connection', 'src/fatture-in-cloud'],
  infra: ['src/config'],
};

/** Packages that an area is held to; other areas are free. */
const packages: Readonly<Record<Area, RegExp>> = {
  'src/core': /^(node:crypto|valibot)$/,
  'src/config': /^$/,
  'src/connect': /^node:crypto$/,
  infra: /^(aws-cdk-lib(\/.*)?|constructs|cdk-nag|node:.*)$/,
};

const terminalEdges = [
  'src/cli/output.ts',
  'src/aws/reporting/function-log.ts',
  'src/aws/reporting/metric-line.ts',
];
const configFiles = [
  'src/config/config.ts',
  'src/config/setting.ts',
  'src/config/stack-outputs.ts',
  'src/config/metric-names.ts',
  'src/config/rotation-times.ts',
];
const catalogueFiles = [
  'src/fatture-in-cloud/oauth/scopes.ts',
  'src/fatture-in-cloud/webhooks/event-types.ts',
];

function areaOf(path: string): Area {
  if (configFiles.includes(path)) return 'src/config';
  const [top = '', second = ''] = path.split('/');
  return top === 'src' ? `src/${second.replace(/\.ts$/, '')}` : top;
}

function mayImport(source: Source, target: string, typeOnly: boolean): boolean {
  const from = areaOf(source.path);
  const to = areaOf(target);
  if (from === to) return true;
  // Its own version is in no other place.
  if (from === 'src/cli' && target === 'package.json') return true;
  if (from === 'src/console') return to === 'src/core' && typeOnly;
  const areas = allowed[from] ?? [];
  if (areas.includes('catalogue') && catalogueFiles.includes(target)) return true;
  const entrance = `src/lambda/${posix.basename(source.path)}`;
  if (areas.includes('own entrance') && target === entrance) return true;
  return areas.includes(to);
}

const isProduct = (path: string) => /^(src|functions|infra)\//.test(path);

/** Arrows between the areas, and packages where an area is held to some. */
export const imports: Rule = (source) => {
  if (!isProduct(source.path)) return [];
  return importsOf(source.text).flatMap(({ from, typeOnly }) => {
    if (!from.startsWith('.')) {
      const held = packages[areaOf(source.path)];
      return held === undefined || held.test(from) ? [] : [`imports the package ${from}`];
    }
    const target = posix.join(posix.dirname(source.path), from);
    return mayImport(source, target, typeOnly) ? [] : [`imports ${target}`];
  });
};

function bans(applies: (path: string) => boolean, banned: readonly RegExp[], why: string): Rule {
  return ({ path, text }) => {
    if (!applies(path)) return [];
    const code = blanked(text, 'code alone');
    return banned.filter((pattern) => pattern.test(code)).map((it) => `has ${it.source}: ${why}`);
  };
}

/** The core has no clock, chance, environment, console or network of its own. */
export const coreBans = bans(
  (path) => path.startsWith('src/core/'),
  [
    /\bDate\.now/,
    /\bnew Date\(\)/,
    /\bMath\.random/,
    /\bset(Timeout|Interval|Immediate)\b/,
    /\bprocess\./,
    /\bconsole\./,
    /\bfetch\(/,
  ],
  'the core asks a port',
);

/** The environment comes in at the edges and nowhere else. */
export const environmentAtEdges = bans(
  (path) => path.startsWith('src/') && !/^src\/(cli\/|index\.ts$)/.test(path),
  [/\bprocess\.env\b/],
  'edges pass the environment in',
);

/** One module writes to the terminal, and lets nothing through that commands it. */
export const oneTerminalEdge = bans(
  (path) => /^(src\/(?!core\/)|functions\/)/.test(path) && !terminalEdges.includes(path),
  [/\bprocess\.std(out|err)\.write\b/, /\bconsole\./, /\bnew Logger\b/],
  'say and print write to people, functionLog to logs',
);

/** Tests use ports and servers, and never replace a module. */
export const noModuleMocks = bans(
  (path) => path.startsWith('test/'),
  [/\bvi\s*\.\s*(mock|doMock|hoisted)\b/, /\bjest\s*\./],
  'use a port or a server',
);

/** A class that is mocked stays so for every file of the same worker; a client of one's own does not. */
export const noClassMocks = bans(
  (path) => path.startsWith('test/'),
  [/\bmockClient\(\s*[A-Z]/],
  'mock a client, not its class',
);

/** An id may hold another value: whoever makes that version current would make the wrong one so. */
export const putsAreHeard: Rule = ({ path, text }) =>
  path.startsWith('src/') &&
  /^\s*(return )?(await )?[\w.]*(grant|secret|accessToken)\.put\(/im.test(
    blanked(text, 'code alone'),
  )
    ? ["does not hear whether a version's id was taken"]
    : [];

/** A secret leaves for the network through one function, which looks where it goes. */
export const secretsThroughOneDoor = bans(
  (path) => path.startsWith('src/fatture-in-cloud/') && !path.endsWith('/reveal-to.ts'),
  [/\.reveal\(/],
  'revealTo asks for whom',
);

/** No work is left behind in a comment. */
export const noUnfinishedWork: Rule = ({ text }) =>
  [...text.matchAll(/\b(TO[D]O|FIX[M]E|XX[X])\b/g)].map((found) => `has ${found[0]}`);

const hardWords =
  /\b(whoever|anew|at will|(?:is|are|was|were|be|been|being) told|(?:comes?|came) to|such(?! as\b))\b/gi;

/** Help, messages, docs and comments say it in the words of a colleague. */
export const plainWords: Rule = ({ path, text }) =>
  isProduct(path) || /^examples\/|\.md$/.test(path)
    ? [...text.matchAll(hardWords)].map((found) => `says '${found[0]}': say it plainly`)
    : [];

/** Names that say nothing about what is inside. */
export const namesThatSaySomething: Rule = ({ path }) =>
  path
    .split('/')
    .map((part) => part.replace(/\..*$/, ''))
    .filter((part) => /^(utils?|common|shared|helpers?|misc|lib)$/.test(part))
    .map((part) => `is in or called '${part}'`);

/** A file only of re-exports hides where things live; the package's own index is the one exception. */
export const noBarrels: Rule = ({ path, text }) => {
  if (path === 'src/index.ts' || !isProduct(path)) return [];
  const code = blanked(text, 'strings');
  const rest = code.replace(/^export\s+(type\s+)?(\*|\{)[^'"]*from\s+['"][^'"]+['"];?$/gm, '');
  return rest.trim() === '' && code.trim() !== '' ? ['only exports what other files have'] : [];
};

/** A name is the same wherever it is used. */
export const noDefaultExports: Rule = ({ path, text }) =>
  /^(src|functions)\//.test(path) &&
  /^export\s+(default\b|\{[^}]*\bas default\b)/m.test(blanked(text, 'strings'))
    ? ['has a default export']
    : [];

/** Long files and long functions hold two things. */
export const sizes: Rule = ({ path, text }) => {
  if (!isProduct(path)) return [];
  const lines = text.trimEnd().split('\n').length;
  return [
    ...(lines > 250 ? [`has ${lines} lines, at most 250`] : []),
    ...functionsOf(text)
      .filter((found) => found.lines > 60)
      .map((found) => `${found.name} has ${found.lines} lines, at most 60`),
  ];
};

/** Each export says what its type cannot. */
export const docstrings: Rule = ({ path, text }) => {
  const areas = ['src/core', 'src/aws', 'src/local', 'src/fatture-in-cloud', 'src/config', 'infra'];
  if (!areas.includes(areaOf(path))) return [];
  const lines = text.split('\n');
  const seen = new Set<string>();
  return lines.flatMap((line, at) => {
    const found = exported.exec(line)?.[1];
    // The further signatures of an overloaded function go without.
    if (found === undefined || seen.has(found)) return [];
    seen.add(found);
    return lines[at - 1]?.trimEnd().endsWith('*/') ? [] : [`${found} has no docstring`];
  });
};

const exported =
  /^export (?:declare |abstract |async )*(?:function\*?|const|let|class|interface|type) (\w+)/;

/** All rules by the name under which a breach is reported. */
export const rules: Readonly<Record<string, Rule>> = {
  imports,
  coreBans,
  environmentAtEdges,
  oneTerminalEdge,
  noModuleMocks,
  noClassMocks,
  putsAreHeard,
  secretsThroughOneDoor,
  noUnfinishedWork,
  plainWords,
  namesThatSaySomething,
  noBarrels,
  noDefaultExports,
  sizes,
  docstrings,
};
