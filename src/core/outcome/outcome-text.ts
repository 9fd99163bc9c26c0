import type { Doubt, Latch } from '../journal/journal.ts';
import { toRfc3339 } from '../time.ts';
import type { Outcome } from './outcome.ts';

/** An outcome in one sentence for people: what is the case and, where there is one, the next step. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'fresh':
      return `generation ${outcome.token.generation} is fresh, nothing was due`;
    case 'refreshed':
      return `refreshed: generation ${outcome.token.generation} is published`;
    case 'recovered':
      return `recovered: an earlier run had saved generation ${outcome.token.generation}, and it is published now`;
    case 'adopted':
      return `generation ${outcome.token.generation} is current and published; the refresh token was not used`;
    case 'busy':
      return `another run holds the lease until ${toRfc3339(outcome.untilMs)}`;
    case 'paused':
      return `refreshing is paused since ${toRfc3339(outcome.sinceMs)}; to go on: fresco resume`;
    case 'waiting':
      return `rate-limited by the provider until ${toRfc3339(outcome.untilMs)}; the refresh token was not used`;
    case 'limited':
      return `refresh limit reached; next refresh allowed at ${toRfc3339(outcome.untilMs)}`;
    case 'uncertain':
      return describeUncertain(outcome, outcome.answer);
    case 'refused':
      return describeRefusedOnce(outcome.doubt);
    case 'application-refused':
      return describeApplication(outcome);
    case 'unavailable':
      return `the provider could not be reached: ${outcome.detail}`;
    case 'kept':
      return `the new token is saved but not published yet; the next run continues: ${outcome.detail}`;
    case 'out-of-time':
      return 'not enough time was left to start a refresh; the next run will';
    case 'store-refused':
      return `a store refused (${outcome.reason}): ${outcome.detail}`;
    case 'latched':
      return describeLatch(outcome.latch);
    case 'unexpected':
      return describeUnexpected(outcome);
    case 'lost':
      return `no store accepted the new token, it may be lost: ${outcome.detail}. fresco doctor names the store to mend; then fresco login`;
    case 'clock-skewed':
      return `this machine's clock is ${Math.round(outcome.skewMs / 1000)} s off: set it, then run again`;
    case 'rolled-back':
      return `the stored grant is older than generation ${outcome.known.generation}: somebody has put an old version back. fresco recover restores the newer one; if that is gone, fresco login`;
    case 'seal-unreadable':
      return `the saved token ${outcome.versionId} cannot be decrypted with this grant's key: fresco recover looks for the key, else gives the token up; or fresco login`;
    case 'elsewhere':
      return `this grant was issued for ${outcome.environment}; run fresco login to create one here`;
    case 'token-rejected':
      return `the provider no longer accepts the manual token (since ${toRfc3339(outcome.sinceMs)}): make a new one and enter it with fresco rotate`;
    case 'permission-missing':
      return `the manual token lacks ${outcome.missing.join(', ')}: give it that in Fatture in Cloud under Impostazioni, Applicazioni collegate, Gestisci, Modifica`;
    case 'not-connected':
      return outcome.missing === 'grant'
        ? 'nobody has logged in yet: fresco login'
        : "the application's credentials are not stored: fresco login --application-only, then fresco rotate; or fresco login";
  }
}

const byLogin = 'fresco login';
const byApplication = 'fresco login --application-only, then fresco rotate';

function describeLatch({ sinceMs, doubt }: Latch): string {
  const since = toRfc3339(sinceMs);
  return doubt === undefined
    ? `the provider no longer accepts the refresh token (since ${since}): ${byLogin}`
    : `the provider no longer accepts the refresh token (since ${since}), or refuses the application: it does not say which (${doubt.said}). First try the token: ${byLogin}; else the application: ${byApplication}`;
}

function describeRefusedOnce(doubt: Doubt | undefined): string {
  return doubt === undefined
    ? 'the provider refused the refresh token once; the next check decides'
    : `the provider refused the refresh token or the application once, it does not say which (${doubt.said}); the next check decides. First try the token: ${byLogin}; else the application: ${byApplication}`;
}

type RefusedApplication = Extract<Outcome, { kind: 'application-refused' }>;

function describeApplication({ said, sinceMs, inDoubt }: RefusedApplication): string {
  const since = toRfc3339(sinceMs);
  const unspent = 'the refresh token was not used up and is tried again every hour';
  return inDoubt
    ? `the provider refuses the application (since ${since}), or no longer accepts the refresh token: it does not say which (${said}); ${unspent}. First try the application: ${byApplication}; else the token: ${byLogin}`
    : `the provider refuses the application (${said}, since ${since}); ${unspent}. If the client id or secret is wrong: ${byApplication}`;
}

function describeUnexpected(outcome: Extract<Outcome, { kind: 'unexpected' }>): string {
  const { status, contentType, missing, sinceMs } = outcome;
  const answer = `the provider has answered ${status} (${contentType}) since ${toRfc3339(sinceMs)}`;
  return missing === undefined
    ? `${answer}, which a token endpoint never does; the refresh token was not used up: check FRESCO_PROVIDER_URL and any proxy`
    : `${answer} and does not find the field ${missing} in our request; the refresh token was not used up. This is a fault of Fresco or of the provider's description (encoding, clientAuthentication): please report it`;
}

type Uncertain = Extract<Outcome, { kind: 'uncertain' }>;

function describeUncertain(
  { sinceMs, replayAtMs }: Uncertain,
  answer: Uncertain['answer'],
): string {
  const came =
    answer === undefined
      ? ''
      : ` (${answer.status}, ${answer.contentType} came, which holds no tokens: a proxy or a captive portal may be in between)`;
  return `the response to the refresh at ${toRfc3339(sinceMs)} was lost${came}; retrying at ${toRfc3339(replayAtMs)}`;
}

/** What the provider answered, for the history: status and media type, or the code of its refusal. */
export function answerOf(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case 'unexpected':
      return `${outcome.status} (${outcome.contentType})`;
    case 'uncertain':
      return outcome.answer && `${outcome.answer.status} (${outcome.answer.contentType})`;
    case 'application-refused':
      return outcome.said;
    case 'refused':
      return outcome.doubt?.said;
    case 'latched':
      return outcome.latch.doubt?.said;
    default:
      return undefined;
  }
}

/** The commands that help where a person is called, likelier first; none: it is not done by a command. */
export function commandsFor(outcome: Outcome): readonly string[] {
  const login = 'fresco login';
  const application = 'fresco login --application-only';
  switch (outcome.kind) {
    case 'paused':
      return ['fresco resume'];
    case 'rolled-back':
    case 'seal-unreadable':
      return ['fresco recover', login];
    case 'elsewhere':
    case 'lost':
      return [login];
    case 'not-connected':
      return outcome.missing === 'grant' ? [login] : [application, login];
    case 'latched':
      return outcome.latch.doubt === undefined ? [login] : [login, application];
    case 'application-refused':
      return outcome.inDoubt ? [application, login] : [application];
    case 'token-rejected':
      return ['fresco rotate'];
    default:
      return [];
  }
}

/** The same for a caller from another role or account: only fixed sentences, nothing quoted. */
export function describeClosed(outcome: Outcome): string {
  if (outcome.kind === 'uncertain') return describeUncertain(outcome, undefined);
  return closedReasons[outcome.kind] ?? describeOutcome(outcome);
}

/** In place of what quotes a store, a provider or another place; other outcomes say times alone. */
const closedReasons: Readonly<Partial<Record<Outcome['kind'], string>>> = {
  unavailable: 'the provider could not be reached: the log of the rotator says why',
  unexpected: 'the provider gave an answer that is not a token: the log of the rotator has it',
  'store-refused': 'a store of the rotator refused: its log says which and why',
  kept: 'the new token is saved but not published yet: the next run continues',
  lost: 'the new token may be lost: fresco doctor',
  latched: 'manual action is required: fresco doctor',
  elsewhere: 'the grant was issued for another place or provider: fresco doctor',
  'seal-unreadable': 'a saved token cannot be decrypted: fresco recover',
  'permission-missing': 'the manual token lacks a permission: fresco doctor',
};
