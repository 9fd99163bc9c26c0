// Goal: wherever a rotator is killed, the next run knows which case it is in, and the connection is fresh again.
// Method: a process of the built command over a file store, SIGKILL after each step of the protocol in turn.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storedView } from '../../../src/cli/local/stored-view.ts';
import { type Stage, setStage } from '../../../src/cli/local/story/demo.ts';
import { Session } from '../../../src/cli/session.ts';
import { killSteps } from '../../../src/console/kill-steps.ts';
import { sandboxControl } from '../../../src/console/sandbox-control.ts';
import type { StoredView } from '../../../src/console/view.ts';
import type { PassStep } from '../../../src/core/rotation/pass.ts';
import { built } from '../../bundles/built.ts';
import { runHere } from '../in-process.ts';
import { createWorkspace, script } from '../workspace.ts';

async function openStage(session: Session): Promise<Stage> {
  await built('package');
  const path = await session.folder();
  const ports = { consolePort: 0, sandboxPort: 0, webhookPort: 0 };
  const onError = (error: unknown) => expect.fail(String(error));
  const stage = await setStage(session, { path, script, ...ports, onError });
  await stage.connect();
  return stage;
}

async function storedIn({ system }: Stage): Promise<StoredView> {
  return storedView(system, (await system.stored.journal.read()).journal);
}

const labels = (versions: StoredView['grant'], generation: number) =>
  versions.find((version) => version.generation === generation)?.labels ?? null;

interface Left {
  readonly lease: 'dead' | 'free';
  readonly sends: number;
  readonly seals: number;
  /** Labels on the new version of the grant, and of the access token. */
  readonly grant: readonly string[] | null;
  readonly accessToken: readonly string[] | null;
  /** How the next runs end. */
  readonly runs: readonly RegExp[];
  /** Token requests, of the killed rotator and of those runs. */
  readonly requests: number;
}

const nothing = { lease: 'dead', sends: 0, seals: 0, grant: null, accessToken: null } as const;
const open = {
  ...nothing,
  sends: 1,
  runs: [/the response to the refresh at \S+ was lost/, /^refreshed/],
};
const sealed = { ...nothing, sends: 1, seals: 1, runs: [/^recovered/], requests: 1 };
const current = ['AWSCURRENT', 'next'];

const left: Readonly<Record<PassStep, Left>> = {
  lease: { ...nothing, runs: [/^refreshed/], requests: 1 },
  read: { ...nothing, runs: [/^refreshed/], requests: 1 },
  dispatched: { ...open, requests: 1 },
  sent: { ...open, requests: 2 },
  answered: { ...open, requests: 2 },
  sealed,
  put: { ...sealed, grant: ['next'] },
  promoted: { ...sealed, grant: current, runs: [/the refresh token was not used$/] },
  published: {
    ...sealed,
    grant: current,
    accessToken: current,
    runs: [/the refresh token was not used$/],
  },
  settled: {
    ...{ ...nothing, lease: 'free', grant: current, accessToken: current },
    ...{ runs: [/nothing was due$/], requests: 1 },
  },
  canary: {
    ...{ ...nothing, lease: 'free', grant: current, accessToken: current },
    ...{ runs: [/nothing was due$/], requests: 1 },
  },
};

describe('a rotator killed', { timeout: 60_000 }, () => {
  const session = new Session();
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(session);
  }, 120_000);
  afterAll(() => session.end());

  const requests = async () => (await sandboxControl(stage.sandboxUrl).counters()).tokenRequests;
  const generationNow = async () => (await stage.system.published())?.generation ?? 0;

  it.each(Object.entries(left))('after %s is made good by the next runs', async (name, want) => {
    const [before, generation] = [await requests(), (await generationNow()) + 1];
    expect(await stage.kill(name as PassStep)).toMatchObject({ tone: 'bad' });
    const stored = await storedIn(stage);
    const { runs, requests: made, ...found } = want;
    expect({
      lease: stored.lease === null ? 'free' : stored.lease.isHolderDead ? 'dead' : 'held',
      sends: stored.dispatch?.sends ?? 0,
      seals: stored.seals.length,
      grant: labels(stored.grant, generation),
      accessToken: labels(stored.accessToken, generation),
    }).toEqual(found);
    for (const text of runs) expect((await stage.nextRun()).text).toMatch(text);
    expect((await requests()) - before).toBe(made);
    expect(await generationNow()).toBe(generation);
    expect(await storedIn(stage)).toMatchObject({ lease: null, dispatch: null, seals: [] });
  });

  it('is of every step of the protocol', () => {
    expect(Object.keys(left)).toEqual(Object.keys(killSteps));
  });

  it('before it comes to its step is no kill: it says how it ended', async () => {
    await stage.kill('answered');
    expect(await stage.kill('sealed')).toEqual({
      tone: 'plain',
      text: expect.stringMatching(
        /^the rotator did not reach this step: the response to the refresh at/,
      ),
    });
    expect(stage.killed).toMatchObject({ step: 'sealed', next: null });
  });

  it('is replayed by one command, which prints no value', async () => {
    const workspace = await createWorkspace('http://127.0.0.1:1');
    const args = ['local', '--sandbox', '--kill-at', 'sealed'];
    const told = await workspace.run(args);
    const json = await runHere(workspace, [...args, '--json']);
    expect([told.code, json.code]).toEqual([0, 0]);
    expect(told.stdout).toMatch(/lease {9}held by a dead process\n/);
    expect(told.stdout).toMatch(/seals {9}generation 2, attempt 1\n/);
    expect(told.stdout).toMatch(/the next run: recovered: an earlier run had saved generation 2/);
    expect(JSON.parse(json.stdout)).toMatchObject({
      step: 'sealed',
      stored: { grant: [{ text: 'generation 1, attempt 0' }] },
      storedAfter: { grant: [{ text: 'generation 2, attempt 1' }, {}] },
    });
    expect(told.stdout + json.stdout + json.stderr).not.toMatch(/\b[ar]\/[\w-]{8,}|Bearer|eyJ/);
  });

  it.each([
    [['local', '--kill-at', 'sealed'], /--kill-at kills a rotator of the sandbox: add --sandbox/],
    [['local', '--sandbox', '--kill-at', 'x'], /Allowed choices are lease, read, dispatched/],
    [
      ['doomed-rotator', '--provider-url', 'https://api-v2.fattureincloud.it'],
      /only a rotator of a sandbox on this machine can be killed/,
    ],
  ])('is refused where it would be wrong: %j', async (args, why) => {
    const { code, stderr } = await runHere({}, args);
    expect(code).toBe(64);
    expect(stderr).toMatch(why);
  });
});
