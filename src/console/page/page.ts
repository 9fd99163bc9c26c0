import { createHash } from 'node:crypto';
import { type ControlGroup, ownControls, sandboxControls } from '../controls.ts';
import { killSection, storedSection } from './kill.ts';
import { script } from './script.ts';
import { style } from './style.ts';

/** The page loads nothing, and runs nothing but its own script and style. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const icon =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2.5c3.6 4.3 6.5 7.6 6.5 11.6a6.5 6.5 0 0 1-13 0c0-4 2.9-7.3 6.5-11.6z"/></svg>';
const favicon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath fill='%230b6b50' d='M12 2.5c3.6 4.3 6.5 7.6 6.5 11.6a6.5 6.5 0 0 1-13 0c0-4 2.9-7.3 6.5-11.6z'/%3E%3C/svg%3E";

/** The console page, whole; with the address of a sandbox it has the buttons that break it. */
export function page(sandboxUrl: string | undefined): string {
  const controls = sandboxUrl === undefined ? ownControls : sandboxControls;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fresco</title>
<link rel="icon" href="${favicon}">
<style>${style}</style>
</head>
<body>
<header>
  <h1>${icon}Fresco</h1>
  <p id="badge" class="badge"${sandboxUrl === undefined ? ' hidden' : ''}>sandbox</p>
  <p id="status" class="status" role="status">Looking …</p>
</header>
<main>
  <p class="lead">${lead(sandboxUrl !== undefined)}</p>
  <div class="about">
    <nav aria-label="On this page">${nav(sandboxUrl !== undefined)}</nav>
    <p class="clock"><span>system time</span> <time id="clock">–</time></p>
  </div>
  ${tokenSection}
  ${sandboxUrl === undefined ? '' : killSection}
  <div class="columns">
    <div class="column">
      ${controlsSection(controls, sandboxUrl !== undefined)}
    </div>
    <div class="column">
      ${momentsSection(sandboxUrl !== undefined)}
      ${generationsSection}
    </div>
  </div>
  ${storedSection}
</main>
<footer>
  <dl id="facts" class="facts"></dl>
  <p>${footer(sandboxUrl)}</p>
</footer>
<script>${script}</script>
</body>
</html>
`;
}

const tokenSection = `<section class="token" aria-labelledby="token-title">
    <div class="headline">
      <div>
        <h2 id="token-title">Access token</h2>
        <p class="left"><span id="left">–</span> <small id="left-what"></small></p>
        <p class="generation"><span id="generation">no generation yet</span> <code id="fingerprint"></code></p>
      </div>
    </div>
    <div class="life" id="life" role="meter" aria-label="Life left" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0">
      <div class="life-left" id="life-left"></div>
      <div class="life-due" id="life-due"></div>
    </div>
    <dl class="moments-of-life">
      <div><dt>issued</dt><dd id="issued">–</dd></div>
      <div><dt>refresh due</dt><dd id="due">–</dd></div>
      <div><dt>ends</dt><dd id="ends">–</dd></div>
    </dl>
    <p id="note" class="note" hidden></p>
    <p id="connect" class="note" hidden>The owner of the account consents again here: <a id="connect-link" target="_blank" rel="noopener noreferrer"></a></p>
    <ul id="faults" class="faults" aria-label="Faults that are on" hidden></ul>
    <ol id="stations" class="stations" aria-label="The way of webhooks" hidden></ol>
  </section>`;

// Only a sandbox tells of the requests that reach it.
const requestsChoice = '<label><input type="checkbox" id="requests" checked> requests</label>';

function momentsSection(hasSandbox: boolean): string {
  return `<section aria-labelledby="moments-title">
        <div class="title">
          <h2 id="moments-title">As it happens</h2>
          ${hasSandbox ? requestsChoice : ''}
        </div>
        <div class="scroll" role="region" aria-labelledby="moments-title" tabindex="0">
          <ol id="moments" class="moments"><li class="empty">Nothing yet.</li></ol>
        </div>
      </section>`;
}

const generationsSection = `<section id="generations-section" aria-labelledby="generations-title">
        <h2 id="generations-title">Generations</h2>
        <div id="strip" class="strip" aria-hidden="true"></div>
        <div class="scroll" role="region" aria-labelledby="generations-title" tabindex="0">
          <ol id="generations" class="generations"><li class="empty">Nobody has logged in yet.</li></ol>
        </div>
      </section>`;

function lead(hasSandbox: boolean): string {
  const shown =
    'Fresco keeps an access token of Fatture in Cloud fresh: this page shows how long it lasts, what happens to it and what is stored.';
  return hasSandbox
    ? `${shown} The provider is a stand-in and nothing is real, so break what you like.`
    : shown;
}

function nav(hasSandbox: boolean): string {
  const kill = hasSandbox ? '<a href="#kill">Kill it yourself</a>' : '';
  return `${kill}<a href="#stored">What is stored</a>`;
}

function controlsSection(groups: readonly ControlGroup[], hasSandbox: boolean): string {
  const hint = hasSandbox
    ? 'Press a button and see what happens.'
    : 'The schedule looks every hour by itself.';
  return `<section class="controls" aria-labelledby="controls-title">
        <h2 id="controls-title" class="unseen">Controls</h2>
        <p id="answer" class="answer" role="status">${hint}</p>
        ${groups.map(group).join('\n        ')}
      </section>`;
}

function group({ title, look, controls }: ControlGroup): string {
  const buttons = controls.map(
    ({ name, label, hint }) =>
      `<button type="button" id="${name}" data-action="${name}"><b>${label}</b><small>${hint}</small></button>`,
  );
  return `<div class="group ${look}" role="group" aria-labelledby="group-${look}">
          <h3 id="group-${look}">${title}</h3>
          <div class="buttons">${buttons.join('')}</div>
        </div>`;
}

function footer(sandboxUrl: string | undefined): string {
  const provider =
    sandboxUrl === undefined
      ? ''
      : `The provider is a stand-in for Fatture in Cloud: <a href="${sandboxUrl}/">${sandboxUrl}</a>. `;
  return `${provider}No token is ever shown here: the eight digits only tell two of them apart.`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
