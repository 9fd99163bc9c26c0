import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

/** How one webhook was answered. */
export interface Accepted {
  readonly status: number;
  readonly ms: number;
  readonly atMs: number;
}

/** Sends webhooks as the provider does, so many a second, whatever becomes of them. */
export interface Load {
  /** When each entity was last told of, by its id. */
  readonly toldAtMs: Map<number, number>;
  readonly answers: Accepted[];
  readonly counts: { sent: number; copies: number; forged: number; lost: number };
  pause(): void;
  resume(): void;
  stop(): void;
}

/** What a webhook is made of. */
export interface LoadOptions {
  readonly sink: string;
  readonly companyId: number;
  readonly ids: readonly number[];
  readonly perSecond: number;
  readonly sign: (claims: Record<string, unknown>) => string;
  readonly applicationId: number;
}

const tickMs = 20;

/** An open loop: what is due is sent, even if earlier ones are still unanswered. */
export function startLoad(options: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const counts = { sent: 0, copies: 0, forged: 0, lost: 0 };
  const answers: Accepted[] = [];
  const toldAtMs = new Map<number, number>();
  let isPaused = false;
  let due = 0;
  let beforeMs = performance.now();
  const send = (webhook: Webhook) => {
    counts.sent += 1;
    post(agent, options.sink, webhook).then(
      (answer) => answers.push(answer),
      () => {
        counts.lost += 1;
      },
    );
  };
  const timer = setInterval(() => {
    const nowMs = performance.now();
    due += isPaused ? 0 : ((nowMs - beforeMs) / 1000) * options.perSecond;
    beforeMs = nowMs;
    for (; due >= 1; due -= 1) {
      const id = options.ids[counts.sent % options.ids.length] ?? 0;
      // Of a hundred five come twice, and one is somebody else's.
      const isForged = counts.sent % 100 === 50;
      const webhook = webhookOf(options, id, isForged);
      if (isForged) counts.forged += 1;
      else toldAtMs.set(id, Date.now());
      send(webhook);
      if (counts.sent % 20 === 0) {
        counts.copies += 1;
        send(webhook);
      }
    }
  }, tickMs);
  return {
    toldAtMs,
    answers,
    counts,
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
    },
    stop: () => {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

interface Webhook {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function webhookOf(options: LoadOptions, id: number, isForged: boolean): Webhook {
  const eventId = `${options.applicationId}:${randomUUID()}`;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const subject = `company:${options.companyId}`;
  const token = options.sign({
    jti: isForged ? 'another' : eventId,
    iss: 'https://api-v2.fattureincloud.it',
    sub: subject,
    aud: [options.sink],
    iat: nowSeconds,
    exp: nowSeconds + 10_800,
    aid: options.applicationId,
  });
  return {
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'ce-id': eventId,
      'ce-type': 'it.fattureincloud.webhooks.entities.clients.update',
      'ce-subject': subject,
      'ce-time': new Date().toISOString(),
      'ce-specversion': '1.0',
    },
    body: JSON.stringify({ data: { ids: [id] } }),
  };
}

function post(agent: Agent, sink: string, { headers, body }: Webhook): Promise<Accepted> {
  const beganMs = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      sink,
      { method: 'POST', agent, headers, timeout: 30_000 },
      (answer) => {
        answer.resume();
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            ms: performance.now() - beganMs,
            atMs: Date.now(),
          }),
        );
        answer.on('error', reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** A fault for so many seconds of each ten minutes; everything before the first is quiet. */
export interface Fault {
  readonly atSecond: number;
  readonly seconds: number;
  readonly name: string;
  readonly faults: readonly object[];
  /** All access is taken back as it begins, and a person consents anew by the link as it ends. */
  readonly isRevoked?: boolean;
}

/** What comes and goes in each cycle, and the rest at its end in which handles are counted. */
export function cycleOf(cycleSeconds: number): readonly Fault[] {
  const part = cycleSeconds / 20;
  const api = 'GET /c/*';
  const tokenEndpoint = 'POST /oauth/token';
  return [
    { name: 'the API answers 500', faults: [{ on: api, kind: 'status', status: 500 }] },
    {
      name: 'the token endpoint is down',
      faults: [{ on: tokenEndpoint, kind: 'html', status: 502 }],
    },
    { name: 'answers of the API are lost', faults: [{ on: api, kind: 'reset-after' }] },
    {
      name: 'answers of the token endpoint are lost',
      faults: [{ on: tokenEndpoint, kind: 'reset-after' }],
    },
    {
      name: 'the API asks to wait',
      faults: [{ on: api, kind: 'status', status: 429, retryAfter: 2 }],
    },
    { name: 'access is taken back, and a person consents anew', faults: [], isRevoked: true },
  ].map((fault, at) => ({ ...fault, atSecond: part * (10 + at * 1.5), seconds: part / 2 }));
}

/** Lets a fault of the provider begin. */
export async function beginFault(sandbox: Sandbox, fault: Fault): Promise<void> {
  await control(sandbox, 'faults', fault.faults);
  if (fault.isRevoked) await control(sandbox, 'revoke', {});
}

/** Lifts all faults; what was revoked stays so. */
export function liftFaults(sandbox: Sandbox): Promise<void> {
  return control(sandbox, 'faults', []);
}

/** Asks the control API of a sandbox in the same process. */
async function control(sandbox: Sandbox, path: string, body: object): Promise<void> {
  const answer = await sandbox.fetch(
    new Request(`http://127.0.0.1/_sandbox/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
  if (!answer.ok) throw new Error(`the sandbox refused ${path}: ${answer.status}`);
}
