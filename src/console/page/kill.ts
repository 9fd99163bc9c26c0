import { killSteps } from '../kill-steps.ts';

const stored = `<div class="stored">
      <div>
        <h3 id="journal-title">Journal</h3>
        <dl id="journal" class="journal" aria-labelledby="journal-title"></dl>
      </div>
      <div>
        <h3 id="grant-versions-title">Versions of the grant</h3>
        <ol id="grant-versions" class="versions" aria-labelledby="grant-versions-title"></ol>
      </div>
      <div>
        <h3 id="token-versions-title">Versions of the access token</h3>
        <ol id="token-versions" class="versions" aria-labelledby="token-versions-title"></ol>
      </div>
    </div>`;

/** What is stored. */
export const storedSection = `<section id="stored" class="stored-section" aria-labelledby="stored-title">
    <h2 id="stored-title">What is stored now, without its values</h2>
    ${stored}
  </section>`;

/** Where the rotator is killed at a step. */
export const killSection = `<section id="kill" class="kill" aria-labelledby="kill-title">
    <h2 id="kill-title">Kill it yourself</h2>
    <p>A refresh is eleven steps. Pick one: a rotator is started as a process of its own and gets SIGKILL the moment the step is done.</p>
    <form id="kill-form">
      <fieldset class="steps"><legend class="unseen">Step after which the rotator dies</legend>${steps()}</fieldset>
      <button type="submit" id="kill-button"><b>Kill it there</b></button>
    </form>
    <p id="kill-answer" class="unseen" role="status"></p>
    <div id="aftermath" class="aftermath"></div>
    <p id="kill-more" class="kill-more" hidden>
      <button type="button" id="next-run" data-action="next-run"><b id="next-run-label"></b></button>
      <span>The same in a terminal: <code id="replay"></code></span>
      <a href="#stored">What is stored now</a>
    </p>
  </section>`;

function steps(): string {
  return Object.entries(killSteps)
    .map(
      ([step, { label }], at) =>
        `<label><input type="radio" name="step" value="${step}"${step === 'sealed' ? ' checked' : ''}><span>${at + 1}</span> ${label}</label>`,
    )
    .join('');
}
