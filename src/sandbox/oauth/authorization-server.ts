import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { parseScopes } from '../../fatture-in-cloud/oauth/scopes.ts';
import type { Company } from '../api/companies.ts';
import { sendPage, sendProblem } from '../page.ts';
import { bodyText } from '../request-body.ts';
import { type Application, isRegistered } from './application.ts';
import type { Authorizations, PendingAuthorization } from './authorizations.ts';
import { consentForm, userCodeForm } from './consent-page.ts';
import type { DeviceCodes } from './device-codes.ts';

/** What the pages of the authorization server work on. */
export interface AuthorizationServerParts {
  readonly application: Application;
  readonly companies: readonly Company[];
  readonly authorizations: Authorizations;
  readonly deviceCodes: DeviceCodes;
  /** Approves every request at once, without a page. */
  readonly autoConsent: boolean;
}

/** `/oauth/authorize` and `/connetti`: the pages on which a person decides. */
export function authorizationServer(parts: AuthorizationServerParts): Hono {
  const app = new Hono();
  app.get('/oauth/authorize', (c) => ask(c, parts));
  app.post('/oauth/authorize', (c) => decide(c, parts));
  app.get('/connetti', (c) => askDevice(c, parts));
  app.post('/connetti', (c) => decideDevice(c, parts));
  return app;
}

async function ask(c: Context, parts: AuthorizationServerParts): Promise<Response> {
  const { application, authorizations } = parts;
  const redirectUri = c.req.query('redirect_uri') ?? '';
  if (c.req.query('client_id') !== application.clientId) {
    return sendProblem(
      c,
      'Unknown application',
      'No application has this client id. Check client_id.',
    );
  }
  if (!isRegistered(application, redirectUri)) {
    const known = [application.redirectUri, ...(application.furtherRedirectUris ?? [])];
    const text = `The redirect URI must be exactly one that is registered: ${known.join(', ')}.`;
    return sendProblem(c, 'Redirect URI not valid', text);
  }
  const parsed = parseScopes(c.req.query('scope') ?? '');
  if (parsed.kind !== 'scopes') {
    const names = parsed.kind === 'unknown' ? parsed.names.join(', ') : 'none was asked for';
    return sendProblem(
      c,
      'The scope is not valid',
      `The request was refused as a whole: ${names}.`,
    );
  }
  const state = c.req.query('state') ?? '';
  const codeChallenge = c.req.query('code_challenge');
  const problem = problemOf(c.req.query('response_type'), state) ?? challengeProblem(c);
  if (problem !== undefined) return c.redirect(withParameters(redirectUri, { ...problem, state }));
  const request = {
    clientId: application.clientId,
    redirectUri,
    scopes: parsed.scopes,
    state,
    codeChallenge,
  };
  if (parts.autoConsent) return c.redirect(approve(parts, request, idsOf(parts.companies)));
  return sendConsentPage(c, parts, request, authorizations.wait(request));
}

async function decide(c: Context, parts: AuthorizationServerParts): Promise<Response> {
  const form = new URLSearchParams(await bodyText(c));
  const request = parts.authorizations.decide(form.get('request') ?? '');
  if (request === undefined) {
    const text =
      'This request was decided already, or ten minutes have passed. Start the login again.';
    return sendProblem(c, 'Nothing to decide', text);
  }
  const companyIds = chosenCompanies(form, parts.companies);
  if (form.get('decision') === 'approve' && companyIds.length > 0) {
    return c.redirect(approve(parts, request, companyIds));
  }
  const { redirectUri, state } = request;
  const refusal = { error: 'access_denied', error_description: 'The user refused the request.' };
  return c.redirect(withParameters(redirectUri, { ...refusal, state }));
}

async function askDevice(c: Context, parts: AuthorizationServerParts): Promise<Response> {
  const typed = c.req.query('user_code');
  const title = 'Connect a device';
  if (typed === undefined) return sendPage(c, { title, body: userCodeForm() });
  const found = parts.deviceCodes.findByUserCode(typed);
  if (found === undefined) {
    const body = userCodeForm(
      'No device waits for this code. Check it, or ask the device for a new one.',
    );
    return sendPage(c, { title, body }, 400);
  }
  const body = consentForm({
    companies: parts.companies,
    scopes: found.scopes,
    action: '/connetti',
    requestField: ['user_code', found.userCode],
    returnsTo: `The device that shows ${found.userCode} goes on by itself.`,
  });
  return sendPage(c, { title: `Let ${parts.application.name} in?`, body });
}

async function decideDevice(c: Context, parts: AuthorizationServerParts): Promise<Response> {
  const form = new URLSearchParams(await bodyText(c));
  const companyIds = chosenCompanies(form, parts.companies);
  const isApproved = form.get('decision') === 'approve' && companyIds.length > 0;
  const decision = isApproved ? companyIds : 'denied';
  if (!parts.deviceCodes.decide(form.get('user_code') ?? '', decision)) {
    return sendProblem(
      c,
      'Nothing to decide',
      'No device waits for this code. Ask it for a new one.',
    );
  }
  const title = isApproved ? 'Device connected' : 'Device refused';
  return sendPage(c, { title, body: html`<p>You can close this page.</p>` });
}

function sendConsentPage(
  c: Context,
  parts: AuthorizationServerParts,
  request: PendingAuthorization,
  id: string,
): Promise<Response> {
  const { origin } = new URL(request.redirectUri);
  const body = consentForm({
    companies: parts.companies,
    scopes: request.scopes,
    action: '/oauth/authorize',
    requestField: ['request', id],
    returnsTo: `Either way you go back to ${origin}.`,
  });
  return sendPage(c, { title: `Let ${parts.application.name} in?`, body }, 200, [origin]);
}

function approve(
  parts: AuthorizationServerParts,
  request: PendingAuthorization,
  companyIds: readonly number[],
): string {
  const { clientId, scopes, redirectUri, state, codeChallenge } = request;
  const consent = { clientId, scopes, companyIds, method: 'code' } as const;
  const code = parts.authorizations.issueCode(consent, redirectUri, codeChallenge);
  return withParameters(redirectUri, { state, code });
}

function problemOf(responseType: string | undefined, state: string) {
  if (responseType !== 'code') {
    const error_description = 'The response type must be code.';
    return { error: 'unsupported_response_type', error_description };
  }
  if (state !== '') return undefined;
  return { error: 'invalid_request', error_description: 'The state field is required.' };
}

/** S256 alone: `plain` protects nobody whose browser tells its addresses (RFC 7636 §4.3). */
function challengeProblem(c: Context) {
  const challenge = c.req.query('code_challenge');
  const method = c.req.query('code_challenge_method');
  if (challenge === undefined && method === undefined) return undefined;
  if (method === 'S256' && /^[\w-]{43}$/.test(challenge ?? '')) return undefined;
  const error_description = 'The code challenge must be one of S256, 43 characters of base64url.';
  return { error: 'invalid_request', error_description };
}

function withParameters(redirectUri: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.append(name, value);
  return url.href;
}

/** Without a choice on the page, all of them. */
function chosenCompanies(form: URLSearchParams, companies: readonly Company[]): readonly number[] {
  if (companies.length === 1) return idsOf(companies);
  const chosen = new Set(form.getAll('company').map(Number));
  return idsOf(companies).filter((id) => chosen.has(id));
}

function idsOf(companies: readonly Company[]): readonly number[] {
  return companies.map(({ id }) => id);
}
