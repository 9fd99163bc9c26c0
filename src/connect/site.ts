import type { ConsentAnswer, ConsentDoor, ConsentRequest } from '../core/consent/request.ts';
import { originOf } from '../core/origin.ts';
import { type Random, StoreRefused } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import { randomText } from '../core/text/random-text.ts';
import { browserIn, setCookie } from './browser.ts';
import { type PageDetails, pageOf, policyOf, statusOf } from './page.ts';
import { type Language, languageOf, type PageName } from './words.ts';

/** A request as an HTTP API hands it on: names of headers in lower case, the query without its question mark. */
export interface SiteRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** What the browser gets. */
export interface SiteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Whom the pages are for, and what they stand in front of. */
export interface SiteOptions {
  readonly connections: readonly string[];
  /** Where the provider's page for consent is. */
  readonly providerUrl: string;
  /** Whether browsers reach the pages by https; by http on this machine alone. */
  readonly isHttps: boolean;
  readonly door: ConsentDoor;
  readonly random: Random;
  /** Hears how each request ended that concerned a connection. */
  readonly onEnd: (end: SiteEnd) => void;
}

/** What may be logged of a request: the name of an existing connection, and nothing else from outside. */
export interface SiteEnd {
  readonly connection: string;
  readonly step: 'look' | 'begin' | 'finish';
  readonly page: PageName | 'begun';
  /** Why the door did not answer. */
  readonly error?: string;
}

/** The pages on which a person consents by a link (`/connect/<connection>`, `/connect/callback`); never rejects. */
export function connectSite(options: SiteOptions): (request: SiteRequest) => Promise<SiteAnswer> {
  return async (request) => {
    const { method, path } = request;
    const language = languageOf(request.headers['accept-language']);
    const [, name = ''] = /^\/connect\/([A-Za-z0-9-]{1,63})$/.exec(path) ?? [];
    const visit: Visit = { ...options, request, language, connection: name };
    if (name === '') return shown(visit, 'not-found');
    if (name === 'callback') return method === 'GET' ? finish(visit) : notAllowed(visit, 'GET');
    if (method === 'GET') return look(visit);
    return method === 'POST' ? begin(visit) : notAllowed(visit, 'GET, POST');
  };
}

interface Visit extends SiteOptions {
  readonly request: SiteRequest;
  readonly language: Language;
  readonly connection: string;
  /** Where this person can begin again without a ticket. */
  readonly opens?: string;
}

async function look(visit: Visit): Promise<SiteAnswer> {
  const ticket = oneOf(visit.request.query, 'ticket');
  const request = { step: 'look' as const, connection: visit.connection, ...asSecret(ticket) };
  return closedTo(visit, ticket) ?? ask(opening(visit, ticket), request, { ticket });
}

async function begin(visit: Visit): Promise<SiteAnswer> {
  const ticket = oneOf(visit.request.body, 'ticket');
  const of = opening(visit, ticket);
  if (!isOurButton(visit)) return shown(of, 'not-our-button');
  const { connection, random } = visit;
  // A second tab of the same browser keeps the first one's cookie, so that either may come back.
  const browser = cookieOf(visit)?.browser ?? randomText(random);
  const known = { browser: new Secret(browser), ...asSecret(ticket) };
  return (
    closedTo(visit, ticket) ?? ask(of, { step: 'begin', connection, ...known }, { ticket, browser })
  );
}

async function finish(visit: Visit): Promise<SiteAnswer> {
  const cookie = cookieOf(visit);
  if (cookie === undefined) return shown(visit, 'not-this-browser');
  const [code, error, state = ''] = ['code', 'error', 'state'].map((name) =>
    oneOf(visit.request.query, name),
  );
  const [, connection = ''] = /^([A-Za-z0-9-]{1,63})\.[\w-]{20,128}$/.exec(state) ?? [];
  const of = cookie.hadTicket ? visit : opening({ ...visit, connection });
  const isOne = (code === undefined) !== (error === undefined);
  const isReadable = /^[\x21-\x7e]{1,2048}$/.test(code ?? error ?? '');
  if (!isOne || !isReadable || !visit.connections.includes(connection)) return shown(of, 'expired');
  const end = code === undefined ? { error: error ?? '' } : { code: new Secret(code) };
  const browser = new Secret(cookie.browser);
  return ask(of, { step: 'finish', connection, state, browser, ...end });
}

/** What the page of an answer goes on with. */
interface Carried {
  readonly ticket?: string | undefined;
  readonly browser?: string;
}

async function ask(
  visit: Visit,
  request: ConsentRequest,
  carried: Carried = {},
): Promise<SiteAnswer> {
  const { connection, step } = request;
  try {
    const answer = await visit.door(request);
    const [page, answered] = answerTo(visit, answer, carried);
    visit.onEnd({ connection, step, page });
    return answered;
  } catch (error) {
    // Of a finish that had no answer nobody knows whether it was carried out.
    const page = step === 'finish' ? 'unanswered' : 'later';
    const why = error instanceof StoreRefused ? error.reason : (error as Error).name;
    visit.onEnd({ connection, step, page, error: why });
    return shown(visit, page);
  }
}

function answerTo(
  visit: Visit,
  answer: ConsentAnswer,
  { ticket, browser = '' }: Carried,
): readonly [SiteEnd['page'], SiteAnswer] {
  const page = (name: PageName, details: PageDetails = {}) =>
    [name, shown(visit, name, details)] as const;
  switch (answer.kind) {
    case 'begun': {
      const cookie = setCookie({ browser, hadTicket: ticket !== undefined }, visit.isHttps);
      const location = new URL(answer.authorizeUrl).href;
      const headers = { ...guarded(visit), location, 'set-cookie': cookie };
      return ['begun', { status: 303, headers, body: '' }];
    }
    case 'open': {
      const action = `/connect/${visit.connection}`;
      const form = { action, ...(ticket !== undefined && { ticket }) };
      const { expects } = answer;
      return page('open', { form, ...(expects !== undefined && { expects }) });
    }
    case 'connected': {
      const [name, { headers, ...rest }] = page('connected');
      const cookie = setCookie(undefined, visit.isHttps);
      return [name, { ...rest, headers: { ...headers, 'set-cookie': cookie } }];
    }
    case 'other-account':
      return page('other-account', { expects: answer.expects });
    case 'busy':
      return page('later');
    case 'failed':
      return page(answer.next);
    default:
      return page(answer.kind);
  }
}

function opening(visit: Visit, ticket?: string): Visit {
  const { connection } = visit;
  return ticket === undefined && connection !== ''
    ? { ...visit, opens: `/connect/${connection}` }
    : visit;
}

/** Whether a page of ours has sent the form: Fetch Metadata says so, or the origin where a browser has none. */
function isOurButton({ request: { headers }, isHttps }: Visit): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return headers['origin'] === `http${isHttps ? 's' : ''}://${headers['host']}`;
}

/** The page for a connection that there is not, and for a ticket that can be none: as the door would answer. */
function closedTo(visit: Visit, ticket: string | undefined): SiteAnswer | undefined {
  const isTicket = ticket === undefined || /^[\w-]{20,128}$/.test(ticket);
  if (isTicket && visit.connections.includes(visit.connection)) return undefined;
  return shown(visit, ticket === undefined ? 'nothing-to-do' : 'closed');
}

/** A parameter's one value; an empty text where it has several, or there is too much to read. */
function oneOf(query: string, name: string): string | undefined {
  if (query.length > 8_192) return '';
  const [value, ...others] = new URLSearchParams(query).getAll(name);
  return others.length > 0 ? '' : value;
}

function asSecret(ticket: string | undefined): { readonly ticket?: Secret } {
  return ticket === undefined ? {} : { ticket: new Secret(ticket) };
}

function cookieOf({ request, isHttps }: Visit) {
  return browserIn(request.headers['cookie'], isHttps);
}

function notAllowed(visit: Visit, allow: string): SiteAnswer {
  const { headers, body } = shown(visit, 'not-found');
  return { status: 405, headers: { ...headers, allow }, body };
}

function shown(visit: Visit, name: PageName, details: PageDetails = {}): SiteAnswer {
  const { language, opens } = visit;
  const headers = {
    ...guarded(visit),
    'content-type': 'text/html; charset=utf-8',
    'content-language': language,
    // To us alone the button's browser says where it comes from.
    ...(details.form !== undefined && { 'referrer-policy': 'same-origin' }),
  };
  const body = pageOf(name, language, { ...(opens !== undefined && { opens }), ...details });
  return { status: statusOf(name), headers, body };
}

function guarded({ providerUrl }: Visit): Readonly<Record<string, string>> {
  return {
    'content-security-policy': policyOf(formTarget(providerUrl)),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
    vary: 'accept-language, cookie',
  };
}

/** Browsers hold a form to its policy through every redirect, and the provider's lead to hosts of its own choice. */
function formTarget(providerUrl: string): string {
  return providerUrl.startsWith('https:') ? 'https:' : (originOf(providerUrl) ?? '');
}
