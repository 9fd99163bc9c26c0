import { escapedHtml } from '../../core/text/html.ts';
import type { LoginFacts } from './facts.ts';

const style = `
:root { color-scheme: light dark; --ground: #f3f6f4; --card: #ffffff; --ink: #17241f; --soft: #5a6b64;
  --line: #dbe4df; --leaf: #0b6b50; --leaf-ground: #e2f2eb; --rust: #9a3412; --rust-ground: #fbe8dc; }
@media (prefers-color-scheme: dark) { :root { --ground: #101614; --card: #19211e; --ink: #e7efea;
  --soft: #9fb0a8; --line: #2e3a35; --leaf: #66d6ae; --leaf-ground: #17382d; --rust: #f5b190;
  --rust-ground: #432417; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 34rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem; padding: clamp(1.5rem, 5vw, 2.5rem); overflow-wrap: anywhere; }
.mark { width: 3rem; height: 3rem; border-radius: 50%; display: grid; place-items: center;
  background: var(--leaf-ground); color: var(--leaf); margin-bottom: 1rem; }
.bad .mark { background: var(--rust-ground); color: var(--rust); }
.mark svg { width: 1.5rem; height: 1.5rem; fill: none; stroke: currentColor; stroke-width: 2.5;
  stroke-linecap: round; stroke-linejoin: round; }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
p { margin: 0 0 1rem; color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.25rem; margin: 1.5rem 0;
  padding: 1.25rem 0; border-block: 1px solid var(--line); }
dt { color: var(--soft); } dd { margin: 0; font-variant-numeric: tabular-nums; }
@media (max-width: 28rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .75rem; } }
code { font: .9375em ui-monospace, monospace; color: var(--ink); }
.option { white-space: nowrap; }
.next { margin: 0; padding: .875rem 1rem; border-radius: .625rem; background: var(--ground); }
.next code { display: block; }
`;

const tick = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M5 12.5l4.5 4.5L19 7.5"/></svg>';
const cross = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7l10 10M17 7L7 17"/></svg>';

/** What the browser shows when a login is done: what was stored, where, and what is next. */
export function successPage(facts: LoginFacts): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Connection', facts.connection],
    ['Stored in', facts.store],
    ['Stored', 'refresh token, access token, application'],
    ['Generation', String(facts.generation)],
    ['Access token until', facts.expiresAt?.replace('T', ' ').replace('Z', ' UTC')],
    ['Companies', facts.companies.map(({ id, name }) => `${name} (${id})`).join(', ')],
    ['Provider', facts.provider],
    ['Schedule', facts.schedule],
  ];
  const list = rows
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([term, value]) => `<dt>${term}</dt><dd>${unbroken(escapedHtml(value ?? ''))}</dd>`)
    .join('\n');
  return page(
    'Connected',
    `<div class="mark">${tick}</div>
<h1>Connected</h1>
<p>The tokens are stored. You can close this page.</p>
<dl>
${list}
</dl>
<p class="next"><code>fresco token</code><code>fresco status</code></p>`,
  );
}

/** What the browser shows when a login has failed; the terminal says the same. */
export function failurePage(why: string, isUntouched: boolean): string {
  const sentence = `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
  return page(
    'Not connected',
    `<div class="mark">${cross}</div>
<h1>Not connected</h1>
<p role="alert">${escapedHtml(sentence)}</p>
${isUntouched ? '<p>Nothing that was stored before has changed.</p>' : ''}`,
    'bad',
  );
}

/** What a browser sees that comes a second time. */
export function endedPage(): string {
  return page(
    'This login has ended',
    '<h1>This login has ended</h1><p>You can close this page.</p>',
  );
}

/** What a browser sees that comes with the redirect of another login, or with none. */
export function strayPage(): string {
  return page(
    'Not this login',
    `<div class="mark">${cross}</div>
<h1>Not this login</h1>
<p role="alert">This address does not belong to the login that is waiting. It goes on waiting.</p>
<p>Open the link that the terminal shows last.</p>`,
    'bad',
  );
}

function page(title: string, body: string, kind = 'good'): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Fresco</title>
<style>${style}</style>
</head>
<body>
<main class="${kind}">
${body}
</main>
</body>
</html>
`;
}

/** Keeps options of a command whole where a line ends. */
function unbroken(html: string): string {
  return html.replace(/--[a-z-]+/g, '<span class="option">$&</span>');
}
