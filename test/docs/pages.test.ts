import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { emptyJournal } from '../../src/core/journal/journal.ts';
import { decodeAccessToken } from '../../src/core/records/access-token.ts';
import { decodeClient } from '../../src/core/records/client.ts';
import { decodeGrant } from '../../src/core/records/grant.ts';
import { Secret } from '../../src/core/secret.ts';
import { ways } from '../tidy/rooms.ts';
import { allowed } from '../tidy/rules.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs];

/** Anchors of a page: its headings as GitHub names them, and those that it sets itself. */
function anchorsOf(text: string): readonly string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)"/g)].map(([, id = '']) => id)];
}

describe('the pages', () => {
  it.each(pages)('%s leads to files and headings that there are', (page) => {
    const text = read(page).replace(/^```[\s\S]*?^```$/gm, '');
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    for (const link of links) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : relative(root, join(root, dirname(page), path));
      expect([link, existsSync(join(root, target))]).toEqual([link, true]);
      if (anchor !== undefined) expect(anchorsOf(read(target))).toContain(anchor);
    }
    // A decision and a change name what there was then.
    if (/^CHANGELOG|adr\//.test(page)) return;
    const named = text.matchAll(
      /`((?:test|src|infra|bench|functions|examples|schemas)\/[\w./-]+\.\w+)/g,
    );
    expect(
      [...named].map(([, path = '']) => path).filter((path) => !existsSync(join(root, path))),
    ).toEqual([]);
  });

  it('are each one click from the README', () => {
    const readme = read('README.md');
    const ofDocs = inDocs.filter(
      (page) => !page.startsWith('docs/adr/') && page !== 'docs/rubric.md',
    );
    for (const page of ofDocs) expect(readme).toContain(`(${page}`);
  });

  it('have decisions of ten lines or so, each with a number of its own', () => {
    const names = readdirSync(join(root, 'docs/adr')).sort();
    const numbers = names.map((name) => Number(name.slice(0, 4)));
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const name of names) {
      expect([name, read(`docs/adr/${name}`).split('\n').length <= 20]).toEqual([name, true]);
    }
  });
});

describe('every line that can be typed', () => {
  const works =
    /\bfresco (login|token|exec|serve|rotate|status|history|doctor|recover|probe|pause|resume|logout|sync|webhooks \w+)\b/;
  const isFor = (name: 'store' | 'connection') =>
    new RegExp(`--${name} |FRESCO_${name.toUpperCase()}=|--sandbox|--store sandbox`);
  const fenced = (page: string) =>
    [...read(page).matchAll(/^```.*\n([\s\S]*?)^```$/gm)].flatMap(([, text = '']) =>
      text.split('\n'),
    );
  const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(py|ts|sh|md|service|timer|crontab)$/.test(name))
    .filter((name) => !name.includes('node_modules'))
    .flatMap((name) => read(`examples/${name}`).split('\n'));

  it.each([
    ...pages.filter((page) => page !== 'CHANGELOG.md').map((page) => [page, fenced(page)] as const),
    ['examples', examples] as const,
  ])('in %s names the store and the connection that it works on', (_, lines) => {
    // In a help only examples are lines to type, and elsewhere not what a command prints.
    const hasHelp = lines.some((line) => line.startsWith('Usage: '));
    const isTyped = (line: string) => (hasHelp ? /^ {2}\$/.test(line) : !/^schedule/.test(line));
    const typed = lines.filter((line) => works.test(line) && isTyped(line));
    expect(typed.filter((line) => !isFor('store').test(line))).toEqual([]);
    expect(typed.filter((line) => !isFor('connection').test(line))).toEqual([]);
  });
});

describe('the page on architecture', () => {
  const page = read('docs/architecture.md');

  it.each(ways)('walks through $name in the order of the code', ({ name, files }) => {
    const [, section = ''] = page.split(`\n### ${name}\n`);
    const [steps = ''] = section.split(/^##/m);
    const opened = [...steps.matchAll(/^\d+\. \[`(.*)`\]\(\.\.\/(.*?)\)/gm)];
    expect(opened.map(([, , path]) => path)).toEqual(files);
    expect(opened.map(([, shown]) => shown)).toEqual(files);
  });

  it.each(Object.entries(allowed))('says what %s may import', (from, areas) => {
    const [, cell = ''] = new RegExp(`^\\| \`${from}\` \\| (.*) \\|$`, 'm').exec(page) ?? [];
    expect(cell).not.toBe('');
    for (const area of areas.filter((it) => it.startsWith('src/'))) {
      expect(cell).toContain(`\`${area.slice(4)}\``);
    }
  });
});

describe('the page on storage', () => {
  const storage = read('docs/storage.md');

  it('shows secrets that can be read', () => {
    const example = (name: string) => {
      const [, json = ''] =
        new RegExp(`^### \`fresco/default/${name}\`\\n\\n\`(.*)\`$`, 'm').exec(storage) ?? [];
      return new Secret(json);
    };
    expect(decodeClient(example('client')).redirectUri).toBe('http://localhost:8787/callback');
    expect(decodeGrant(example('grant'))).toMatchObject({ generation: 7, attempt: 9 });
    expect(decodeAccessToken(example('access-token')).companies).toHaveLength(1);
  });

  it('names every field of the journal', () => {
    for (const field of Object.keys(emptyJournal)) expect(storage).toContain(`\`${field}\``);
  });

  it('names every kind of item in the table', () => {
    const sources = readdirSync(join(root, 'src/aws/dynamodb')).map((name) =>
      read(`src/aws/dynamodb/${name}`),
    );
    const kinds = new Set(sources.join('').match(/(?<=pk(?: =|:) `)\w+#/g));
    expect(kinds.size).toBeGreaterThanOrEqual(6);
    for (const kind of kinds) expect(storage).toContain(`| \`${kind}`);
  });
});

it.each([
  ['security', '## Promises', 50],
  ['storage', '## What AWS refuses', 18],
])('each row of the page on %s names tests that there are', (page, from, rowsMin) => {
  const text = read(`docs/${page}.md`);
  const section = text.slice(text.indexOf(from)).split('\n## ', 1).join();
  const rows = [...section.matchAll(/^\| (?!-)(.*) \| (.*test.*) \|$/gm)].slice(1);
  expect(rows.length).toBeGreaterThanOrEqual(rowsMin);
  for (const [, promise, tests = ''] of rows) {
    const named = [...tests.matchAll(/`(test\/[\w./-]+)`(?:: (\*[^|`]*\*))?/g)];
    expect([promise, named.length > 0]).toEqual([promise, true]);
    for (const [, path = '', names = ''] of named) {
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
      for (const name of names.slice(1, -1).split('*, *').filter(Boolean)) {
        expect([name, isTestIn(read(path), name)]).toEqual([name, true]);
      }
    }
  }
});

/** Whether a test has that name, or a group and a test in it have it between them. */
function isTestIn(text: string, name: string): boolean {
  if (text.includes(`'${name}`)) return true;
  const words = name.split(' ');
  return words.some((_, at) => {
    const [group, test] = [words.slice(0, at).join(' '), words.slice(at).join(' ')];
    return text.includes(`describe('${group}'`) && text.includes(`'${test}`);
  });
}
