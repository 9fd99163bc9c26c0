import { html } from 'hono/html';
import type { Scope } from '../../fatture-in-cloud/oauth/scopes.ts';
import { type Company, sandboxPerson } from '../api/companies.ts';
import type { Html } from '../page.ts';
import { scopeGroups } from './scope-words.ts';

/** What a person is asked to agree to. */
export interface ConsentQuestion {
  readonly companies: readonly Company[];
  readonly scopes: readonly Scope[];
  /** Where the form goes, and the hidden field that names the request there. */
  readonly action: string;
  readonly requestField: readonly [name: string, value: string];
  /** What the person is about to go back to. */
  readonly returnsTo: string;
}

/** The body of the consent page: for whom and for what; Approve and Deny. Who asks is in its title. */
export function consentForm(question: ConsentQuestion): Html {
  const [name, value] = question.requestField;
  return html`
<dl>
  <dt>Account</dt><dd>${sandboxPerson.name}<br>${sandboxPerson.email}</dd>
  ${question.companies.length === 1 ? html`<dt>Company</dt><dd>${nameOf(question.companies[0])}</dd>` : ''}
</dl>
<form method="post" action="${question.action}">
  <input type="hidden" name="${name}" value="${value}">
  ${companyChoice(question.companies)}
  ${scopeGroups(question.scopes).map(
    ({ heading, lines }) => html`
  <section aria-label="${heading}">
    <h2>${heading}</h2>
    <ul>${lines.map(
      (line) =>
        html`<li><span>${line.name}</span> <span class="access${line.isWrite ? ' write' : ''}">${line.access}</span></li>`,
    )}</ul>
  </section>`,
  )}
  <div class="decision">
    <button type="submit" name="decision" value="deny">Deny</button>
    <button type="submit" name="decision" value="approve" class="approve">Approve</button>
  </div>
</form>
<p class="small">${question.returnsTo}</p>`;
}

/** The body of the page where a person types the code that a device shows (RFC 8628 §3.3). */
export function userCodeForm(problem?: string): Html {
  return html`
${problem === undefined ? '' : html`<p role="alert">${problem}</p>`}
<form method="get" action="/connetti">
  <label for="user_code">Code shown by your device</label>
  <input type="text" id="user_code" name="user_code" required autocomplete="off" autocapitalize="characters" placeholder="ABCD-EFGH">
  <div class="decision"><button type="submit" class="approve">Continue</button></div>
</form>`;
}

function companyChoice(companies: readonly Company[]): Html | string {
  if (companies.length === 1) return '';
  return html`
  <fieldset>
    <legend>Companies</legend>
    ${companies.map(
      (company) =>
        html`<label><input type="checkbox" name="company" value="${company.id}" checked> ${nameOf(company)}</label>`,
    )}
  </fieldset>`;
}

function nameOf(company: Company | undefined): string {
  return company === undefined ? '' : `${company.name}, number ${company.id}`;
}
