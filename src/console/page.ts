import { script } from './page-script.ts';
import { style } from './page-style.ts';

const controls = [
  ['rotate', 'Rotate now', 'Spend the refresh token under the lease, as the schedule would.'],
  ['half-a-day', 'Let 12 hours pass', 'Moves the clocks on; the schedule looks by itself.'],
  ['webhook', 'Change a client', 'The provider sends a signed webhook.'],
] as const;

const faults = [
  ['expire', 'Forget the access token', 'Calls get 401 until somebody refreshes.'],
  ['lose-answer', 'Lose the next answer', 'The token is spent, the answer never arrives.'],
  ['break', 'Break the provider', 'The token endpoint answers 502 with HTML.'],
  ['mend', 'Mend the provider', 'All faults are lifted.'],
  ['revoke', 'Revoke the connection', 'A person has to log in again.'],
] as const;

/** The console page, whole: no other file is loaded. */
export function page({ sandboxUrl }: { readonly sandboxUrl: string | undefined }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fresco</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>
  <h1>Fresco</h1>
  <p id="status" class="status" role="status">looking …</p>
  <p class="where"><span id="connection"></span> <time id="now"></time></p>
</header>
<main>
  <section aria-labelledby="token-title" class="token">
    <h2 id="token-title">Access token</h2>
    <p class="generation"><span id="generation">–</span><small id="fingerprint"></small></p>
    <div class="life" id="life" role="meter" aria-labelledby="token-title" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0">
      <div class="life-left" id="life-left"></div>
      <div class="life-mark" id="life-mark"></div>
    </div>
    <p class="ends"><span id="issued"></span><span id="refresh"></span><span id="expires"></span></p>
    <p id="note" class="note" hidden></p>
  </section>
  <section aria-labelledby="controls-title">
    <h2 id="controls-title">Try it</h2>
    <div class="buttons">${buttons(controls, 'plain')}</div>
    ${sandboxUrl === undefined ? '' : `<h2>Break it</h2><div class="buttons">${buttons(faults, 'fault')}</div>`}
    <p id="answer" class="answer" role="status"></p>
  </section>
  <section aria-labelledby="moments-title" class="wide">
    <h2 id="moments-title">As it happens</h2>
    <ol id="moments" class="moments"><li class="empty">nothing yet</li></ol>
  </section>
  <section aria-labelledby="history-title" class="wide">
    <h2 id="history-title">Generations</h2>
    <ol id="history" class="history"><li class="empty">nobody has logged in yet</li></ol>
  </section>
</main>
<footer>${sandboxUrl === undefined ? '' : `The provider is a stand-in: <a href="${sandboxUrl}/">${sandboxUrl}</a>.`} No token is ever shown here.</footer>
<script>${script}</script>
</body>
</html>`;
}

function buttons(list: readonly (readonly [string, string, string])[], look: string): string {
  return list
    .map(
      ([name, label, hint]) =>
        `<button class="${look}" data-action="${name}"><b>${label}</b><small>${hint}</small></button>`,
    )
    .join('');
}
