// Goal: no fault of the provider takes the valid access token away, and once it is lifted the connection is
// fresh within one check, or by the token's end where the policy forbids to send again (G5, G6).
// Method: each fault of the sandbox, at the token endpoint and for two checks in a row, under three kinds of
// provider; hourly checks with both clocks moved on, and the API asked with what consumers get.
import { describe, expect, it } from 'vitest';
import { filePorts } from '../../../src/connection/file.ts';
import { openProvider } from '../../../src/connection/provider.ts';
import { createTokenSource, type TokenSource } from '../../../src/core/consumers/token-source.ts';
import type { ReplayPolicy } from '../../../src/core/journal/replay-policy.ts';
import type { Outcome } from '../../../src/core/outcome/outcome.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { tokenEndpoint } from '../../../src/fatture-in-cloud/oauth/token-endpoint.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { openFileStore } from '../../../src/local/file-store/file-store.ts';
import { type TravellingClock, travellingClock } from '../../../src/local/travelling-clock.ts';
import { type FaultKind, faultKinds } from '../../../src/sandbox/control/faults.ts';
import type { RotationMode } from '../../../src/sandbox/control/settings.ts';
import type { SandboxServer } from '../../sandbox/sandbox-server.ts';
import { loggedInStore } from '../logged-in-store.ts';

const hourMs = 3_600_000;
const lifeHours = 24;
const dueAfterHours = 12;
const faultyChecks = 2;

/** Short for the one fault that is waited out to its end. */
const requestMs = ({ kind }: { readonly kind?: string }) => (kind === 'hang' ? 300 : 10_000);

interface System {
  readonly server: SandboxServer;
  readonly clock: TravellingClock;
  readonly tokens: TokenSource;
  /** What the hourly schedule does. */
  check(): Promise<Outcome>;
  advance(hours: number): void;
}

async function openSystem(
  rotationMode: RotationMode,
  policy: ReplayPolicy,
  fault: { readonly kind?: string },
): Promise<System> {
  const server = await loggedInStore();
  await server.request('POST', '/_sandbox/state', { rotationMode });
  const clock = travellingClock(systemClock);
  const store = await openFileStore(server.path, { clock });
  const opened = await openProvider(
    { providerUrl: server.url, providerFile: undefined },
    { clock, env: {} },
  );
  const profile = { ...opened.profile, replayPolicy: policy };
  const endpoint = tokenEndpoint(profile, { clock, requestMs: requestMs(fault) });
  const provider = { ...opened, profile, endpoint };
  const reporter = { report: async () => undefined };
  const ports = () => ({ ...filePorts(store, { name: 'default', provider, reporter }), clock });
  const { accessToken } = store.connection('default');
  const nobody = { kind: 'unavailable', detail: 'nobody is asked here' } as const;
  return {
    server,
    clock,
    // Nobody is asked: what is served is what is stored.
    tokens: createTokenSource({ clock, accessToken, rotator: { ask: async () => nobody } }),
    check: () => rotate(ports(), { trigger: 'schedule' }),
    advance: (hours) => {
      clock.advance(hours * hourMs);
      server.sandbox.advance(hours * 3600);
    },
  };
}

/** What the API says to the token that consumers get now; 0 where they get none. */
async function served({ server, tokens }: System): Promise<number> {
  const obtained = await tokens.obtain();
  if (obtained.kind !== 'token') return 0;
  return (await server.get('/user/info', obtained.token.accessToken.reveal())).status;
}

interface Healing {
  /** Checks after the fault was lifted, the one that brought the new token included; none did: `never`. */
  readonly checks: number | 'never';
  readonly end: Outcome['kind'];
  /** Hours since the login, at the end. */
  readonly hours: number;
}

/** One life: due, then faulty checks, then checks until there is a new token or the old one is over. */
async function live(system: System, fault: object): Promise<Healing> {
  const { server, check, advance } = system;
  const setFaults = (faults: readonly object[]) =>
    server.request('POST', '/_sandbox/faults', faults);
  let hours = dueAfterHours + 0.1;
  advance(hours);
  await setFaults([{ on: 'POST /oauth/token', ...fault }]);
  for (let faulty = 0; faulty < faultyChecks; faulty += 1) {
    await check();
    expect(await served(system), `served at hour ${hours}`).toBe(200);
    advance(1);
    hours += 1;
  }
  await setFaults([]);
  let checks = 0;
  let end: Outcome['kind'] = 'fresh';
  while (hours < lifeHours + 2) {
    if (hours < lifeHours) expect(await served(system), `served at hour ${hours}`).toBe(200);
    end = (await check()).kind;
    checks += 1;
    if (isFresh(end)) {
      expect(await served(system)).toBe(200);
      return { checks, end, hours };
    }
    advance(1);
    hours += 1;
  }
  return { checks: 'never', end, hours };
}

const isFresh = (kind: Outcome['kind']) =>
  ['refreshed', 'recovered', 'adopted', 'fresh'].includes(kind);

const retryAfter = { retryAfter: 600 };
// Each is a life in files: all with FRESCO_FULL=1, otherwise every fault under one of the three kinds of provider.
const isFull = process.env['FRESCO_FULL'] === '1';
const share = <T>(all: readonly T[], third: number) =>
  all.filter((_, at) => isFull || at % 3 === third);

const faults: readonly (readonly [string, object])[] = [
  ...faultKinds.map((kind) => [kind, { kind, delayMs: 50 }] as const),
  ['429', { kind: 'status', status: 429, ...retryAfter }],
  ['403 with Retry-After', { kind: 'status', status: 403, ...retryAfter }],
  ['403 without', { kind: 'status', status: 403 }],
  ['503 with Retry-After', { kind: 'status', status: 503, ...retryAfter }],
];

/** The answer says, or shows, that nothing was processed: the next check may send again. */
const definite = [
  'redirect',
  'delay',
  '429',
  '403 with Retry-After',
  '403 without',
  '503 with Retry-After',
];
const committed: readonly FaultKind[] = ['reset-after', 'status-after'];

describe('a provider that lets a refresh token be used again', () => {
  it.each(share(faults, 0))('after %s: fresh within one check', async (_, fault) => {
    const system = await openSystem('keep-old', { kind: 'reusable' }, fault);
    expect(await live(system, fault)).toMatchObject({ checks: 1 });
  });
});

describe('a provider of which it is not known', () => {
  it.each(share(faults, 1))(
    'after %s: fresh by the token’s end, or at once',
    async (name, fault) => {
      const system = await openSystem('same', { kind: 'unknown' }, fault);
      const { checks, hours } = await live(system, fault);
      if (definite.includes(name)) expect(checks).toBe(1);
      expect(hours).toBeLessThan(lifeHours);
    },
  );
});

describe('a provider that ends the whole family when a token is used again', () => {
  const isKept = ([name]: readonly [string, object]) => !committed.some((kind) => kind === name);

  it.each(share(faults, 2).filter(isKept))('after %s: the same', async (name, fault) => {
    const system = await openSystem('single-use-family', { kind: 'single-use' }, fault);
    const { checks, hours } = await live(system, fault);
    if (definite.includes(name)) expect(checks).toBe(1);
    expect(hours).toBeLessThan(lifeHours);
  });

  it.each(committed)('after %s, which loses the pair: a person, with hours left', async (kind) => {
    const system = await openSystem('single-use-family', { kind: 'single-use' }, {});
    const { server, check, advance } = system;
    advance(dueAfterHours + 0.1);
    await server.request('POST', '/_sandbox/faults', [{ on: 'POST /oauth/token', kind, times: 1 }]);
    expect(await check()).toMatchObject({ kind: 'uncertain' });
    for (let hours = dueAfterHours + 1.1; hours < lifeHours - 2; hours += 1) {
      advance(1);
      expect(await check()).toMatchObject({ kind: 'uncertain' });
      expect(await served(system), `served at hour ${hours}`).toBe(200);
    }
    advance(1);
    expect(await check()).toMatchObject({ kind: 'latched', latch: { kind: 'revoked' } });
  });
});
