import { tryAgain } from '../../failure.ts';
import type { Session } from '../../session.ts';
import { painted, print, say, strong } from '../../terminal.ts';
import type { LocalOptions } from '../options.ts';
import { type Stage, setStage } from './demo.ts';
import { endedWell, type StoryEnd, tellStory } from './story.ts';
import { closingText, openingLines, storyLines } from './text.ts';

interface Telling {
  readonly line: typeof print;
  /** Between lines, so that a person can follow. */
  readonly pauseMs: number;
  /** Whether the page stays up after it. */
  readonly stays: boolean;
}

/** Tells the story on a stage of its own; on a terminal the page then stays up. Rejects with `Failure`. */
export async function playStory(
  session: Session,
  options: LocalOptions,
  onError: (error: unknown) => void,
): Promise<void> {
  const isWatched = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const stays = isWatched && options.once !== true;
  const isJson = options.json === true;
  const telling = {
    line: isJson ? say : print,
    pauseMs: stays ? 400 : 0,
    stays,
  };
  const path = await session.folder();
  const { port: consolePort, sandboxPort, webhookPort } = options;
  const ports = { consolePort, sandboxPort, webhookPort };
  const onConsoleUrl = (url: string) => telling.line(['The page: ', strong(url)]);
  const stage = await session.step(setStage(session, { path, ...ports, onError, onConsoleUrl }));
  const end = await session.step(tell(session, stage, telling));
  if (isJson) print(JSON.stringify(end));
  if (!endedWell(end))
    throw tryAgain`the demo failed: run it again, and report it if it fails again`;
  if (stays) await stayUp(session, stage, telling);
}

async function tell(session: Session, stage: Stage, telling: Telling): Promise<StoryEnd> {
  const { line, pauseMs, stays } = telling;
  const { clock } = stage.system;
  const [beganAtMs, beganMs] = [clock.nowMs(), performance.now()];
  const hours = () => Math.round((clock.nowMs() - beganAtMs) / 3_600_000);
  line(...openingLines(stage, stays));
  const end = await tellStory({
    stage,
    narrate: async (told) => {
      session.signal.throwIfAborted();
      line(...storyLines(told, hours()));
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    },
  });
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1);
  line('', closingText(end, { hours: hours(), seconds }));
  return end;
}

async function stayUp(session: Session, stage: Stage, { line }: Telling): Promise<void> {
  line('', ['The page stays up: ', strong(stage.consoleUrl), '  ', painted('Ctrl-C ends it', 2)]);
  const schedule = stage.system.schedule();
  await session.closes(() => schedule.stop());
  await session.ended();
}
