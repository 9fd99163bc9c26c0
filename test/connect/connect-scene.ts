import { connectSite, type SiteAnswer, type SiteEnd } from '../../src/connect/site.ts';
import { answerForNone, consentDoor } from '../../src/core/consent/door.ts';
import type { ConsentPorts } from '../../src/core/consent/ports.ts';
import type { ConsentRequest } from '../../src/core/consent/request.ts';
import { issueTicket } from '../../src/core/consent/ticket.ts';
import type { Company } from '../../src/core/records/company.ts';
import { Secret } from '../../src/core/secret.ts';
import { systemRandom } from '../../src/local/clock.ts';
import { memorySenders } from '../contract/admitted-senders.ts';
import { granted, grantOf, hour, memoryConnection, startMs } from '../core/memory-connection.ts';
import { memoryConsents } from '../doubles/consents.ts';

/** The company of the connection. */
export const uno: Company = { id: 1, name: 'Uno <& Figli> Srl' };
/** Another account's. */
export const due: Company = { id: 2, name: 'Due Srl' };
const site = 'https://api.example';
const provider = 'https://provider.example';
const latch = {
  kind: 'revoked',
  position: { grant: 1, generation: 1, attempt: 0 },
  sinceMs: startMs,
} as const;

/** A request as somebody writes it by hand. */
export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The pages before the real door of a connection that needs a person, and a provider that checks PKCE. */
export function connectScene(needs: 'a person' | 'nobody' = 'a person') {
  const it = memoryConnection();
  const consents = memoryConsents();
  it.store(grantOf(hour, { companies: [uno], scopes: ['entity.clients:r'] }));
  if (needs === 'a person') it.journal.set({ latch, failingSinceMs: startMs });
  const codes = new Map<string, { challenge: string; reaches: Company }>();
  const asked: ConsentRequest[] = [];
  const ends: SiteEnd[] = [];
  const ports: ConsentPorts = {
    rotation: { ...it.ports(), random: systemRandom },
    store: consents.store,
    senders: memorySenders({ companies: [1] }),
    redirectUri: `${site}/connect/callback`,
    defaultScopes: async () => ['default:r'],
    note: () => {},
    provider: {
      authorizeUrl: ({ client, scopes, state, codeVerifier }) =>
        `${provider}/oauth/authorize?${new URLSearchParams({
          redirect_uri: client.redirectUri ?? '',
          scope: scopes.join(' '),
          state,
          code_challenge: codeVerifier.sha256().toString('base64url'),
        })}`,
      exchange: async (code, _, verifier) => {
        const known = codes.get(code.reveal());
        codes.delete(code.reveal());
        if (known?.challenge !== verifier.sha256().toString('base64url')) {
          return { kind: 'invalid-grant' };
        }
        return granted(2, { accessToken: new Secret(`a/of ${known.reaches.id}`) });
      },
      companies: async (token) => [token.reveal().endsWith('1') ? uno : due],
    },
  };
  const door = consentDoor(ports);
  const answer = connectSite({
    connections: ['default'],
    providerUrl: provider,
    isHttps: true,
    random: systemRandom,
    onEnd: (end) => void ends.push(end),
    door: async (request) => {
      asked.push(request);
      return request.connection === 'default' ? door(request) : answerForNone(request);
    },
  });
  const send = ({ method = 'GET', path = '/connect/default', query = '', ...more }: Sent) =>
    answer({ method, path, query, headers: {}, body: '', ...more });
  return {
    it,
    ...consents,
    ports,
    asked,
    ends,
    send,
    /** What a person does on the provider's page: the query that the browser comes back with. */
    approve: (begun: SiteAnswer, reaches = uno) => {
      const { searchParams } = new URL(begun.headers['location'] ?? '');
      const code = `c/${Buffer.from(systemRandom.bytes(16)).toString('hex')}`;
      codes.set(code, { challenge: searchParams.get('code_challenge') ?? '', reaches });
      return `${new URLSearchParams({ code, state: searchParams.get('state') ?? '' })}`;
    },
    issue: async () =>
      (await issueTicket(ports.rotation, ports.store, { anyCompany: false, lifeMs: hour })).ticket,
    browser: () => browserAt(send),
  };
}

/** The pages in front of a connection. */
export type ConnectScene = ReturnType<typeof connectScene>;

/** A browser as people have one: it keeps its cookie, and says where a form comes from. */
function browserAt(send: (sent: Sent) => Promise<SiteAnswer>) {
  let cookie: string | undefined;
  const keep = (answer: SiteAnswer) => {
    const [set = ''] = (answer.headers['set-cookie'] ?? '').split(';');
    if (set !== '') cookie = set.endsWith('=') ? undefined : set;
    return answer;
  };
  const headers = () => ({ ...(cookie !== undefined && { cookie: `theme=dark; ${cookie}` }) });
  return {
    cookie: () => cookie ?? '',
    open: async (ticket?: Secret) =>
      keep(await send({ headers: headers(), query: ticketIn(ticket) })),
    press: async (ticket?: Secret) => {
      const from = { 'sec-fetch-site': 'same-origin', host: 'api.example' };
      const body = ticketIn(ticket);
      return keep(await send({ method: 'POST', headers: { ...headers(), ...from }, body }));
    },
    comeBack: async (query: string) =>
      keep(await send({ path: '/connect/callback', query, headers: headers() })),
  };
}

function ticketIn(ticket: Secret | undefined): string {
  return ticket === undefined ? '' : `${new URLSearchParams({ ticket: ticket.reveal() })}`;
}
