/** The text with comments blanked out, and strings and regular expressions too unless kept; same length. */
export function blanked(text: string, keep: 'strings' | 'code alone'): string {
  const templates: number[] = [];
  let depth = 0;
  let out = '';
  let at = 0;
  const pass = (end: number, visible: boolean) => {
    const piece = text.slice(at, end);
    out += visible ? piece : piece.replace(/[^\n]/g, ' ');
    at = end;
  };
  while (at < text.length) {
    const char = text[at] ?? '';
    if (text.startsWith('//', at)) pass(endOf(text, '\n', at), false);
    else if (text.startsWith('/*', at)) pass(endOf(text, '*/', at) + 2, false);
    else if (char === "'" || char === '"') pass(stringEnd(text, at, char), keep === 'strings');
    else if (char === '/' && startsRegExp(out)) pass(regExpEnd(text, at), keep === 'strings');
    else if (char === '`' || (char === '}' && templates.at(-1) === depth)) {
      if (char === '}') templates.pop();
      pass(templateEnd(text, at + 1), keep === 'strings');
      if (text.startsWith('${', at - 2)) templates.push(depth);
    } else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      pass(at + 1, true);
    }
  }
  return out;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}

function stringEnd(text: string, from: number, quote: string): number {
  let at = from + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') {
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

/** After the closing backtick, or after the next `${`. */
function templateEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    if (text[at] === '`') return at + 1;
    if (text.startsWith('${', at)) return at + 2;
    at += text[at] === '\\' ? 2 : 1;
  }
  return at;
}

function startsRegExp(before: string): boolean {
  return /(^|[(,=:[!&|?{};>]|\breturn)\s*$/.test(before);
}

function regExpEnd(text: string, from: number): number {
  let at = from + 1;
  let inClass = false;
  while (at < text.length && (text[at] !== '/' || inClass) && text[at] !== '\n') {
    if (text[at] === '[') inClass = true;
    if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

/** Functions and methods with the number of lines from their first to their closing brace. */
export function functionsOf(text: string): { name: string; lines: number }[] {
  const code = blanked(text, 'code alone');
  const heads =
    /\bfunction\s*\*?\s*(?<name>\w*)|^ {2}(?:(?:async|static|override|get|set) )*(?<method>#?\w+)(?:<[^>\n]*>)?(?=\([^;]*$)|(?<arrow>=>)\s*(?=\{)/gm;
  return [...code.matchAll(heads)].flatMap((head) => {
    const start = head.index;
    const after = start + head[0].length;
    const open = head.groups?.['arrow'] ? code.indexOf('{', after) : bodyStart(code, after);
    if (open === undefined) return [];
    const close = closing(code, open, '{', '}');
    const name = head.groups?.['name'] || head.groups?.['method'] || 'an arrow function';
    return [{ name, lines: code.slice(start, close).split('\n').length }];
  });
}

function bodyStart(code: string, from: number): number | undefined {
  const parameters = code.indexOf('(', from);
  if (parameters < 0) return undefined;
  const rest = code.slice(closing(code, parameters, '(', ')') + 1);
  const body = /^[^;]*?\{(?=[ \t]*(\n|.*\}[ \t]*$))/m.exec(rest);
  return body ? code.length - rest.length + body[0].length - 1 : undefined;
}

function closing(code: string, from: number, open: string, close: string): number {
  let depth = 0;
  for (let at = from; at < code.length; at += 1) {
    if (code[at] === open) depth += 1;
    if (code[at] === close) depth -= 1;
    if (depth === 0) return at;
  }
  return code.length;
}

/** What a file imports or exports from elsewhere; `typeOnly` where nothing is left of it at run time. */
export function importsOf(text: string): { from: string; typeOnly: boolean }[] {
  const code = blanked(text, 'strings');
  const statements =
    /^\s*(?:import|export)\s+(?<type>type\s)?[^'"`;]*?from\s+['"](?<named>[^'"]+)['"]|^\s*import\s+['"](?<bare>[^'"]+)['"]|\bimport\(\s*['"`](?<lazy>[^'"`]+)['"`]/gm;
  return [...code.matchAll(statements)].map((statement) => {
    const groups = statement.groups ?? {};
    const from = groups['named'] ?? groups['bare'] ?? groups['lazy'] ?? '';
    return { from, typeOnly: groups['type'] !== undefined };
  });
}
