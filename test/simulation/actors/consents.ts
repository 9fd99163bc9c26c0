// Goal: people who consent by a link, with other browsers and other tabs that call back at the same time.
// Method: the real door in a process for each request, as the rotator's alias has it.
import { consentDoor } from '../../../src/core/consent/door.ts';
import { hashOf } from '../../../src/core/consent/opening.ts';
import type { ConsentPorts, ConsentStore } from '../../../src/core/consent/ports.ts';
import type { ConsentAnswer } from '../../../src/core/consent/request.ts';
import { issueTicket } from '../../../src/core/consent/ticket.ts';
import type { TokenAnswer } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { Simulation } from '../simulation.ts';
import { place, type SimulatedPorts } from '../world/rotator-ports.ts';
import type { Process } from '../world/scheduler.ts';
import { isKnownThere, startLogin } from './logins.ts';
import { type Start, startProcess } from './processes.ts';

/** One person on their way. */
interface Visit {
  /** They log in with an account that is not the connection's; `asked`: with the one that the page names. */
  readonly account: 'own' | 'foreign' | 'asked';
  /** How long they are at the provider. */
  readonly awayMs: number;
  /** Another browser calls back before them, and a second tab of theirs beside them. */
  readonly isDisturbed: boolean;
  /** Another person logs in just when they come back. */
  readonly isRaced: boolean;
}

const cookie = new Secret('cookie');
const otherCookie = new Secret('cookie of another browser');
const minuteMs = 60_000;

/** An operator gives a link, which a person follows. */
export function startConsent(simulation: Simulation, start: Start): void {
  const { chance } = simulation.world;
  const visit = {
    account: chance.isChance(0.25) ? ('foreign' as const) : ('own' as const),
    awayMs: chance.isChance(0.5) ? chance.below(2000) : chance.below(15 * minuteMs),
    isDisturbed: true,
    isRaced: chance.isChance(0.3),
  };
  startProcess(
    simulation,
    { ...start, name: 'link' },
    (ports, process) =>
      issueTicket(ports, storeOf(simulation, process), {
        anyCompany: false,
        lifeMs: 60 * minuteMs,
      }),
    (issued) => issued && begin(simulation, start, visit, issued.ticket),
  );
}

/** A person follows the address that is open while they are needed. */
export function consentWithoutTicket(simulation: Simulation, start: Start): void {
  begin(simulation, start, {
    account: 'asked',
    awayMs: minuteMs,
    isDisturbed: false,
    isRaced: false,
  });
}

function begin(simulation: Simulation, start: Start, visit: Visit, ticket?: Secret): void {
  const { world, ledger } = simulation;
  const request = { step: 'begin', connection: place.connection, browser: cookie } as const;
  startProcess<ConsentAnswer>(
    simulation,
    { ...start, atMs: Math.max(start.atMs, world.nowMs), name: 'begin' },
    (ports, process) =>
      doorOf(simulation, ports, process, visit)({ ...request, ...(ticket && { ticket }) }),
    (answer) => {
      if (answer?.kind === 'begun') return callBack(simulation, start, visit, answer.authorizeUrl);
      if (ticket === undefined && answer?.kind !== 'failed') {
        ledger.violated('G6', 'the door was shut to a person who is needed');
      }
    },
  );
}

function callBack(simulation: Simulation, start: Start, visit: Visit, state: string): void {
  const { world, ledger } = simulation;
  const stateHash = hashOf(new Secret(state));
  const by = (name: string, browser: Secret) =>
    startProcess(
      simulation,
      { ...start, atMs: world.nowMs + visit.awayMs, name },
      (ports, process) => {
        ledger.consents.onCallback(process, stateHash, browser === cookie);
        const door = doorOf(simulation, ports, process, visit);
        const { connection } = place;
        return door({ step: 'finish', connection, state, browser, code: new Secret('code') });
      },
    );
  if (visit.isRaced) startLogin(simulation, { ...start, atMs: world.nowMs + visit.awayMs });
  if (visit.isDisturbed) by('foreign callback', otherCookie);
  by('callback', cookie);
  if (visit.isDisturbed) by('second tab', cookie);
}

function doorOf(simulation: Simulation, rotation: SimulatedPorts, process: Process, visit: Visit) {
  const ports: ConsentPorts = {
    rotation,
    store: storeOf(simulation, process),
    provider: providerOf(simulation, process, visit),
    redirectUri: 'https://page.invalid/callback',
    defaultScopes: async () => ['entity.clients:r'],
    senders: { read: async () => undefined, note: async () => undefined },
    note: () => undefined,
  };
  return consentDoor(ports);
}

function storeOf({ world, ledger }: Simulation, process: Process): ConsentStore {
  const { consents } = world;
  const read = <T>(effect: () => T) => world.call(process, { label: 'consents.read', effect });
  const write = <T>(effect: () => T) => world.call(process, { label: 'consents.write', effect });
  return {
    keepStart: (start, nowMs) =>
      write(() => {
        const isKept = consents.keepStart(start, nowMs);
        if (isKept) ledger.consents.onBegun(start.stateHash);
        return isKept;
      }),
    start: (stateHash) => read(() => consents.start(stateHash)),
    takeStart: (stateHash) => write(() => consents.takeStart(stateHash)),
    keepTicket: (hash, ticket) => write(() => consents.keepTicket(hash, ticket)),
    ticket: (hash) => read(() => consents.tickets.get(hash)),
  };
}

function providerOf(
  simulation: Simulation,
  process: Process,
  { account }: Visit,
): ConsentPorts['provider'] {
  const { world, ledger } = simulation;
  const exchanged = () => {
    const issue = isKnownThere(world) ? world.provider.authorize(world.nowMs) : undefined;
    ledger.consents.onExchange(process, issue, account === 'foreign');
    return issue;
  };
  return {
    authorizeUrl: ({ state }) => state,
    exchange: () => {
      let issue: ReturnType<typeof exchanged>;
      return world.call<TokenAnswer>(process, {
        label: 'consent.exchange',
        effect: () => {
          issue = exchanged();
          if (issue === undefined) return { kind: 'invalid-client', error: 'invalid_client' };
          const tokens = {
            accessToken: new Secret(issue.accessToken),
            refreshToken: new Secret(issue.refreshToken),
            expiresInSeconds: world.provider.settings.accessTokenSeconds,
            lifetimeAssumed: false,
          };
          return { kind: 'granted', tokens };
        },
        onAnswer: () => issue && ledger.loggedIn(process, issue),
        onFault: (kind) => {
          if (kind === 'nothing is sent') return () => ({ kind: 'never-sent', cause: 'dns' });
          if (kind !== 'answer is lost') return undefined;
          return () => {
            exchanged();
            return { kind: 'uncertain', cause: 'reset' };
          };
        },
      });
    },
    companies: () =>
      world.call(process, {
        label: 'companies.list',
        effect: () => {
          if (account === 'foreign') return [{ id: 99, name: 'Altri' }];
          const asked = account === 'asked' ? simulation.published()?.companies : undefined;
          return asked ?? place.companies;
        },
        onFault: (kind) => (kind === 'canary cannot ask' ? () => undefined : undefined),
      }),
  };
}
