import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { RotationMode } from '../../src/sandbox/control/settings.ts';
import { seededRandom } from '../../src/sandbox/oauth/mint.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { readBody } from '../../test/doubles/http/loopback.ts';
import type { DayFault, Schedule } from './schedule.ts';
import { seeded } from './seeded.ts';
import { type Actor, Turns } from './turns.ts';

const hourMs = 3_600_000;

/** What was seen of one contender over one schedule. */
export interface Figures {
  hours: number;
  hoursWithout: number;
  /** Of these nobody could have kept the new token: not a byte of it reached a living process. */
  answersLost: number;
  spentTwice: number;
  grantsLost: number;
  logins: number;
  refreshes: number;
}

/** The provider behind sockets, virtual time, and the faults of the day. */
export class World {
  readonly schedule: Schedule;
  readonly rotationMode: RotationMode;
  readonly turns: Turns;
  readonly figures: Figures = {
    hours: 0,
    hoursWithout: 0,
    answersLost: 0,
    spentTwice: 0,
    grantsLost: 0,
    logins: 0,
    refreshes: 0,
  };
  readonly startMs: number;
  baseUrl = '';
  readonly #sandbox: Sandbox;
  readonly #server: Server;
  readonly #actors = new Map<string, Actor>();
  readonly #consumed = new Set<string>();
  /** The grant of each refresh token that was ever given. */
  readonly #grantOf = new Map<string, number>();
  #struckDay = -1;
  #outageUntilMs = 0;
  #refusesUntilMs = 0;
  #lastActor = 0;

  constructor(schedule: Schedule, rotationMode: RotationMode) {
    this.schedule = schedule;
    this.rotationMode = rotationMode;
    this.startMs = Date.UTC(2026, 0, 1);
    this.turns = new Turns(this.startMs, seeded(schedule.seed + 1));
    this.#sandbox = createSandbox({
      clock: { nowMs: () => this.turns.nowMs },
      random: seededRandom(schedule.seed),
      settings: { rotationMode, hourlyLimit: 1e9, monthlyLimit: 1e9, shortTermLimit: 1e9 },
    });
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.baseUrl = `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A process that is about to start. */
  actor(what: string): Actor {
    this.#lastActor += 1;
    const actor = { name: `${what}-${this.#lastActor}`, isDead: false, stepsLeft: undefined };
    this.#actors.set(actor.name, actor);
    return actor;
  }

  /** Where an actor finds the provider: its name in the path says whose turn a request needs. */
  urlFor(actor: Actor): string {
    return `${this.baseUrl}/${actor.name}`;
  }

  /** One call of the store of secrets; a write may be refused, and the actor may die right after it. */
  async store<T>(actor: Actor, isWrite: boolean, call: () => T): Promise<T> {
    await this.turns.turn(actor);
    if (isWrite && this.turns.nowMs < this.#refusesUntilMs) throw new StoreDown();
    const answer = call();
    if (this.turns.dies(actor)) await never();
    return answer;
  }

  /** A new grant by a person's consent, in no time. */
  async consent(): Promise<{ readonly accessToken: string; readonly refreshToken: string }> {
    const answer = await this.#ask('POST', '/_sandbox/grants', { direct: true });
    const { access_token: accessToken, refresh_token: refreshToken } = answer.body;
    const { body } = await this.#ask('GET', '/_sandbox/state');
    const grants = body['grants'] as readonly { id: number }[];
    this.#grantOf.set(String(refreshToken), grants.at(-1)?.id ?? 0);
    return { accessToken: String(accessToken), refreshToken: String(refreshToken) };
  }

  /** What the provider says of an access token now, without anybody's turn. */
  async isGood(accessToken: string | undefined): Promise<boolean> {
    if (accessToken === undefined) return false;
    const { status } = await this.#ask('GET', '/user/info', undefined, accessToken);
    return status === 200;
  }

  /** Whether a refresh token still works, known without presenting it. */
  async isLiving(refreshToken: string | undefined): Promise<boolean> {
    const grant = this.#grantOf.get(refreshToken ?? '');
    if (grant === undefined || this.#consumed.has(refreshToken ?? '')) return false;
    const { body } = await this.#ask('GET', '/_sandbox/state');
    const grants = body['grants'] as readonly { id: number; revoked: boolean }[];
    return grants.some(({ id, revoked }) => id === grant && !revoked);
  }

  get isDown(): boolean {
    return this.turns.nowMs < this.#outageUntilMs;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name = '', ...rest] = (request.url ?? '').split('/');
    const actor = this.#actors.get(name);
    const body = String(await readBody(request));
    if (actor === undefined) throw new Error(`nobody is called ${name}`);
    await this.turns.turn(actor);
    const path = `/${rest.join('/')}`;
    const isRefresh = request.method === 'POST' && path === '/oauth/token';
    const fault = isRefresh ? this.#strike(actor) : undefined;
    if (isRefresh && this.isDown) return void response.writeHead(502).end('<html>');
    if (this.turns.dies(actor)) return;
    const answer = await this.#sandbox.fetch(
      new Request(`http://sandbox${path}`, {
        method: request.method ?? 'GET',
        headers: headersOf(request),
        ...(request.method === 'POST' ? { body } : {}),
      }),
    );
    const text = await answer.text();
    const isUsedUp = isRefresh && this.#count(body, answer.status, text);
    const isLost = fault === 'lost-answer' || this.turns.dies(actor);
    if (isLost && isUsedUp) this.figures.answersLost += 1;
    if (isLost) return actor.isDead ? undefined : void response.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }

  /** The fault of this day, at its first refresh. */
  #strike(actor: Actor): DayFault['kind'] | undefined {
    this.figures.refreshes += 1;
    const day = Math.floor((this.turns.nowMs - this.startMs) / (24 * hourMs));
    if (day === this.#struckDay) return undefined;
    this.#struckDay = day;
    const fault = this.schedule.days[day] ?? { kind: 'none' };
    if (fault.kind === 'outage') this.#outageUntilMs = this.turns.nowMs + fault.hours * hourMs;
    if (fault.kind === 'store-refuses') this.#refusesUntilMs = this.turns.nowMs + hourMs;
    if (fault.kind === 'kill') actor.stepsLeft = fault.steps;
    return fault.kind;
  }

  /** Whether the token that was presented is used up by this. */
  #count(body: string, status: number, text: string): boolean {
    const spent = tokenIn(body);
    if (this.#consumed.has(spent)) this.figures.spentTwice += 1;
    const fresh = status === 200 ? (JSON.parse(text) as { refresh_token?: string }) : {};
    if (fresh.refresh_token === undefined || fresh.refresh_token === spent) return false;
    this.#consumed.add(spent);
    this.#grantOf.set(fresh.refresh_token, this.#grantOf.get(spent) ?? 0);
    return true;
  }

  async #ask(method: string, path: string, body?: object, accessToken?: string) {
    const answer = await this.#sandbox.fetch(
      new Request(`http://sandbox${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
}

/** The store of secrets takes no write now. */
export class StoreDown extends Error {
  override readonly name = 'StoreDown';
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === 'string' && !/^(host|connection|content-length)$/.test(name)
        ? [[name, value]]
        : [],
    ),
  );
}

/** Bodies are JSON or form, as each client writes them. */
function tokenIn(body: string): string {
  const fields = body.startsWith('{')
    ? (JSON.parse(body) as { refresh_token?: string })
    : { refresh_token: new URLSearchParams(body).get('refresh_token') ?? '' };
  return fields.refresh_token ?? '';
}
