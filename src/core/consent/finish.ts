import { type Consent, isSuperseded, type LoggedIn, login } from '../operations/login.ts';
import type { TokenAnswer, TokenResponse } from '../ports.ts';
import type { Company } from '../records/company.ts';
import { reportOf } from '../rotation/report-pass.ts';
import { Secret } from '../secret.ts';
import { unlessRefused } from '../store-refusal.ts';
import { admittedAfter } from '../webhooks/admission.ts';
import { verifierOf } from './begin.ts';
import { accountName, type Found, find, hashOf } from './opening.ts';
import type { ConsentPorts, ConsentStart } from './ports.ts';
import type { ConsentAnswer, FinishRequest } from './request.ts';

/**
 * Takes the provider's redirect: uses the start up, exchanges the code, and installs the grant if it is of the
 * same account and nobody has logged in since. What is refused on the way is dropped; nothing stored changes.
 */
export async function finish(ports: ConsentPorts, request: FinishRequest): Promise<ConsentAnswer> {
  const { rotation, store } = ports;
  const stateHash = hashOf(new Secret(request.state));
  const start = await store.start(stateHash);
  if (start === undefined) return { kind: 'expired' };
  // Before the start is used up: another browser's callback must not end a flow that waits.
  if (start.browserHash !== hashOf(request.browser)) return { kind: 'not-this-browser' }; // guard: consent: the browser first
  const found = await find(rotation);
  if (found.pass.session.nowMs() >= start.expiresAtMs) return { kind: 'expired' }; // guard: consent: ten minutes
  if (!(await store.takeStart(stateHash))) return { kind: 'already-used' }; // guard: consent: used once
  if (request.error !== undefined) return withoutCode(ports, request.error);
  // A code that is not exchanged is one consent less at the provider that nobody holds.
  if (isSuperseded(start.over, found.seen)) return { kind: 'too-late' };
  const consented = await exchanged(ports, start, request, found.pass.session.nowMs());
  if ('kind' in consented) return consented;
  return install(ports, { start, found, consented });
}

/** RFC 6749 §4.1.2.1. */
function withoutCode({ note }: ConsentPorts, error: string): ConsentAnswer {
  if (error === 'access_denied') return { kind: 'declined' };
  const isPassing = error === 'temporarily_unavailable' || error === 'server_error';
  const name = /^[\w.-]{1,100}$/.test(error) ? error : 'an error without a readable code';
  note(`the provider's page for consent reports ${name}`);
  return { kind: 'failed', next: isPassing ? 'later' : 'operator' };
}

/** The tokens of a new consent, with what they reach. */
interface Consented {
  readonly tokens: TokenResponse & { readonly refreshToken: Secret };
  readonly requestedAtMs: number;
  /** `undefined`: it could not be read. */
  readonly reached: readonly Company[] | undefined;
}

async function exchanged(
  { rotation, provider, redirectUri, note }: ConsentPorts,
  start: ConsentStart,
  { code, browser }: FinishRequest,
  requestedAtMs: number,
): Promise<Consented | ConsentAnswer> {
  const application = await rotation.client.read();
  if (application === undefined || code === undefined) {
    return { kind: 'failed', next: code === undefined ? 'again' : 'operator' };
  }
  const client = { ...application.client, redirectUri };
  const answer = await provider.exchange(code, client, verifierOf(start, browser));
  if (answer.kind !== 'granted') {
    note(`the code was not exchanged: ${answer.kind}${saidIn(answer)}`);
    return { kind: 'failed', next: nextAfter(answer) };
  }
  const { refreshToken, ...tokens } = answer.tokens;
  if (refreshToken === undefined) {
    note('the provider gave no refresh token: check that the application may have one');
    return { kind: 'failed', next: 'operator' };
  }
  const companies = () => provider.companies(tokens.accessToken);
  const reached = (await companies()) ?? (await companies());
  return { tokens: { ...tokens, refreshToken }, requestedAtMs, reached };
}

function saidIn(answer: Exclude<TokenAnswer, { kind: 'granted' }>): string {
  const said = 'error' in answer ? answer.error : 'said' in answer ? answer.said : undefined;
  const cause = 'cause' in answer ? answer.cause : said;
  return cause === undefined ? '' : `, ${cause}`;
}

function nextAfter(answer: Exclude<TokenAnswer, { kind: 'granted' }>) {
  switch (answer.kind) {
    case 'invalid-grant':
    case 'uncertain':
      return 'again';
    case 'never-sent':
    case 'throttled':
      return 'later';
    case 'invalid-client':
    case 'refused':
    case 'unexpected':
      return 'operator';
  }
}

async function install(
  ports: ConsentPorts,
  consent: {
    readonly start: ConsentStart;
    readonly found: Found;
    readonly consented: Consented;
  },
): Promise<ConsentAnswer> {
  const { start, found, consented } = consent;
  const { tokens, requestedAtMs, reached } = consented;
  const companies = companiesOf(start, found.companies, reached);
  if (companies === 'not read') {
    ports.note('the companies could not be read, so the new consent was not installed');
    return { kind: 'failed', next: 'later' };
  }
  if (companies === 'others') {
    ports.note('the new consent does not reach all companies of the connection');
    return { kind: 'other-account', expects: accountName(found.companies) };
  }
  const { refreshToken, accessToken, expiresInSeconds } = tokens;
  const brought: Consent = {
    ...{ refreshToken, accessToken, expiresInSeconds, requestedAtMs, companies },
    scopes: start.scopes,
  };
  const done = await login(ports.rotation, brought, start.over);
  if (done === 'too-late') return { kind: done };
  await admittedAfter(Promise.resolve(done), ports.senders, companies);
  await report(ports, found, brought, done);
  const account = accountName(companies);
  const { generation } = done.position;
  return { kind: 'connected', generation, ...(account !== '' && { account }) };
}

/** The companies to serve: those from before, where there were some; a person may have narrowed them. */
function companiesOf(
  { ticket }: ConsentStart,
  before: readonly Company[] | undefined,
  reached: readonly Company[] | undefined,
): readonly Company[] | 'others' | 'not read' {
  if (ticket?.anyCompany === true) return reached ?? [];
  if (before === undefined || reached === undefined) return 'not read';
  if (ticket !== undefined && before.length === 0) return reached;
  const isIn = (list: readonly Company[]) => (company: Company) =>
    list.some(({ id }) => id === company.id);
  const isSame = before.length > 0 && before.every(isIn(reached));
  return isSame ? reached.filter(isIn(before)) : 'others'; // guard: consent: the same account
}

async function report(
  { rotation }: ConsentPorts,
  { pass }: Found,
  { requestedAtMs: issuedAtMs, expiresInSeconds }: Consent,
  { position, warnings }: LoggedIn,
): Promise<void> {
  const token = { ...position, expiresAtMs: issuedAtMs + expiresInSeconds * 1000 };
  const published = { ...token, issuedAtMs };
  // It is in: where this does not get out, the next check reports how the connection is.
  await unlessRefused(() =>
    rotation.reporter.report(
      reportOf({ ...pass, published, warnings }, { kind: 'adopted', token }, false),
    ),
  );
}
