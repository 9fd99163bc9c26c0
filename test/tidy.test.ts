import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { measures } from './tidy/measures.ts';
import { circlesIn, filesMax, importsAmong, roomsIn, stumblesOn, ways } from './tidy/rooms.ts';
import { plainWords, rules, type Source } from './tidy/rules.ts';
import { sourcesIn } from './tidy/source-files.ts';
import { functionsOf } from './tidy/source-text.ts';

const sources = ['src', 'functions', 'infra', 'test'].flatMap(sourcesIn);

describe('the sources', () => {
  it.each(Object.entries(rules))('keep the rule %s', (_, rule) => {
    const breaches = sources.flatMap((it) => rule(it).map((text) => `${it.path} ${text}`));
    expect(breaches).toEqual([]);
  });

  it('and the pages say it plainly', () => {
    const names = readdirSync('docs', { recursive: true, encoding: 'utf8' });
    const pages = ['README.md', 'CONTRIBUTING.md', ...names.map((name) => `docs/${name}`)];
    const texts = pages
      .filter((path) => path.endsWith('.md'))
      .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
    const said = [...texts, ...sourcesIn('examples')];
    const breaches = said.flatMap((it) => plainWords(it).map((text) => `${it.path} ${text}`));
    expect(breaches).toEqual([]);
  });

  it('are all read', () => {
    expect(sources.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'src/core/secret.ts',
        'src/index.ts',
        'functions/rotator.ts',
        'infra/fresco.ts',
        'test/tidy.test.ts',
      ]),
    );
  });

  it('are all measured', () => {
    const rows = new Map(measures());
    const product = sources.filter(({ path }) => !path.startsWith('test/'));
    expect(rows.get('files of src, functions, infra')).toMatch(`${product.length}, `);
    expect(Number(rows.get("'*' as a resource in infra"))).toBeGreaterThan(0);
  });
});

const functionOf = (lines: number) => `function long() {\n${'  step();\n'.repeat(lines - 2)}}\n`;
const unfinished = `// TO${'DO'}: later`;

describe('a rule is seen to bite:', () => {
  it.each([
    ['imports', 'src/core/a.ts', "import { b } from '../aws/b.ts';"],
    ['imports', 'src/core/a.ts', "import { readFile } from 'node:fs';"],
    ['imports', 'src/core/a.ts', "const b = await import('../config.ts');"],
    ['imports', 'src/core/a.ts', "import type {\n  B,\n} from '../aws/b.ts';"],
    ['imports', 'src/aws/a.ts', "import { b } from '../local/b.ts';"],
    ['imports', 'src/aws/a.ts', "import { b } from '../config.ts';"],
    ['imports', 'src/local/a.ts', "export { b } from '../fatture-in-cloud/b.ts';\nb();"],
    [
      'imports',
      'src/sandbox/a.ts',
      "import { b } from '../fatture-in-cloud/oauth/token-endpoint.ts';",
    ],
    ['imports', 'src/console/a.ts', "import { b } from '../core/b.ts';"],
    ['imports', 'src/lambda/a.ts', "import { b } from '../cli/b.ts';"],
    ['imports', 'src/cli/a.ts', "import { b } from '../aws/b.ts';"],
    ['imports', 'src/cli/a.ts', "import '../../test/b.ts';"],
    ['imports', 'functions/a.ts', "import { b } from '../src/lambda/b.ts';"],
    ['imports', 'infra/a.ts', "import { b } from '../src/core/b.ts';"],
    ['imports', 'infra/a.ts', "import { b } from 'valibot';"],
    ['coreBans', 'src/core/a.ts', 'const a = Date.now();'],
    ['coreBans', 'src/core/a.ts', 'const a = new Date();'],
    ['coreBans', 'src/core/a.ts', 'const a = Math.random();'],
    ['coreBans', 'src/core/a.ts', 'setTimeout(a, 1);'],
    ['coreBans', 'src/core/a.ts', 'const a = process.pid;'],
    ['coreBans', 'src/core/a.ts', 'console.log(1);'],
    ['coreBans', 'src/core/a.ts', `const a = \`\${await fetch('x')}\`;`],
    ['environmentAtEdges', 'src/connection/a.ts', "const a = process.env['A'];"],
    ['oneTerminalEdge', 'src/cli/a.ts', 'process.stdout.write(a);'],
    ['oneTerminalEdge', 'functions/a.ts', 'console.log(a);'],
    ['noModuleMocks', 'test/a.test.ts', "vi.mock('./a.ts');"],
    ['noModuleMocks', 'test/a.test.ts', "jest.mock('./a.ts');"],
    ['noClassMocks', 'test/a.test.ts', `const mock = mock${'Client'}(SQSClient);`],
    ['putsAreHeard', 'src/core/a.ts', '  await pass.ports.grant.put(id, value);'],
    ['secretsThroughOneDoor', 'src/fatture-in-cloud/a.ts', 'const a = b.reveal();'],
    ['noUnfinishedWork', 'src/core/a.ts', unfinished],
    ['plainWords', 'src/core/a.ts', '/** For whoever asks. */'],
    ['plainWords', 'docs/a.md', 'Such a token is told of once.'],
    ['namesThatSaySomething', 'src/utils/a.ts', ''],
    ['namesThatSaySomething', 'test/helpers.ts', ''],
    ['noBarrels', 'src/core/a.ts', "export * from './b.ts';\nexport { c } from './c.ts';\n"],
    ['noDefaultExports', 'src/core/a.ts', 'export default function a() {}'],
    ['noDefaultExports', 'functions/a.ts', 'const a = 1;\nexport { a as default };'],
    ['sizes', 'src/core/a.ts', 'a();\n'.repeat(251)],
    ['sizes', 'infra/a.ts', functionOf(61)],
    ['docstrings', 'src/core/a.ts', 'export const a = 1;'],
    ['docstrings', 'src/config/config.ts', '// a remark\nexport interface A {}'],
    ['docstrings', 'infra/a.ts', 'export abstract class A {}'],
  ])('%s in %s: %.60s', (name, path, text) => {
    expect(broken({ path, text })).toEqual([name]);
  });

  it.each([
    ['src/core/a.ts', "import { b } from './b.ts';\nimport { createHash } from 'node:crypto';"],
    ['src/core/a.ts', '// Date.now() and the like\nconst a = "console.log";'],
    ['src/sandbox/a.ts', "import { b } from '../fatture-in-cloud/oauth/scopes.ts';"],
    ['src/console/a.ts', "import type { B } from '../core/b.ts';"],
    ['functions/a.ts', "import { b } from '../src/lambda/a.ts';"],
    [
      'infra/a.ts',
      "import { b } from '../src/config/config.ts';\nimport { c } from 'aws-cdk-lib';",
    ],
    ['src/cli/a.ts', "const a = process.env['A'];"],
    ['src/index.ts', "export * from './core/b.ts';"],
    ['src/core/a.ts', '/** What it is, such as a token. */\nexport const a = 1;'],
    ['src/core/a.ts', `/** Long. */\nexport ${functionOf(60)}`],
  ])('and to let pass, in %s: %.60s', (path, text) => {
    expect(broken({ path, text })).toEqual([]);
  });
});

describe('the lines of a function', () => {
  it.each([
    ['function a() {\n}', 'a', 2],
    ['async function a(\n  b: { c: string },\n): Promise<{ d: number }> {\n  e();\n}', 'a', 5],
    ['const a = () => {\n  b();\n};', 'an arrow function', 3],
    ['class A {\n  async b(c: () => void): Promise<void> {\n    c();\n  }\n}', 'b', 3],
    [`function a() {\n  b('}', \`}\${c ? \`{\` : '}'}\`, /[}/]}/);\n}`, 'a', 3],
  ])('of %j are counted', (text, name, lines) => {
    expect(functionsOf(text)[0]).toEqual({ name, lines });
  });
});

function broken(source: Source): string[] {
  return Object.entries(rules)
    .filter(([, rule]) => rule(source).length > 0)
    .map(([name]) => name);
}

describe('the rooms', () => {
  const product = importsAmong(sources.filter(({ path }) => /^(src|functions|infra)\//.test(path)));

  it('hold few enough files to be seen at once', () => {
    const full = roomsIn(importsAmong(sources)).filter(({ path, files }) => files > filesMax(path));
    expect(full).toEqual([]);
  });

  it('import one another in no circle, types included', () => {
    expect(circlesIn(product)).toEqual([]);
  });

  it.each(ways)('are opened in the order of $name', (way) => {
    expect(stumblesOn(way, product)).toEqual([]);
  });

  it('are seen to be too full, to go in circles and to be out of order', () => {
    const text = "import type { B } from './b.ts';";
    const circle = importsAmong([
      { path: 'src/a/a.ts', text },
      { path: 'src/a/b.ts', text: "import { c } from '../c.ts';" },
      { path: 'src/c.ts', text: "import { a } from './a/a.ts';" },
    ]);
    expect(circlesIn(circle)).toEqual([['src/a/a.ts', 'src/a/b.ts', 'src/c.ts']]);
    expect(roomsIn(circle)).toContainEqual({ path: 'src/a', files: 2, levels: 2 });
    expect(filesMax('src/a')).toBe(15);
    const files = ['src/a/a.ts', 'src/c.ts', 'src/a/b.ts', 'src/a/b.ts', 'src/d.ts'];
    expect(stumblesOn({ name: 'a way', filesMax: 4, files }, circle)).toEqual([
      'opens 5 files, at most 4',
      'no earlier file imports src/c.ts',
      'src/a/b.ts is opened twice',
      'src/d.ts is not there',
    ]);
  });
});
