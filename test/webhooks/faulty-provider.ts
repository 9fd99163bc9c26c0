import { entityPath, findEventType } from '../../src/fatture-in-cloud/webhooks/event-types.ts';
import { type Listening, listen } from '../../src/sandbox/listen.ts';
import { seededRandom } from '../../src/sandbox/oauth/mint.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import type { SendToSink } from '../../src/sandbox/webhooks/sender.ts';
import { Prng } from '../simulation/histories/prng.ts';

export const company = 108061;
export const sink = 'https://hooks.example.com/default';

/** What the changes are, and how often each. */
const changeTypes = [
  'entities.clients.create',
  'entities.clients.update',
  'entities.clients.update',
  'entities.clients.delete',
  'entities.suppliers.update',
  'products.create',
  'products.stock_update',
  'products.delete',
  'issued_documents.invoices.create',
  'issued_documents.invoices.update',
  'issued_documents.invoices.email_sent',
  'received_documents.update',
] as const;

const subscribed = [
  'entities.clients.create',
  'entities.clients.update',
  'entities.clients.delete',
  'entities.suppliers.update',
  'products.create',
  'products.stock_update',
  'products.delete',
  'issued_documents.invoices.create',
  'issued_documents.invoices.update',
  'issued_documents.invoices.email_sent',
  'received_documents.update',
].map((type) => `it.fattureincloud.webhooks.${type}`);

/** One event as the provider told it, however often. */
export interface ToldEvent {
  readonly id: string;
  readonly type: string;
  readonly ids: readonly (number | string)[];
}

export type FaultyProvider = Awaited<ReturnType<typeof faultyProvider>>;

/**
 * The sandbox on a port, whose API fails now and then, and whose notifications come doubled, in disorder,
 * and again where the answer to one was lost.
 */
export async function faultyProvider(options: {
  readonly clock: { nowMs(): number };
  readonly seed: number;
  /** Brings a request to the sink. */
  readonly deliver: SendToSink;
}) {
  const chance = new Prng(options.seed);
  const told = new Map<string, ToldEvent>();
  const counts = { apiCalls: 0, failedAnswers: 0, deliveries: 0, expected: 0 };
  const state = { failing: 0, throttled: false };

  const send: SendToSink = async (request) => {
    const id = request.headers['ce-id'];
    const type = request.headers['ce-type'] ?? '';
    if (id === undefined || findEventType(type) === undefined) return options.deliver(request);
    const { ids } = JSON.parse(request.body ?? '').data as Pick<ToldEvent, 'ids'>;
    told.set(id, { id, type, ids: [...new Set(ids)] });
    // The sink is out of reach, which mixes up the order, or its answer is lost, which doubles the event.
    if (chance.isChance(0.01)) return { kind: 'unreachable', why: 'invented' };
    const answer = await options.deliver(request);
    if (answer.kind === 'answered' && answer.status === 202) counts.deliveries += 1;
    return chance.isChance(0.01) ? { kind: 'unreachable', why: 'invented' } : answer;
  };
  const sandbox = createSandbox({
    clock: options.clock,
    random: seededRandom(options.seed),
    entitiesOfEachKind: 10,
    settings: { hourlyLimit: 1e9, monthlyLimit: 1e9, shortTermLimit: 1e9 },
    send,
  });
  const fetch = async (request: Request): Promise<Response> => {
    if (!/^\/c\/\d+\/(?!subscriptions)/.test(new URL(request.url).pathname)) {
      return sandbox.fetch(request);
    }
    counts.apiCalls += 1;
    const answer = faultyAnswer(chance, state) ?? (await sandbox.fetch(request));
    // A deletion is told by 404: that is an answer.
    if (!answer.ok && answer.status !== 404) counts.failedAnswers += 1;
    return answer;
  };
  const server: Listening = await listen({ ...sandbox, fetch }, { port: 0 });

  const control = async (path: string, body: object = {}): Promise<Record<string, unknown>> => {
    const request = new Request(`${server.url}/_sandbox/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    const answer = await sandbox.fetch(request);
    if (!answer.ok) throw new Error(`/_sandbox/${path} answered ${answer.status}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  return {
    url: server.url,
    sandbox,
    state,
    counts,
    told,
    subscribed,
    /** As the stack's client of the API calls it: without a socket. */
    fetch: ((url, init) => fetch(new Request(url, init))) as typeof globalThis.fetch,
    control,
    close: () => server.close(),
    /** Makes so many changes; one event in eight goes out twice, and each burst in another order. */
    async change(count: number): Promise<void> {
      for (let left = count; left > 0; ) {
        const size = Math.min(left, chance.between(1, 8));
        const answer = await control('changes', {
          type: chance.pick(changeTypes),
          count: size,
          idsPerEvent: chance.isChance(0.1) ? 3 : 1,
          copies: chance.isChance(1 / 8) ? 2 : 1,
          shuffle: true,
        });
        counts.expected += Number(answer['events']);
        left -= size;
      }
    },
    /** What an entity is now; `undefined` once it is gone. */
    async entity(type: string, id: number | string): Promise<unknown> {
      const found = findEventType(type);
      if (found === undefined) throw new Error(`no event type ${type}`);
      const request = new Request(`${server.url}${entityPath(found.resource, company, id)}`, {
        headers: { Authorization: `Bearer ${await manualToken(control)}` },
      });
      const answer = await sandbox.fetch(request);
      if (answer.status === 404) return undefined;
      const { data } = (await answer.json()) as { readonly data?: unknown };
      if (data === undefined) throw new Error(`reading ${type} ${id} answered ${answer.status}`);
      return data;
    },
  };
}

let manual: { readonly control: unknown; readonly token: string } | undefined;

/** A token for the test's own eyes, which no fault touches. */
async function manualToken(
  control: (path: string, body?: object) => Promise<Record<string, unknown>>,
): Promise<string> {
  if (manual?.control !== control) {
    const answer = await control('grants', { manual: true });
    manual = { control, token: String(answer['access_token']) };
  }
  return manual?.token ?? '';
}

function faultyAnswer(
  chance: Prng,
  { failing, throttled }: { readonly failing: number; readonly throttled: boolean },
): Response | undefined {
  if (throttled) {
    return Response.json(
      { error: { message: 'invented' } },
      { status: 429, headers: { 'Retry-After': '120' } },
    );
  }
  if (!chance.isChance(failing)) return undefined;
  return chance.pick([
    () => Response.json({ error: { message: 'invented' } }, { status: 500 }),
    () => new Response('<html>invented</html>', { status: 502 }),
    () => Response.json({ error: { message: 'invented' } }, { status: 503 }),
  ])();
}
