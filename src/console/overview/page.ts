import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { Alarm, LivingToken, Overview, Seen } from './overview.ts';

const refreshSeconds = 15;
const hourMs = 3_600_000;

type Html = ReturnType<typeof html>;

/** The page of one connection: no script, and nothing on it can be pressed. */
export function overviewPage(overview: Overview): Html {
  const { connection, due, history, journal, links, versions } = overview;
  const calm = due.length === 0 && troubleIn(overview) === undefined;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="${refreshSeconds}">
<meta name="color-scheme" content="light dark"><title>${calm ? '' : '! '}${connection} · Fresco</title>
<style>${raw(style)}</style>
</head>
<body>
<main>
<header class="${calm ? 'good' : 'bad'}">
<p>${connection}, in ${overview.store}</p>
<h1>${headline(overview)}</h1>
<p>${leftText(overview)}</p>
${overview.waiting === null ? '' : html`<p>${overview.waiting}</p>`}
</header>
${due.length === 0 ? '' : section('What to do', html`<ol>${due.map((step) => html`<li>${step.what}<br><code>${step.command}</code></li>`)}</ol>`)}
${section('Access token', tokenPart(overview))}
${section(
  'Links',
  rows(
    ['Link', 'State', 'Found'],
    links.map((it) => [it.name, mark(it.state), it.detail]),
  ),
)}
${shown('Alarms', overview.alarms, alarmsPart)}
${shown('Webhooks', overview.queues, ({ waiting, dead }) => html`<p><b>${waiting}</b> waiting, <b class="${dead > 0 ? 'bad' : ''}">${dead}</b> dead letters</p>`)}
${section('Journal', rows(['', ''], journal))}
${shown('Stored versions', versions, (found) =>
  rows(
    ['Secret', 'Version', 'Labels'],
    found.map((it) => [it.secret, it.versionId.slice(0, 8), it.labels.join(', ')]),
  ),
)}
${section(
  'Latest outcomes',
  history.length === 0
    ? html`<p>none yet</p>`
    : rows(
        ['When', 'Generation', 'Outcome'],
        history.map((it) => [instant(it.atMs), String(it.generation), it.outcome]),
      ),
)}
</main>
<footer><p>${overview.provider} · read at ${instant(overview.atMs)}, again every ${refreshSeconds} s · this page changes nothing</p></footer>
</body>
</html>`;
}

/** The page for when the connection can't even be read. */
export function unreadablePage(connection: string, why: string): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="${refreshSeconds}"><title>! ${connection} · Fresco</title><style>${raw(style)}</style></head>
<body><main><header class="bad"><h1>${connection} cannot be read</h1><p>${why}</p></header></main></body></html>`;
}

function headline(overview: Overview): string {
  const { due, token } = overview;
  if (due.length > 0) return due.length === 1 ? '1 thing to do' : `${due.length} things to do`;
  if (token === null) return 'Not connected yet';
  return troubleIn(overview) ?? 'Nothing is wrong';
}

/** What the stack tells of itself that no link of the connection shows. */
function troubleIn({ alarms, queues }: Overview): string | undefined {
  const ringing = alarms.kind === 'seen' ? alarms.value.filter((it) => it.isRinging).length : 0;
  if (ringing > 0) return ringing === 1 ? '1 alarm rings' : `${ringing} alarms ring`;
  const dead = queues.kind === 'seen' ? queues.value.dead : 0;
  if (dead > 0) return dead === 1 ? '1 dead letter' : `${dead} dead letters`;
  return undefined;
}

function leftText({ token, atMs }: Overview): string {
  if (token === null) return 'no access token yet';
  return token.expiresAtMs === null
    ? 'a manual token, which never expires'
    : `the access token is good for another ${hours(token.expiresAtMs - atMs)}`;
}

function tokenPart({ token, atMs, companies }: Overview): Html {
  if (token === null) return html`<p>none</p>`;
  return html`<p>generation <b>${token.generation}</b>, issued ${instant(token.issuedAtMs)}</p>
${lifePart(token, atMs)}
<p>${companies.length === 0 ? 'no company' : companies.join(', ')}</p>`;
}

function lifePart({ issuedAtMs, expiresAtMs }: LivingToken, atMs: number): Html {
  if (expiresAtMs === null) return html`<p>never expires: rotate it by hand</p>`;
  const leftMs = Math.max(0, expiresAtMs - atMs);
  return html`<p><meter min="0" max="${expiresAtMs - issuedAtMs}" low="${2 * hourMs}" value="${leftMs}"></meter> ${hours(leftMs)} left, until ${instant(expiresAtMs)}</p>`;
}

function alarmsPart(alarms: readonly Alarm[]): Html {
  const ringing = alarms.filter(({ isRinging }) => isRinging);
  if (ringing.length === 0)
    return html`<p>${alarms.length === 1 ? '1 alarm, quiet' : `${alarms.length} alarms, all quiet`}</p>`;
  return rows(
    ['Alarm', 'Since'],
    ringing.map(({ says, sinceMs }) => [says, sinceMs === null ? '' : instant(sinceMs)]),
  );
}

function shown<T>(title: string, seen: Seen<T>, part: (value: T) => Html): Html | '' {
  if (seen.kind === 'none') return '';
  return section(
    title,
    seen.kind === 'seen' ? part(seen.value) : html`<p class="bad">${seen.why}</p>`,
  );
}

function section(title: string, content: Html): Html {
  return html`<section><h2>${title}</h2>${content}</section>`;
}

function rows(head: readonly string[], lines: readonly (readonly (string | Html)[])[]): Html {
  const cells = lines.map((line) => html`<tr>${line.map((cell) => html`<td>${cell}</td>`)}</tr>`);
  const isNamed = head.some((name) => name !== '');
  const names = html`<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>`;
  return html`<div class="wide"><table>${isNamed ? names : ''}<tbody>${cells}</tbody></table></div>`;
}

function mark(state: Overview['links'][number]['state']): Html {
  const words = { ok: 'holds', broken: 'broken', unknown: '–' };
  return html`<b class="${state === 'broken' ? 'bad' : ''}">${words[state]}</b>`;
}

/** RFC 3339, in seconds. */
function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function hours(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

const style = `
:root { --ink: #1c2420; --soft: #55625b; --paper: #f6f7f4; --card: #fff; --line: #d9ded9; --leaf: #1f6b47; --rust: #a3341a; font: 1rem/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ece9; --soft: #a4b0a9; --paper: #121613; --card: #1b211d; --line: #333c36; --leaf: #7fd0a6; --rust: #ff9c80; } }
* { box-sizing: border-box; } body { margin: 0; color: var(--ink); background: var(--paper); }
main, footer { max-width: 62rem; margin: 0 auto; padding: 1rem; display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
section, header { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; }
header { border-left: .5rem solid currentColor; } header.good, .good { color: var(--leaf); } header.bad, .bad { color: var(--rust); }
h1 { font-size: clamp(2rem, 8vw, 5rem); line-height: 1.1; margin: .25rem 0; letter-spacing: -.02em; text-wrap: balance; }
h2 { font-size: 1rem; margin: 0 0 .5rem; } p { margin: .25rem 0; overflow-wrap: anywhere; } footer, header p { color: var(--soft); }
ol { margin: 0; padding-left: 1.5rem; } code { font: .9375rem ui-monospace, monospace; overflow-wrap: anywhere; user-select: all; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9375rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .25rem 1rem .25rem 0; border-top: 1px solid var(--line); } td:last-child { overflow-wrap: anywhere; padding-right: 0; }
th { color: var(--soft); font-weight: 500; border-top: 0; } tbody:first-child tr:first-child td { border-top: 0; } meter { width: min(20rem, 60%); }
`;

/** What the page may load: its own style, and nothing else. */
export const overviewPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
