// Goal: Ctrl-C or a kill at any moment of any writing command leaves a store that doctor calls whole, or that
// recover makes whole. Method: processes of the built command, ended by a seeded choice of command, signal and
// moment: either after a random time, or with the n-th change of a stored file.
import { watch } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examine } from '../../../src/cli/inspect/doctor.ts';
import { recover } from '../../../src/cli/rotate/recover.ts';
import { connect } from '../../../src/cli/settings/options.ts';
import { openSubscriptions, type Subscriptions } from '../../../src/connection/webhooks.ts';
import { pause, resume } from '../../../src/core/operations/pause.ts';
import { classOf } from '../../../src/core/outcome/outcome.ts';
import { controlSandbox } from '../../sandbox/sandbox-control.ts';
import { startSink } from '../../sandbox/webhook-sink.ts';
import { Prng } from '../../simulation/histories/prng.ts';
import { type DeployedStack, startDeployed } from '../deployed.ts';
import { loggedIn } from '../logged-in.ts';
import { withVariables } from '../surroundings.ts';
import { createWorkspace, type Workspace } from '../workspace.ts';

const full = process.env['FRESCO_FULL'] !== undefined;
const seed = Number(process.env['FRESCO_SEED'] ?? 20_261_124);
const application = {
  FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
  FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
};
const usualMs = 700;
const usualChanges = 12;

/** A store that commands write to, and what a provider's side of it can do. */
interface Place {
  readonly workspace: Workspace;
  readonly env: Readonly<Record<string, string>>;
  readonly providerUrl: string;
  /** Where files change while a command writes; absent: they don't. */
  readonly watched?: string;
  readonly commands: readonly Writing[];
}

/** A command that writes, with what has to be so for it to have something to do. */
interface Writing {
  readonly name: string;
  prepare(place: Place): Promise<Prepared>;
  /** What makes the store whole after it, where that is not recover's business. */
  settle?(place: Place): Promise<void>;
}

interface Prepared {
  readonly args: readonly string[];
  readonly input?: string;
}

const plain = (...args: readonly string[]): Writing => ({
  name: args[0] ?? '',
  prepare: async () => ({ args }),
});

const adopting: Writing = {
  name: 'login',
  prepare: async ({ providerUrl }) => {
    const scope = 'entity.clients:r';
    const tokens = await controlSandbox(providerUrl, 'grants', { direct: true, scope });
    return { args: ['login', '--refresh-token'], input: tokens['refresh_token'] ?? '' };
  },
};

/** After a refresh that was not answered. */
const recovering: Writing = {
  name: 'recover',
  prepare: async ({ providerUrl }) => {
    const fault = { on: 'POST /oauth/token', kind: 'reset-after', times: 1 };
    await controlSandbox(providerUrl, 'faults', [fault]);
    await (await connect({})).rotate({ trigger: 'operator', onlyIfDue: false });
    await controlSandbox(providerUrl, 'faults', [slow]);
    return { args: ['recover', '--yes'] };
  },
};

const pausing = (name: 'pause' | 'resume'): Writing => ({
  name,
  prepare: async () => {
    const { journal, clock } = await connect({});
    await (name === 'pause' ? resume : pause)(journal, clock);
    return { args: [name] };
  },
});

/** Half of it is no state to stay in: it is ended, and followed by a login. */
const leaving: Writing = {
  name: 'logout',
  prepare: async () => ({ args: ['logout', '--yes'] }),
  settle: async (place) => {
    const { code, stderr } = await runIn(place, { args: ['logout', '--yes'] });
    const isOut = code === 0 || stderr.includes('nothing is stored');
    expect({ code, stderr, isOut }).toMatchObject({ isOut: true });
    const login = await runIn(place, await adopting.prepare(place));
    expect(login).toMatchObject({ code: 0 });
  },
};

function runIn({ workspace, env }: Place, { args, input = '' }: Prepared) {
  return workspace.run(args, { input, env: { ...env, ...application } });
}

const companyId = 108061;
const company = ['--company', String(companyId)];

const openApi = async () => openSubscriptions(await connect({}), companyId);

const listed = async (api: Subscriptions) => {
  const answer = await api.list();
  return answer.kind === 'ok' ? answer.value : [];
};

/** No other subscription has the types. */
const subscribing = (sink: string): Writing => ({
  name: 'webhooks create',
  prepare: async () => {
    const api = await openApi();
    for (const { id } of await listed(api)) await api.remove(id);
    const types = ['--types', 'entities.clients.*'];
    return { args: ['webhooks', 'create', ...company, '--sink', sink, ...types] };
  },
});

const unsubscribing = (sink: string): Writing => ({
  name: 'webhooks delete',
  prepare: async () => {
    const api = await openApi();
    const types = ['it.fattureincloud.webhooks.entities.clients.update'];
    if ((await listed(api)).length === 0) await api.create({ sink, types });
    const [first] = await listed(api);
    return { args: ['webhooks', 'delete', ...company, first?.id ?? ''] };
  },
});

/** The provider takes its time, so that there is a middle to interrupt. */
const slow = { on: 'POST /oauth/token', kind: 'delay', delayMs: 40 };

const unlimited = { shortTermLimit: 1e9, hourlyLimit: 1e9, monthlyLimit: 1e9 };

async function fileStorePlace(): Promise<Place> {
  const workspace = await loggedIn();
  const sink = await startSink();
  return {
    workspace,
    env: workspace.env,
    providerUrl: workspace.sandbox.url,
    watched: join(workspace.storePath, 'connections/default'),
    commands: [
      adopting,
      plain('rotate'),
      recovering,
      pausing('pause'),
      pausing('resume'),
      subscribing(sink.url),
      unsubscribing(sink.url),
      plain('sync'),
      leaving,
    ],
  };
}

async function stackPlace(whole: DeployedStack): Promise<Place> {
  await whole.stack.logIn();
  const { providerUrl } = whole.stack;
  const workspace = await createWorkspace(providerUrl);
  const env = { ...workspace.env, ...whole.env };
  const commands = [adopting, recovering, pausing('pause'), pausing('resume')];
  return { workspace, env, providerUrl, commands };
}

/** How long a command runs and how often it changes a file, as learnt from those that came to their end. */
class Lengths {
  readonly #ms = new Map<string, number>();
  readonly #changes = new Map<string, number>();

  learn(name: string, ms: number, changes: number | undefined): void {
    this.#ms.set(name, ms);
    if (changes !== undefined) this.#changes.set(name, changes);
  }

  ms(name: string): number {
    return this.#ms.get(name) ?? usualMs;
  }

  /** 0: it changes none. */
  changes(name: string): number {
    return this.#changes.get(name) ?? usualChanges;
  }
}

/** Ends a command after a time, or with the n-th change of a file; whether it came to its end before. */
async function interrupt(
  place: Place,
  writing: Writing,
  { chance, lengths }: { readonly chance: Prng; readonly lengths: Lengths },
): Promise<'SIGINT' | 'SIGKILL' | 'ended'> {
  const { args, input = '' } = await writing.prepare(place);
  const signal = chance.pick(['SIGINT', 'SIGKILL'] as const);
  const startedMs = performance.now();
  const running = place.workspace.start(args, { ...place.env, ...application });
  running.process.stdin.end(input);
  const end = () => void running.process.kill(signal);
  const changesMax = place.watched === undefined ? 0 : lengths.changes(writing.name);
  const byChange = changesMax > 0 && chance.isChance(0.6);
  const nth = byChange ? chance.between(1, changesMax) : 0;
  let seen = 0;
  const watcher =
    place.watched === undefined
      ? undefined
      : watch(place.watched, () => {
          seen += 1;
          if (seen === nth) end();
        });
  const afterMs = chance.next() * lengths.ms(writing.name);
  const timer = byChange ? undefined : setTimeout(end, afterMs);
  const { code } = await running.ended;
  clearTimeout(timer);
  watcher?.close();
  if (code === null || code === 130) return signal;
  lengths.learn(writing.name, performance.now() - startedMs, watcher && seen);
  return 'ended';
}

/** What is broken, as doctor sees it; a pause is somebody's wish. */
async function broken(): Promise<readonly string[]> {
  const findings = await examine({});
  return findings
    .filter(({ state, detail }) => state === 'broken' && !detail.includes('paused since'))
    .map(({ check, detail }) => `${check}: ${detail}`);
}

/** Ends commands of a place so often, and settles after each; counts by command and by what it took. */
async function interruptions(place: Place, count: number, stream: number) {
  const chance = new Prng(seed, stream);
  const counts: Record<string, number> = {};
  const note = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  withVariables(place.env);
  await controlSandbox(place.providerUrl, 'state', { ...unlimited, allowHttpSinks: true });
  await controlSandbox(place.providerUrl, 'faults', [slow]);
  const lengths = new Lengths();
  let interrupted = 0;
  for (let at = 0; interrupted < count; at += 1) {
    const writing = place.commands[at % place.commands.length] ?? adopting;
    const where = `run ${at}, ${writing.name} (FRESCO_SEED=${seed})`;
    const how = await interrupt(place, writing, { chance, lengths });
    note(`${writing.name}: ${how}`);
    interrupted += how === 'ended' ? 0 : 1;
    if (writing.settle !== undefined) {
      await writing.settle(place);
      expect([where, await broken()]).toEqual([where, []]);
      continue;
    }
    const found = await broken();
    note(found.length === 0 ? 'whole' : 'recovered');
    const connection = await connect({});
    await resume(connection.journal, connection.clock);
    if (found.length === 0) continue;
    const outcome = await recover(connection, { yes: true }, () => undefined);
    expect([where, found, classOf(outcome)]).toEqual([where, found, 'done']);
    expect([where, await broken()]).toEqual([where, []]);
  }
  return counts;
}

/** Every command of a place, to its end. */
async function everyCommandStillWorks(place: Place): Promise<void> {
  for (const writing of place.commands) {
    const { code, stderr } = await runIn(place, await writing.prepare(place));
    expect({ name: writing.name, code, stderr }).toMatchObject({ code: 0 });
  }
}

describe('an interrupted command', () => {
  const minutes = full ? 30 : 3;

  it('leaves a file store whole, or for recover to make whole', {
    timeout: minutes * 60_000,
  }, async () => {
    const place = await fileStorePlace();
    const counts = await interruptions(place, full ? 240 : 12, 1);
    if (!full) return;
    console.info('file store', counts);
    await everyCommandStillWorks(place);
  });

  it.runIf(full)('leaves a deployed store so too', { timeout: minutes * 60_000 }, async () => {
    const whole = await startDeployed();
    try {
      const place = await stackPlace(whole);
      const counts = await interruptions(place, 60, 2);
      console.info('deployed stack', counts);
      await everyCommandStillWorks(place);
    } finally {
      await whole.stop();
    }
  });
});
