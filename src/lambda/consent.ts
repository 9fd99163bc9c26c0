import { admittedSendersTable } from '../aws/dynamodb/admitted-senders.ts';
import { consentTable } from '../aws/dynamodb/consent-store.ts';
import { expectedSubscriptionsTable } from '../aws/dynamodb/expected-subscriptions.ts';
import type { JournalTable } from '../aws/dynamodb/journal-store.ts';
import { functionLog } from '../aws/reporting/function-log.ts';
import { answerForNone, consentDoor } from '../core/consent/door.ts';
import type { ConsentAnswer, ConsentRequest } from '../core/consent/request.ts';
import { StoreRefused } from '../core/ports.ts';
import type { RotationPorts } from '../core/rotation/pass.ts';
import { listCompanies } from '../fatture-in-cloud/api/companies.ts';
import { consentProvider, scopesOfLogin } from '../fatture-in-cloud/api/consent.ts';
import { tokenEndpoint } from '../fatture-in-cloud/oauth/token-endpoint.ts';
import type { ProviderProfile } from '../fatture-in-cloud/profile.ts';

// A person waits, and an HTTP API waits no longer than 30 s.
const exchangeMs = 8_000;
const companiesMs = 4_000;

/** The rotator's side of the pages for consent. */
export interface ConsentParts {
  readonly connections: readonly string[];
  /** Base of the pages. */
  readonly connectUrl: string;
  readonly profile: ProviderProfile;
  readonly table: JournalTable;
  readonly portsFor: (connection: string) => RotationPorts;
}

/** Answers the public pages through the alias `consent`; each answer is a line in the log, without a secret. */
export async function answerConsent(
  { connections, connectUrl, profile, table: at, portsFor }: ConsentParts,
  request: ConsentRequest,
): Promise<ConsentAnswer> {
  const { connection, step } = request;
  if (!connections.includes(connection)) return answerForNone(request);
  const log = functionLog('rotator');
  const subscriptions = expectedSubscriptionsTable(at.client, at.table, connection);
  const door = consentDoor({
    rotation: portsFor(connection),
    store: consentTable(at.client, at.table, connection),
    provider: consentProvider({
      profile,
      endpoint: tokenEndpoint(profile, { clock: at.clock, requestMs: exchangeMs }),
      companies: (accessToken) => listCompanies(accessToken, profile, { requestMs: companiesMs }),
    }),
    redirectUri: `${connectUrl}/callback`,
    senders: admittedSendersTable(at.client, at.table, connection),
    defaultScopes: async () => {
      const expected = await subscriptions.list().catch(unlessFault);
      return scopesOfLogin(expected.flatMap(({ types }) => types));
    },
    note: (why) => log.warn(`a consent by link: ${why}`, { connection, step }),
  });
  const answer = await door(request);
  if (step !== 'look') log.info(`consent ${step}: ${answer.kind}`, { connection });
  return answer;
}

function unlessFault(error: unknown): [] {
  if (error instanceof StoreRefused) return [];
  throw error;
}
