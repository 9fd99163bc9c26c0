import { answerOf } from '../../src/core/consumers/rotator.ts';
import { createTokenSource } from '../../src/core/consumers/token-source.ts';
import { emptyJournal, type Journal } from '../../src/core/journal/journal.ts';
import type { JournalStore } from '../../src/core/journal/journal-store.ts';
import type { ReplayPolicy } from '../../src/core/journal/replay-policy.ts';
import { login } from '../../src/core/operations/login.ts';
import { StoreRefused, type VersionedSecret } from '../../src/core/ports.ts';
import { decodeAccessToken } from '../../src/core/records/access-token.ts';
import { decodeGrant } from '../../src/core/records/grant.ts';
import type { RotationPorts } from '../../src/core/rotation/pass.ts';
import { rotate } from '../../src/core/rotation/rotate.ts';
import { Secret } from '../../src/core/secret.ts';
import { canary } from '../../src/fatture-in-cloud/api/canary.ts';
import { tokenEndpoint } from '../../src/fatture-in-cloud/oauth/token-endpoint.ts';
import { fattureInCloud } from '../../src/fatture-in-cloud/profile.ts';
import type { RotationMode } from '../../src/sandbox/control/settings.ts';
import type { Build, Contender } from './contender.ts';
import { seeded } from './seeded.ts';
import type { Actor } from './turns.ts';
import { StoreDown, type World } from './world.ts';

const hourMs = 3_600_000;

interface Versions {
  readonly byId: Map<string, Secret>;
  currentId: string | undefined;
}

interface Table {
  journal: Journal;
  revision: number;
}

/** Fresco as it comes: its rotator hourly, and callers through its token source, whose demands are passes of their own. */
export const fresco: Build = (world) => frescoWith('Fresco', world, { kind: 'unknown' });

/** The same where somebody has run `fresco probe`, which tells what the provider takes again. */
export const probedFresco: Build = (world) =>
  frescoWith('Fresco, after `fresco probe`', world, measured[world.rotationMode]);

// A grace is noted a little shorter than the longest after which a token was seen to work.
const measured: Readonly<Record<RotationMode, ReplayPolicy>> = {
  same: { kind: 'reusable' },
  'keep-old': { kind: 'grace', seconds: 600 },
  grace: { kind: 'grace', seconds: 50 },
  'single-use': { kind: 'single-use' },
  'single-use-family': { kind: 'single-use' },
};

function frescoWith(name: string, world: World, policy: ReplayPolicy): Contender {
  const grant: Versions = { byId: new Map(), currentId: undefined };
  const published: Versions = { byId: new Map(), currentId: undefined };
  const table: Table = { journal: emptyJournal, revision: 0 };
  const chance = seeded(world.schedule.seed + 2);
  const portsOf = (actor: Actor): RotationPorts => {
    const provider = world.baseUrl;
    const profile = {
      ...fattureInCloud(provider),
      tokenUrl: `${world.urlFor(actor)}/oauth/token`,
      canaryUrl: `${world.urlFor(actor)}/user/info`,
    };
    const clock = {
      nowMs: () => world.turns.nowMs,
      monotonicMs: () => world.turns.nowMs,
      wait: (ms: number) => world.turns.turn(actor, ms),
    };
    const client = {
      clientId: 'sandbox-client',
      clientSecret: new Secret('sandbox-secret', provider),
    };
    return {
      clock,
      random: { bytes: (count) => Uint8Array.from({ length: count }, () => chance.below(256)) },
      owner: { id: actor.name, isDead: () => false },
      journal: journalOf(world, actor, table),
      grant: secretOf(world, actor, grant),
      accessToken: secretOf(world, actor, published),
      client: { read: async () => ({ client, versionId: 'client-1' }) },
      endpoint: tokenEndpoint(profile, { clock, requestMs: 15_000 }),
      canary: canary(profile, { requestMs: 5_000 }),
      reporter: { report: async () => undefined },
      settings: {
        connection: 'default',
        environment: 'here',
        provider,
        policy,
        rotateEveryMs: 24 * hourMs,
        leaseTermMs: 90_000,
        requestMs: 15_000,
        storeMs: 15_000,
      },
    };
  };
  const call = async (actor: Actor) => {
    const ports = portsOf(actor);
    const source = createTokenSource({
      clock: ports.clock,
      accessToken: ports.accessToken,
      rotator: {
        ask: async (wish) => answerOf(await rotate(ports, { trigger: 'consumer', ...wish })),
      },
    });
    await source.obtain();
  };
  return {
    name,
    login: async () => {
      const pair = await world.consent();
      const actor = world.actor('login');
      const consent = {
        accessToken: new Secret(pair.accessToken, world.baseUrl),
        refreshToken: new Secret(pair.refreshToken, world.baseUrl),
        requestedAtMs: world.turns.nowMs,
        expiresInSeconds: 86_400,
        companies: [],
      };
      await world.turns.run(
        new Map([[actor, () => login(portsOf(actor), consent).then(() => undefined)]]),
      );
    },
    works: (_, callers) => {
      const rotator = world.actor('rotator');
      const pass = () => rotate(portsOf(rotator), { trigger: 'schedule' }).then(() => undefined);
      const calls = Array.from({ length: callers }, () => world.actor('caller')).map(
        (actor) => [actor, () => call(actor)] as const,
      );
      return new Map([[rotator, pass] as const, ...calls]);
    },
    accessToken: () => current(published, decodeAccessToken)?.accessToken.reveal(),
    refreshToken: () => current(grant, decodeGrant)?.refreshToken.reveal(),
  };
}

function current<T>(versions: Versions, decode: (value: Secret) => T): T | undefined {
  const value = versions.byId.get(versions.currentId ?? '');
  return value && decode(value);
}

/** Secrets Manager's two primitives, each call one step. */
function secretOf(world: World, actor: Actor, versions: Versions): VersionedSecret {
  const call = <T>(isWrite: boolean, made: () => T): Promise<T> =>
    world.store(actor, isWrite, made).catch((error: unknown) => {
      if (!(error instanceof StoreDown)) throw error;
      throw new StoreRefused('unavailable', 'the store of secrets takes no write');
    });
  const found = (versionId: string | undefined) => {
    const value = versions.byId.get(versionId ?? '');
    return versionId === undefined || value === undefined ? undefined : { versionId, value };
  };
  return {
    current: () => call(false, () => found(versions.currentId)),
    version: (versionId) => call(false, () => found(versionId)),
    put: (versionId, value) =>
      call(true, () => {
        const there = versions.byId.get(versionId);
        if (there !== undefined) return there.equals(value) ? 'stored' : 'taken';
        versions.byId.set(versionId, value);
        versions.currentId ??= versionId;
        return 'stored';
      }),
    promote: (versionId, from) =>
      call(true, () => {
        if (!versions.byId.has(versionId)) return 'absent';
        if (versions.currentId !== from) return 'moved';
        versions.currentId = versionId;
        return 'promoted';
      }),
  };
}

/** The table is another service: what befalls the store of secrets does not befall it. */
function journalOf(world: World, actor: Actor, table: Table): JournalStore {
  return {
    read: () => world.store(actor, false, () => ({ ...table })),
    write: (journal, revision) =>
      world.store(actor, false, () => {
        if (table.revision !== revision) return 'conflict';
        Object.assign(table, { journal, revision: revision + 1 });
        return 'written';
      }),
  };
}
