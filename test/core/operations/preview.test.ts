import { describe, expect, it } from 'vitest';
import { logout } from '../../../src/core/operations/logout.ts';
import { pause } from '../../../src/core/operations/pause.ts';
import { DraftSecret, preview } from '../../../src/core/operations/preview.ts';
import { encodeGrant } from '../../../src/core/records/grant.ts';
import { seal } from '../../../src/core/records/seal.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { Secret } from '../../../src/core/secret.ts';
import { versionedSecretContract } from '../../contract/versioned-secret.ts';
import {
  granted,
  grantOf,
  hour,
  MemorySecret,
  memoryConnection,
  startMs,
} from '../memory-connection.ts';

// One caller: a preview is alone with its draft.
versionedSecretContract('a draft', async () => [new DraftSecret(new MemorySecret())], {
  callers: 1,
});

type World = ReturnType<typeof memoryConnection>;

const parent = { grant: 1, generation: 1, attempt: 0 };
const open = (sentAtMs: number) => ({
  dispatch: { parent, sends: [{ versionId: 'x'.repeat(32), attempt: 1, sentAtMs }] },
  lastAttempt: 1,
});

function sealed(world: World, generation = 2) {
  const grant = grantOf(0, { generation, attempt: 1, refreshToken: new Secret('r/kept') });
  const versionId = 'k'.repeat(32);
  const { random } = world.ports();
  world.journal.set({
    seals: [
      seal(encodeGrant(grant), { versionId, position: grant, sealKey: grant.sealKey }, random),
    ],
  });
}

/** What somebody finds, from a connection whose grant is just due. */
const scenes: Record<string, (world: World) => unknown> = {
  'as it should be': () => {},
  'just refreshed': (world) => world.store(grantOf(hour)),
  'never logged in': (world) => {
    world.grant.currentId = undefined;
    world.accessToken.currentId = undefined;
  },
  'logged out': (world) => logout(world.ports()),
  'without an application': (world) => {
    world.client.missing = true;
  },
  'with the grant of another place': (world) =>
    world.store(grantOf(13 * hour, { environment: 'there' })),
  'rolled back by hand': (world) =>
    world.journal.set({ known: { grant: 1, generation: 5, attempt: 7 } }),
  'with an answer lost just now': (world) => world.journal.set(open(startMs - 1000)),
  'with an answer lost, near its end': (world) => {
    world.store(grantOf(23 * hour));
    world.journal.set(open(startMs - 3 * hour));
  },
  latched: (world) =>
    world.journal.set({ latch: { kind: 'revoked', position: parent, sinceMs: 5 }, known: parent }),
  paused: (world) => pause(world.journal, world.ports().clock),
  'asked to wait': (world) => world.journal.set({ retryAtMs: startMs + 60_000 }),
  'with a token kept in a seal': (world) => sealed(world),
  'with a token kept as a version alone': (world) => {
    const grant = grantOf(0, { generation: 2, attempt: 1 });
    world.grant.versions.set('x'.repeat(32), encodeGrant(grant));
    world.journal.set(open(startMs - 1000));
  },
  'with a token kept in a seal and as a version': (world) => {
    sealed(world);
    const grant = grantOf(0, { generation: 2, attempt: 1, refreshToken: new Secret('r/kept') });
    world.grant.versions.set('k'.repeat(32), encodeGrant(grant));
  },
  'with a token kept in a seal, whose version is there, or its id taken': (world) => {
    sealed(world);
    world.grant.versions.set('k'.repeat(32), new Secret('something else'));
  },
  'published nowhere': (world) => {
    world.accessToken.versions.clear();
    world.accessToken.currentId = undefined;
  },
  'with a seal that nothing opens': (world) =>
    world.journal.set({ seals: [{ ...parent, generation: 2, versionId: 'v', box: 'AAAA' }] }),
  'published behind its grant': (world) =>
    world.store(grantOf(hour, { generation: 2 }), 'v2', false),
  'under another’s lease': (world) =>
    world.journal.set({
      lease: { owner: 'other', fence: 1, expiresAtMs: startMs + 60_000 },
      fence: 1,
    }),
  'under the lease of the dead': (world) =>
    world.journal.set({
      lease: { owner: 'dead', fence: 1, expiresAtMs: startMs + 60_000 },
      fence: 1,
    }),
  'with a clock that is off': (world) => {
    world.journal.dateMs = () => startMs - 60_000;
  },
};

const requests = {
  'an operator': { trigger: 'operator' },
  'an operator, if it is due': { trigger: 'operator', onlyIfDue: true },
  'the schedule': { trigger: 'schedule' },
} as const;

describe.each(Object.entries(requests))('what is foreseen for %s', (_, request) => {
  it.each(Object.entries(scenes))('is what a pass does: %s', async (_name, arrange) => {
    const world = memoryConnection([granted(2)]);
    world.store(grantOf(13 * hour));
    await arrange(world);
    const stored = () => [
      world.journal.revision,
      [...world.grant.versions.keys()],
      world.grant.currentId,
      [...world.accessToken.versions.keys()],
      world.accessToken.currentId,
    ];
    const before = stored();
    const foreseen = await preview(world.ports(), request);
    expect(stored()).toEqual(before);
    expect([world.presented, world.reports]).toEqual([[], []]);
    const outcome = await rotate(world.ports(), request);
    expect(foreseen.kind).toBe(world.presented.length > 0 ? 'would-send' : 'would-end');
    if (foreseen.kind === 'would-end') expect(foreseen.outcome.kind).toBe(outcome.kind);
  });
});

describe('what is foreseen', () => {
  it('names the token that would be sent, which may be one that is recovered first', async () => {
    const world = memoryConnection();
    world.store(grantOf(13 * hour));
    sealed(world);
    expect(await preview(world.ports(), { trigger: 'operator' })).toEqual({
      kind: 'would-send',
      parent: { grant: 1, generation: 2, attempt: 1 },
      isSentBefore: false,
    });
  });

  it('is not misled by a read that is behind', async () => {
    const world = memoryConnection();
    world.store(grantOf(2 * hour), 'v0');
    world.store(grantOf(hour), 'v1');
    world.store(grantOf(0, { generation: 2 }), 'v2', false);
    world.accessToken.stale.push('v0', 'v0', 'v0');
    expect(await preview(world.ports(), { trigger: 'schedule' })).toMatchObject({
      outcome: { kind: 'adopted', token: { generation: 2 } },
    });
  });

  it('says that it would be sent a second time', async () => {
    const world = memoryConnection();
    world.store(grantOf(25 * hour));
    world.journal.set(open(startMs - 3 * hour));
    expect(await preview(world.ports(), { trigger: 'schedule' })).toMatchObject({
      isSentBefore: true,
    });
  });

  it('ends where the provider would be asked about the access token', async () => {
    const world = memoryConnection();
    world.store(grantOf(hour));
    const complains = { trigger: 'consumer', rejected: parent } as const;
    expect(await preview(world.ports(), complains)).toEqual({ kind: 'would-ask' });
  });

  it('passes a broken promise of a port on', async () => {
    const world = memoryConnection();
    world.journal.before = () => {
      throw new TypeError('a bug');
    };
    await expect(preview(world.ports(), { trigger: 'schedule' })).rejects.toThrow('a bug');
  });
});
