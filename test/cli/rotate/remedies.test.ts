// Goal: every command that is named for what needs a person leads to a fresh connection, by the real command.
// Method: each trouble is brought about over a sandbox; status, doctor, recover, runbook and event are read for
// commands, and each of them is run in a world of its own until a refresh works.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { approveInSandbox } from '../../../src/cli/login/sandbox-consent.ts';
import { openFileConnection } from '../../../src/connection/file.ts';
import { openProvider } from '../../../src/connection/provider.ts';
import type { Journal } from '../../../src/core/journal/journal.ts';
import { commandsFor } from '../../../src/core/outcome/outcome-text.ts';
import { eventOf } from '../../../src/core/outcome/report.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { runHere } from '../in-process.ts';
import { loggedIn } from '../logged-in.ts';
import { freePort } from '../workspace.ts';

type World = Awaited<ReturnType<typeof loggedIn>>;

const on = 'POST /oauth/token';
const application = {
  FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
  FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
};

const run = (world: World, args: string, more = {}, input = '') =>
  runHere({ env: { ...world.env, ...more } }, args.split(' '), { input });

const control = (world: World, path: string, body: object) =>
  world.sandbox.request('POST', `/_sandbox/${path}`, body);

async function connectionOf({ storePath: path, sandbox }: World) {
  const from = { providerUrl: sandbox.url, providerFile: undefined };
  const provider = await openProvider(from, { clock: systemClock, env: {} });
  return openFileConnection({ path, name: 'default', provider, create: false });
}

async function journalled(world: World, change: (journal: Journal) => Partial<Journal>) {
  const { journal } = await connectionOf(world);
  const found = await journal.read();
  await journal.write({ ...found.journal, ...change(found.journal) }, found.revision);
}

/** As if it had been answered half an hour ago and more. */
const anHourLater = (world: World) =>
  journalled(world, ({ badAnswer }) => {
    const agoMs = 3_600_000;
    const atMs = (badAnswer?.atMs ?? 0) - agoMs;
    return { badAnswer: badAnswer && { ...badAnswer, sinceMs: atMs, atMs } };
  });

async function twice(world: World) {
  await run(world, 'rotate');
  await anHourLater(world);
  await run(world, 'rotate');
}

async function withWrongSecret(world: World) {
  const wrong = { ...application, FATTUREINCLOUD_CLIENT_SECRET: 'wrong-secret-invented' };
  expect(await run(world, 'login --application-only', wrong)).toMatchObject({ code: 0 });
  await twice(world);
}

async function rewritten(world: World, change: (grant: Stored) => Stored) {
  const file = join(world.storePath, 'connections/default/grant.json');
  const stored = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...stored, ...change(stored) }));
}

interface Stored {
  readonly labels: Record<string, string>;
  readonly versions: readonly { readonly versionId: string; readonly value: string }[];
}

/** A token as the provider's web application would give it. */
async function manualToken({ sandbox }: World): Promise<string> {
  const wish = { scope: 'entity.clients:r', manual: true };
  return (await sandbox.request('POST', '/_sandbox/grants', wish)).json.access_token;
}

const inDoubt = 'it does not say which';

/** What needs a person, how it comes about, and the row of the runbook that tells of it. */
const troubles: readonly {
  readonly name: string;
  readonly row: string | undefined;
  readonly bring: (world: World) => Promise<unknown>;
  /** What a person mends outside of Fresco before a command helps. */
  readonly mend?: (world: World) => Promise<unknown>;
  /** What a person types where a command asks for it. */
  readonly typed?: (world: World) => Promise<string>;
}[] = [
  {
    name: 'a consent that was taken back',
    row: 'the provider no longer accepts the refresh token',
    bring: async (world) => {
      await control(world, 'revoke', {});
      await twice(world);
    },
  },
  ...(['league', 'bare'] as const).map((refusalDialect) => ({
    name: `a consent that was taken back, in the dialect '${refusalDialect}'`,
    row: inDoubt,
    bring: async (world: World) => {
      await run(world, 'rotate');
      await control(world, 'state', { refusalDialect });
      await control(world, 'revoke', {});
      await twice(world);
    },
  })),
  {
    name: 'another secret at the provider',
    row: 'the provider refuses the application',
    bring: withWrongSecret,
  },
  ...(['words', 'bare'] as const).map((refusalDialect) => ({
    name: `another secret at the provider, in the dialect '${refusalDialect}'`,
    row: inDoubt,
    bring: async (world: World) => {
      await control(world, 'state', { refusalDialect });
      await withWrongSecret(world);
    },
  })),
  {
    name: 'a provider that was wrong about the application for an hour',
    row: 'the provider refuses the application',
    bring: async (world) => {
      const fault = { on, kind: 'status', status: 401, error: 'invalid_client' };
      await control(world, 'faults', [fault]);
      await twice(world);
    },
    mend: (world) => control(world, 'faults', []),
  },
  {
    name: 'a pause',
    row: 'refreshing is paused',
    bring: async (world) => {
      await run(world, 'pause');
      await journalled(world, () => ({ retryAtMs: null }));
    },
  },
  {
    name: 'a grant that was rolled back',
    row: 'the stored grant is older than one that was stored before',
    bring: async (world) => {
      await run(world, 'rotate');
      await rewritten(world, ({ labels, versions }) => ({
        labels: { ...labels, AWSCURRENT: versions[0]?.versionId ?? '' },
        versions,
      }));
    },
  },
  {
    name: 'a seal that nothing opens',
    row: "the saved token cannot be decrypted with this grant's key",
    bring: (world) =>
      journalled(world, () => {
        const versionId = 'sealed-0-0000-0000-0000-000000000000';
        const box = Buffer.alloc(64, 7).toString('base64');
        return { seals: [{ grant: 1, generation: 2, attempt: 1, versionId, box }] };
      }),
  },
  {
    name: 'a grant of another place',
    row: 'this grant was issued for another place',
    bring: (world) =>
      rewritten(world, ({ labels, versions }) => ({
        labels,
        versions: versions.map((version) => ({
          ...version,
          value: version.value.replace('"file-store"', '"elsewhere"'),
        })),
      })),
  },
  {
    name: 'a firewall in between',
    row: 'the provider answers what no token endpoint does',
    bring: async (world) => {
      await control(world, 'faults', [{ on, kind: 'html', status: 403 }]);
      await twice(world);
    },
    mend: (world) => control(world, 'faults', []),
  },
  {
    name: 'an application that is not stored',
    row: "the application's credentials are not stored",
    bring: (world) => rm(join(world.storePath, 'connections/default/client.json')),
  },
  {
    name: 'a manual token that was taken back',
    row: 'the provider no longer accepts the manual token',
    bring: async (world) => {
      await run(world, 'login --manual', {}, await manualToken(world));
      await control(world, 'revoke', {});
      await run(world, 'rotate --if-due');
    },
    typed: manualToken,
  },
];

const rows = async (): Promise<readonly string[]> =>
  (await readFile(new URL('../../../docs/runbook.md', import.meta.url), 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('| '));

/** The commands in a text, as they are typed; what only proves another is none of its own. */
const commandsIn = (text: string): string[] =>
  text
    .replaceAll(/(--application-only[^|]*?)[,;] then `?fresco rotate/g, '$1')
    .match(/fresco [a-z]+(?: --[a-z-]+)*/g) ?? [];

// What only looks, or what the sentence itself calls a risk and no remedy.
const looking = ['fresco doctor', 'fresco status', 'fresco history'];
const isRemedy = (command: string) =>
  !looking.includes(command) && !command.includes('--earlier') && !command.includes('--if-due');

/** All that is named for what stands, by everybody who speaks of it. */
async function named(world: World, row: string | undefined): Promise<readonly string[]> {
  const { rotate } = await connectionOf(world);
  const { outcome } = await rotate({ trigger: 'operator', onlyIfDue: true });
  const turn = 'reauthorization-required';
  const report = { connection: 'default', trigger: 'schedule', atMs: 0, outcome, turn } as const;
  const told = [
    await run(world, 'status'),
    await run(world, 'doctor'),
    await run(world, 'recover --dry-run'),
  ];
  const texts = [
    ...told.map(({ stdout, stderr }) => stdout + stderr),
    ...commandsFor(outcome),
    JSON.stringify(eventOf({ ...report, warnings: [] })?.detail ?? {}),
    ...(await rows()).filter((line) => row !== undefined && line.includes(row)),
  ];
  return [...new Set(texts.flatMap(commandsIn).filter(isRemedy))];
}

/** Runs a command as the person would, with what it asks for; then what it asks to confirm. */
async function carryOut(world: World, command: string, typed = ''): Promise<void> {
  const args = command.replace('fresco ', '');
  if (args !== 'login') {
    const { stderr } = await run(world, args, application, typed);
    const [, confirmed] = /To have it done: fresco (\S+ --yes)$/m.exec(stderr) ?? [];
    if (confirmed !== undefined) await run(world, confirmed);
    return;
  }
  const FATTUREINCLOUD_REDIRECT_URI = `http://localhost:${await freePort()}/callback`;
  const env = { ...application, FATTUREINCLOUD_REDIRECT_URI };
  const login = world.begin(['login', '--no-browser'], env);
  const ended = await Promise.race([login.says(/(http:\S+authorize\S+)/), login.ended]);
  if (typeof ended === 'string') await fetch(await approveInSandbox(ended));
  await login.ended;
}

describe('each command that is named leads to a fresh connection, or to the next one that is named', () => {
  // A grant that was rolled back is read again for seven seconds, by each command.
  beforeEach(() => void vi.spyOn(systemClock, 'wait').mockResolvedValue());
  afterEach(() => void vi.restoreAllMocks());

  it.each(troubles)('for $name', { timeout: 120_000 }, async ({ row, bring, mend, typed }) => {
    const first = await loggedIn();
    await bring(first);
    if (row !== undefined) expect((await rows()).join('\n')).toContain(row);
    const commands = await named(first, row);
    expect(commands).not.toEqual([]);
    const isWell = async (world: World) =>
      (await run(world, 'rotate --if-due')).code === 0 && (await run(world, 'status')).code === 0;
    const ends: Record<string, boolean> = {};
    for (const [index, command] of commands.entries()) {
      const world = index === 0 ? first : await loggedIn();
      if (index > 0) await bring(world);
      const codes = [await run(world, 'rotate --if-due'), await run(world, 'status')];
      expect(codes.map(({ code }) => code)).toContain(2);
      await mend?.(world);
      await carryOut(world, command, await typed?.(world));
      ends[command] = await isWell(world);
      // In doubt it may have been for the other cause: then the others are tried in their order.
      for (const other of row === inDoubt ? commands : []) {
        if (ends[command]) break;
        await carryOut(world, other);
        ends[command] = await isWell(world);
      }
      const { stdout } = await run(world, 'rotate --json', {}, await typed?.(world));
      const outcome = typed === undefined ? 'refreshed' : 'replaced';
      expect(JSON.parse(stdout)).toMatchObject({ outcome });
    }
    expect(ends).toEqual(Object.fromEntries(commands.map((command) => [command, true])));
  });
});
