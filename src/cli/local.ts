import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { examples, withJson } from './connection-options.ts';
import type { Stage } from './stage.ts';
import type { StoryEnd } from './story.ts';
import { isInteractive, print, say } from './terminal.ts';

interface LocalOptions {
  readonly sandbox?: boolean;
  readonly once?: boolean;
  readonly json?: boolean;
  readonly port: string;
  readonly sandboxPort: string;
}

/** `fresco local`: the whole system on this machine, with the console page. */
export function localCommand(): Command {
  return withJson(new Command('local'))
    .description('run the whole system on this machine, with the console page')
    .option('--sandbox', 'against a stand-in for Fatture in Cloud that can be broken')
    .option('--once', 'tell the story and end')
    .option('--port <port>', 'of the console page; the next free one is taken', '4000')
    .option('--sandbox-port <port>', 'of the sandbox; the next free one is taken', '4010')
    .addHelpText(
      'after',
      examples('fresco local --sandbox', 'fresco local --sandbox --once --json'),
    )
    .action(runLocal);
}

async function runLocal(options: LocalOptions): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'fresco-local-'));
  const { setStage } = await import('./stage.ts');
  const stage = await setStage({
    path,
    connection: 'default',
    env: process.env,
    consolePort: Number(options.port),
    sandboxPort: Number(options.sandboxPort),
    onError: (error) => say(`something failed: ${error instanceof Error ? error.message : error}`),
  });
  try {
    const end = await tell(stage, options.json === true);
    if (options.json === true) print(JSON.stringify(end));
    if (options.once !== true && isInteractive()) await stayUp(stage);
  } finally {
    await stage.stop();
    await rm(path, { recursive: true, force: true });
  }
}

async function tell(stage: Stage, onlyResult: boolean): Promise<StoryEnd> {
  const line = onlyResult ? say : print;
  const startedAtMs = performance.now();
  line('Fresco on one machine: a provider, a rotator, a webhook handler. No account, no AWS.\n');
  line(`  provider  ${stage.sandboxUrl}  a stand-in for Fatture in Cloud`);
  line(`  console   ${stage.consoleUrl}  the life of the connection, and faults a click away\n`);
  const { tellStory } = await import('./story.ts');
  const end = await tellStory(stage, (happening, result) => {
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    line(`${seconds.padStart(5)} s  ${happening.padEnd(43)} ${result}`);
  });
  const healed = end.faults.filter((fault) => fault.healed).length;
  line(
    `\n  ${end.tokenRequests} token requests, ${end.webhooks.published} of ${end.webhooks.delivered} webhooks published, ${healed} of ${end.faults.length} faults healed without a person.`,
  );
  return end;
}

async function stayUp(stage: Stage): Promise<void> {
  print(`\n  The console page stays up: ${stage.consoleUrl} (Ctrl-C ends it)`);
  const schedule = stage.system.schedule();
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await schedule.stop();
}
