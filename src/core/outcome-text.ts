import { toRfc3339 } from './instant.ts';
import type { Latch } from './journal.ts';
import type { Outcome } from './outcome.ts';

/** An outcome in one sentence for people: what is the case and, where there is one, the next step. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'fresh':
      return `generation ${outcome.token.generation} is fresh, nothing was due`;
    case 'refreshed':
      return `refreshed: generation ${outcome.token.generation} is published`;
    case 'recovered':
      return `recovered: generation ${outcome.token.generation} had been kept by an earlier run and is published now`;
    case 'adopted':
      return `generation ${outcome.token.generation} is current and published, nothing was spent`;
    case 'busy':
      return `another run holds the lease until ${toRfc3339(outcome.untilMs)}`;
    case 'paused':
      return `rotation is paused since ${toRfc3339(outcome.sinceMs)}: fresco resume`;
    case 'waiting':
      return `the provider asked for patience until ${toRfc3339(outcome.untilMs)}`;
    case 'limited':
      return `refreshed often enough for now: again from ${toRfc3339(outcome.untilMs)}`;
    case 'uncertain':
      return `a refresh sent at ${toRfc3339(outcome.sinceMs)} has no answer on record; its token may be sent again from ${toRfc3339(outcome.replayAtMs)}`;
    case 'refused':
      return 'the provider refused the refresh token once; the next check decides';
    case 'unavailable':
      return `the provider could not be reached: ${outcome.detail}`;
    case 'kept':
      return `the new token is safe but not published yet, the next run goes on: ${outcome.detail}`;
    case 'out-of-time':
      return 'too little time was left to start a refresh, the next run will';
    case 'store-refused':
      return `a store refused (${outcome.reason}): ${outcome.detail}`;
    case 'latched':
      return describeLatch(outcome.latch);
    case 'unexpected':
      return `the provider answered ${outcome.status} (${outcome.contentType}), which no token endpoint does: check FRESCO_PROVIDER_URL and any proxy`;
    case 'lost':
      return `no store accepted the new token, it may be lost: ${outcome.detail}`;
    case 'clock-skewed':
      return `this machine's clock is ${Math.round(outcome.skewMs / 1000)} s off: set it, then run again`;
    case 'rolled-back':
      return `the stored grant is older than generation ${outcome.known.generation}, which was stored before: somebody has rolled it back: fresco recover`;
    case 'seal-unreadable':
      return `a token was kept under ${outcome.versionId} but the grant's key does not open it: fresco recover`;
    case 'elsewhere':
      return `the grant belongs to ${outcome.environment}, not here: use it there, or run fresco login for this place`;
    case 'token-rejected':
      return `the provider no longer accepts the manual token since ${toRfc3339(outcome.sinceMs)}: make a new one and put it in with fresco rotate`;
    case 'permission-missing':
      return `the manual token lacks ${outcome.missing.join(', ')}: give it that in Fatture in Cloud under Impostazioni, Applicazioni collegate, Gestisci, Modifica`;
    case 'not-connected':
      return outcome.missing === 'grant'
        ? 'nobody has logged in yet: fresco login'
        : "the application's credentials are not stored: fresco login";
  }
}

function describeLatch(latch: Latch): string {
  const since = toRfc3339(latch.sinceMs);
  switch (latch.kind) {
    case 'revoked':
      return `the provider no longer accepts the refresh token since ${since}: fresco login`;
    case 'misconfigured':
      return `the provider refuses the application since ${since} (${latch.error}): fresco login --application-only stores the right client id and secret, the refresh token is unspent`;
  }
}
