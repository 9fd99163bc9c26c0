import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { ConsentAnswer, ConsentDoor, ConsentRequest } from '../core/consent/request.ts';
import { StoreRefused } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import { bounded } from './failures.ts';
import { invoke } from './lambda.ts';

/**
 * Settings of the client that stands in front of the door: less than the 30 s of an HTTP API, and no second try,
 * since a code works once. A connection that a frozen process has kept would cost the first one.
 */
export const invokeOnce = {
  ...bounded,
  maxAttempts: 1,
  requestHandler: {
    ...bounded.requestHandler,
    requestTimeout: 25_000,
    socketTimeout: 25_000,
    httpsAgent: { keepAlive: false },
  },
};

/** The door behind the rotator's alias `consent`. */
export function consentClient(client: LambdaClient, consentAlias: string): ConsentDoor {
  return async (request) => {
    const answer = await invoke(client, consentAlias, bare(request));
    if (isConsentAnswer(answer)) return answer;
    throw new StoreRefused('unavailable', 'the rotator failed: its log tells why');
  };
}

/** The request as it goes over the wire, to one of ours. */
function bare(request: ConsentRequest): object {
  return Object.fromEntries(
    Object.entries(request).map(([key, it]) => [key, it instanceof Secret ? it.reveal() : it]),
  );
}

function isConsentAnswer(value: unknown): value is ConsentAnswer {
  const { kind, authorizeUrl, expects, next } = Object(value) as Readonly<Record<string, unknown>>;
  switch (kind as ConsentAnswer['kind']) {
    case 'open':
      return expects === undefined || typeof expects === 'string';
    case 'begun':
      return typeof authorizeUrl === 'string' && URL.canParse(authorizeUrl);
    case 'other-account':
      return typeof expects === 'string';
    case 'failed':
      return next === 'again' || next === 'later' || next === 'operator';
    case 'nothing-to-do':
    case 'closed':
    case 'busy':
    case 'connected':
    case 'expired':
    case 'not-this-browser':
    case 'already-used':
    case 'too-late':
    case 'declined':
      return true;
    default:
      return false;
  }
}
