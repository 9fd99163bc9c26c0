import type { Context } from 'hono';
import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** A piece of a page whose values are already escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

const style = `
:root { color-scheme: light dark; --ground: #f4f1ea; --card: #fffdf9; --ink: #22302c; --soft: #5b6a65;
  --line: #ded8cb; --leaf: #0b6b50; --leaf-ink: #ffffff; --write: #8a3b12; --write-ground: #fbe9dc;
  --read-ground: #e3f1ec; }
@media (prefers-color-scheme: dark) { :root { --ground: #131917; --card: #1c2421; --ink: #e8eee9;
  --soft: #a3b1ab; --line: #35413c; --leaf: #5fcfa8; --leaf-ink: #06251b; --write: #f3b48d;
  --write-ground: #432a1b; --read-ground: #1b3a30; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 30rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem; padding: clamp(1.25rem, 5vw, 2rem); overflow-wrap: anywhere; }
.stand-in { margin: 0 0 1rem; color: var(--soft); font-size: .875rem; }
h1 { margin: 0 0 .75rem; font-size: 1.375rem; line-height: 1.25; text-wrap: balance; }
h2 { margin: 1.25rem 0 .25rem; font-size: .875rem; color: var(--soft); font-weight: 600; }
p { margin: 0 0 .75rem; text-wrap: pretty; } main > :last-child { margin-bottom: 0; }
a { color: var(--leaf); }
ul { list-style: none; margin: 0; padding: 0; }
li { display: flex; gap: .75rem; justify-content: space-between; align-items: center;
  padding: .375rem 0; border-bottom: 1px solid var(--line); }
li:last-child { border-bottom: 0; }
.access { white-space: nowrap; font-size: .8125rem; padding: .0625rem .5rem; border-radius: 1rem;
  color: var(--leaf); background: var(--read-ground); }
.access.write { color: var(--write); background: var(--write-ground); }
dl { display: grid; grid-template-columns: auto 1fr; gap: .125rem .75rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; }
@media (max-width: 26rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .375rem; } }
fieldset { border: 0; margin: 0; padding: 0; } legend { padding: 0; color: var(--soft); }
label { display: block; padding: .25rem 0; }
input[type=text] { width: 100%; font: inherit; letter-spacing: .1em; padding: .625rem .75rem;
  color: inherit; background: var(--ground); border: 1px solid var(--soft); border-radius: .5rem; }
.decision { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
button { flex: 1 1 8rem; font: inherit; font-weight: 600; padding: .75rem 1rem; cursor: pointer;
  border-radius: .625rem; border: 1px solid var(--soft); background: transparent; color: inherit; }
button.approve { background: var(--leaf); border-color: var(--leaf); color: var(--leaf-ink); }
:focus-visible { outline: 3px solid var(--leaf); outline-offset: 2px; }
code { font-size: .9em; } .small { margin-top: 1rem; color: var(--soft); font-size: .875rem; }
`;

/**
 * Answers with a page that needs nothing from elsewhere. `formTargets` are the origins that its form may
 * lead to, redirects included, besides our own.
 */
export async function sendPage(
  c: Context,
  page: { readonly title: string; readonly body: Html },
  status: ContentfulStatusCode = 200,
  formTargets: readonly string[] = [],
): Promise<Response> {
  c.header(
    'Content-Security-Policy',
    `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action ${["'self'", ...formTargets].join(' ')}`,
  );
  c.header('Referrer-Policy', 'no-referrer');
  const whole = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<style>${raw(style)}</style>
</head>
<body>
<main>
<p class="stand-in">Sandbox: a stand-in for Fatture in Cloud. Nothing here is real.</p>
<h1>${page.title}</h1>
${page.body}
</main>
</body>
</html>
`;
  return c.html(whole, status);
}

/** A page that says what is wrong and what to do; nothing is redirected. */
export function sendProblem(c: Context, title: string, text: string): Promise<Response> {
  return sendPage(c, { title, body: html`<p role="alert">${text}</p>` }, 400);
}
