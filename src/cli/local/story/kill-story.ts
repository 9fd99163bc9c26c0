import { killSteps } from '../../../console/kill-steps.ts';
import {
  drawStored,
  type StoredDrawing,
  type VersionDrawing,
} from '../../../console/page/stored-drawing.ts';
import { legible } from '../../../console/page/wording.ts';
import type { Done } from '../../../console/view.ts';
import type { PassStep } from '../../../core/rotation/pass.ts';
import { Failure, tryAgain } from '../../failure.ts';
import type { Session } from '../../session.ts';
import { print, say } from '../../terminal.ts';
import { storedView } from '../stored-view.ts';
import { type Stage, setStage } from './demo.ts';

const runsMax = 4;

/**
 * Kills a rotator at a step on a stage of its own, and lets runs come until the connection is fresh again.
 * Rejects with `Failure` where it isn't.
 */
export async function tellKill(
  session: Session,
  step: PassStep,
  how: { readonly json: boolean; readonly onError: (error: unknown) => void },
): Promise<void> {
  const path = await session.folder();
  const ports = { consolePort: 0, sandboxPort: 0, webhookPort: 0 };
  const stage = await session.step(setStage(session, { path, ...ports, onError: how.onError }));
  const line = how.json ? say : print;
  await session.step(stage.connect());
  const done = await session.step(stage.kill(step));
  if (stage.killed?.missed !== null) throw new Failure('retry', done.text);
  const stored = await storedNow(stage);
  const { leaves, next } = killSteps[step];
  line(done.text, '', ...storedLines(stored), '', leaves, next, '');

  const runs = await session.step(runOn(stage, line));
  if (how.json) print(JSON.stringify({ step, stored, runs, storedAfter: await storedNow(stage) }));
  if (runs.at(-1)?.tone !== 'good') throw tryAgain`the connection is not fresh again`;
}

async function storedNow({ system }: Stage): Promise<StoredDrawing> {
  const { journal } = await system.stored.journal.read();
  return drawStored(await storedView(system, journal));
}

async function runOn(stage: Stage, line: typeof print): Promise<readonly Done[]> {
  const runs: Done[] = [];
  do {
    const run = await stage.nextRun();
    line(`the next run: ${legible(run.text)}`);
    runs.push(run);
  } while (stage.killed?.againAtMs !== null && runs.length < runsMax);
  return runs;
}

function storedLines({ journal, grant, accessToken }: StoredDrawing): readonly string[] {
  const row = (name: string, text: string) => `  ${name.padEnd(13)} ${text}`.trimEnd();
  const versions = (name: string, listed: readonly VersionDrawing[]) =>
    listed.map(({ text, id, labels }, at) =>
      row(at === 0 ? name : '', [text, id, ...labels].join('  ')),
    );
  return [
    ...journal.map(([name, text]) => row(name, text)),
    ...versions('grant', grant),
    ...versions('access token', accessToken),
  ];
}
