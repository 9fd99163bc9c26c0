import { createHash } from 'node:crypto';
import { escapedHtml } from '../core/text/html.ts';
import { beginAgain, type Language, opening, type PageName, words } from './words.ts';

/** What a page shows beside its words. */
export interface PageDetails {
  /** Where its form goes, with a ticket to carry along. */
  readonly form?: { readonly action: string; readonly ticket?: string };
  /** The name of the account to log in with. */
  readonly expects?: string;
  /** The address of the page that opens, where beginning again needs no ticket. */
  readonly opens?: string;
}

const style = `
:root { color-scheme: light dark; --ground: #f3f6f4; --card: #ffffff; --ink: #17241f; --soft: #55655e;
  --line: #dbe4df; --leaf: #0b6b50; --on-leaf: #ffffff; --leaf-ground: #e2f2eb; --rust: #9a3412;
  --rust-ground: #fbe8dc; }
@media (prefers-color-scheme: dark) { :root { --ground: #101614; --card: #19211e; --ink: #e7efea;
  --soft: #a6b6ae; --line: #2e3a35; --leaf: #66d6ae; --on-leaf: #06251b; --leaf-ground: #17382d;
  --rust: #f5b190; --rust-ground: #432417; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--ground); color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 34rem; background: var(--card); border: 1px solid var(--line);
  border-top: .375rem solid var(--line); border-radius: 1rem; padding: clamp(1.25rem, 6vw, 2.5rem);
  overflow-wrap: anywhere; }
main.good { border-top-color: var(--leaf); } main.bad { border-top-color: var(--rust); }
h1 { margin: 0 0 .75rem; font-size: 1.625rem; line-height: 1.2; text-wrap: balance; }
p { margin: 0 0 1rem; text-wrap: pretty; } main > :last-child { margin-bottom: 0; }
ol { margin: 0 0 1.25rem; padding-left: 1.5rem; } li { margin-bottom: .375rem; padding-left: .25rem; }
.account { padding: .875rem 1rem; border-radius: .625rem; background: var(--leaf-ground); }
.bad .account { background: var(--rust-ground); }
.account strong { display: block; font-size: 1.1875rem; }
button, .again { display: block; width: 100%; padding: .875rem 1rem; border: 2px solid var(--leaf);
  border-radius: .625rem; font: inherit; font-weight: 600; text-align: center; text-wrap: balance; text-decoration: none;
  background: var(--leaf); color: var(--on-leaf); cursor: pointer; }
.again { background: transparent; color: var(--leaf); }
:focus-visible { outline: 3px solid var(--leaf); outline-offset: 3px; }
.small { margin-top: 1.25rem; color: var(--soft); font-size: .9375rem; }
`;

const styleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

type Kind = readonly [status: number, tone: 'good' | 'plain' | 'bad', more?: 'again'];

/** Never a 5xx: on an API that takes webhooks too, an alarm says of each that a notification was not kept. */
const kinds: Readonly<Record<PageName, Kind>> = {
  open: [200, 'plain'],
  connected: [200, 'good'],
  'nothing-to-do': [200, 'plain'],
  closed: [410, 'bad'],
  'other-account': [409, 'bad', 'again'],
  expired: [410, 'bad', 'again'],
  'not-this-browser': [403, 'bad', 'again'],
  'already-used': [409, 'plain', 'again'],
  'too-late': [409, 'plain'],
  declined: [200, 'plain', 'again'],
  again: [422, 'bad', 'again'],
  later: [429, 'bad', 'again'],
  operator: [422, 'bad'],
  unanswered: [429, 'bad', 'again'],
  'not-our-button': [403, 'bad', 'again'],
  'not-found': [404, 'bad'],
};

/** The status that a page is answered with (RFC 9110 §15). */
export function statusOf(name: PageName): number {
  return kinds[name][0];
}

/** The policy of a page: it loads nothing, runs nothing, stands in no frame, and its form leads to us and to `next`. */
export function policyOf(next: string): string {
  return `default-src 'none'; style-src ${styleHash}; form-action 'self' ${next}; base-uri 'none'; frame-ancestors 'none'`;
}

/** A whole page, as HTML. */
export function pageOf(name: PageName, language: Language, details: PageDetails): string {
  const [title, ...says] = words[language][name];
  const [, tone, more] = kinds[name];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Fresco</title>
<style>${style}</style>
</head>
<body>
<main class="${tone}">
<h1>${title}</h1>
${says.map((text) => `<p>${text}</p>`).join('\n')}
${details.form === undefined ? account(language, details) : start(language, details, details.form)}
${more === undefined ? '' : again(language, details)}
</main>
</body>
</html>
`;
}

function account(language: Language, { expects }: PageDetails): string {
  if (expects === undefined) return '';
  return `<p class="account">${opening[language].account} <strong>${escapedHtml(expects)}</strong></p>`;
}

function again(language: Language, { opens }: PageDetails): string {
  const { link, sentence } = beginAgain[language];
  return opens === undefined
    ? `<p>${sentence}</p>`
    : `<a class="again" href="${escapedHtml(opens)}">${link}</a>`;
}

function start(
  language: Language,
  details: PageDetails,
  { action, ticket }: NonNullable<PageDetails['form']>,
): string {
  const { steps, button, unexpected } = opening[language];
  const hidden = `<input type="hidden" name="ticket" value="${escapedHtml(ticket ?? '')}">`;
  return `<ol>
${steps.map((step) => `<li>${step}</li>`).join('\n')}
</ol>
${account(language, details)}
<form method="post" action="${escapedHtml(action)}">
${ticket === undefined ? '' : hidden}
<button type="submit">${button}</button>
</form>
<p class="small">${unexpected}</p>`;
}
