import type { Connection } from '../../connection/connection.ts';
import { consentIn } from '../../connection/login/consent.ts';
import {
  awaitConsent,
  type DeviceAuthorization,
  type DeviceEnd,
  type DeviceFlow,
  type DeviceRefusal,
} from '../../connection/login/device.ts';
import type { Client } from '../../core/ports.ts';
import { openBrowser } from '../browser.ts';
import { Failure, personNeeded, tryAgain, wrongUsage } from '../failure.ts';
import { interruption } from '../interruption.ts';
import { isInteractive, say, strong, waiting } from '../terminal.ts';
import { keepConsent, type LoginFacts } from './facts.ts';

/** What a login by device code needs to know. */
export interface DeviceLogin {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly browser: boolean;
  /** The code is shown as a line of JSON. */
  readonly json: boolean;
}

/** Logs in by device code (RFC 8628): any browser anywhere will do, and the application has no secret. */
export async function logInWithDevice(
  connection: Connection,
  login: DeviceLogin,
): Promise<LoginFacts> {
  const { provider, clock } = connection;
  const flow = provider.device;
  if (flow === undefined) throw wrongUsage`this provider has no device flow: use fresco login`;
  const client: Client = { clientId: login.clientId };
  const authorization = await start(flow, client, login.scopes);
  show(authorization, login);
  // A poll may bring the tokens.
  const poll: DeviceFlow['poll'] = (...asked) => interruption.whole(() => flow.poll(...asked));
  const waited = awaitConsent({ ...flow, poll }, client, authorization, clock);
  const end = await waiting('waiting for your consent, Ctrl-C stores nothing', waited);
  if (end.kind !== 'granted') throw failureAfter(end);
  const { tokens, requestedAtMs } = end;
  return interruption.whole(async () =>
    keepConsent(connection, client, await consentIn(provider, tokens, requestedAtMs), login.scopes),
  );
}

async function start(
  flow: DeviceFlow,
  client: Client,
  scopes: readonly string[],
): Promise<DeviceAuthorization> {
  const started = await waiting('asking for a code', flow.start(client, scopes.join(' ')));
  switch (started.kind) {
    case 'started':
      return started.authorization;
    case 'refused':
      throw personNeeded`the provider gives no device code (${started.error}): it enables this flow on request, for chosen applications; fresco choose shows the other ways`;
    case 'unavailable':
      throw tryAgain`the provider gave no device code (${started.cause}): run fresco login --device again`;
  }
}

function show(authorization: DeviceAuthorization, { browser, json }: DeviceLogin): void {
  const { userCode, verificationUri, expiresInSeconds, isProvidersPage } = authorization;
  if (json) {
    say(JSON.stringify({ userCode, verificationUri, expiresInSeconds }));
    return;
  }
  if (!isInteractive()) {
    say(`open  ${verificationUri}`);
    say(`code  ${userCode}`);
    return;
  }
  say('open this page on any device, and type the code:');
  say('', ['  ', strong(verificationUri)], '');
  const edge = '─'.repeat(userCode.length * 2 + 5);
  say(`  ┌${edge}┐`);
  say(['  │   ', strong([...userCode].join(' ')), '   │']);
  say(`  └${edge}┘`, '');
  if (!isProvidersPage)
    say('that page is on another host than the provider: look at it before you open it', '');
  else if (browser) openBrowser(verificationUri);
}

const again = 'nothing was stored, run fresco login --device again';

function failureAfter(end: Exclude<DeviceEnd, { kind: 'granted' }>): Failure {
  switch (end.kind) {
    case 'denied':
      return personNeeded`the access was refused on the page of the code: ${again}`;
    case 'expired':
      return tryAgain`nobody has typed the code in time: ${again}`;
    case 'refused':
      return new Failure('person', describeRefusal(end.answer));
  }
}

function describeRefusal(answer: DeviceRefusal): string {
  switch (answer.kind) {
    case 'invalid-grant':
      return `the provider does not know the code any more, or its answer was lost: ${again}`;
    case 'invalid-client':
      return `the provider refuses the application (${answer.error}): check the client id; ${again}`;
    case 'refused':
      return `the provider refuses the code or the application, it does not say which (${answer.said}): check the client id; ${again}`;
    case 'unexpected':
      return `the provider answered ${answer.status} (${answer.contentType}), which a token endpoint never does: check FRESCO_PROVIDER_URL and any proxy; nothing was stored`;
  }
}
