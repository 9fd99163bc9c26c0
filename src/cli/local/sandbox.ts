import type { Command } from 'commander';
import { interruption } from '../interruption.ts';
import { durationText, parseDuration } from '../settings/duration.ts';
import { withHelp, withJson } from '../settings/options.ts';
import { parsePort, portProblem } from '../settings/port.ts';
import { sandboxPort } from '../settings/settings.ts';
import { print, say } from '../terminal.ts';

interface SandboxOptions {
  readonly port: number;
  readonly untilIdle?: number;
  readonly remoteSinks?: boolean;
  readonly json?: boolean;
}

/** `fresco sandbox`: a stand-in for Fatture in Cloud on this machine. */
export function sandboxCommand(): Command {
  return withJson(
    withHelp('sandbox', {
      summary: 'run a stand-in for Fatture in Cloud',
      description:
        'Runs a stand-in for Fatture in Cloud on this machine until interrupted: OAuth with a consent page, companies, clients, webhooks, quotas, and faults on demand. Nothing in it is real, and it forgets everything when it ends.',
      examples: [
        'fresco sandbox',
        'fresco login --sandbox                 # in another terminal',
        'curl http://127.0.0.1:4010/_sandbox/state',
        "curl -H 'Sandbox-Control: 1' -d '[]' http://127.0.0.1:4010/_sandbox/faults",
        "curl -H 'Sandbox-Control: 1' -X POST http://127.0.0.1:4010/_sandbox/revoke   # as the owner of the account",
      ],
    }),
  )
    .option('--port <port>', 'port to listen on; 0 takes a free one', parsePort, sandboxPort)
    .option(
      '--until-idle <duration>',
      'end by itself after so long without a request',
      parseDuration,
    )
    .option('--remote-sinks', 'send webhooks to other machines too, not only to this one')
    .action(serveSandbox);
}

async function serveSandbox(options: SandboxOptions): Promise<void> {
  const [{ createSandbox }, { listen }, { sandboxApplication }] = await Promise.all([
    import('../../sandbox/sandbox.ts'),
    import('../../sandbox/listen.ts'),
    import('../../sandbox/oauth/application.ts'),
  ]);
  const sandbox = createSandbox({
    settings: { allowRemoteSinks: options.remoteSinks === true },
  });
  const listening = await listen(sandbox, { port: options.port }).catch((error: unknown) => {
    throw portProblem(error, options.port);
  });
  // The reader of the address may end it at once.
  const ended = ending(sandbox, options.untilIdle);
  const { url } = listening;
  const { clientId, clientSecret, redirectUri } = sandboxApplication;
  if (options.json) print(JSON.stringify({ url, clientId, redirectUri }));
  say(`sandbox of Fatture in Cloud on ${url}`);
  say(`application: client id ${clientId}, client secret ${clientSecret}, redirect ${redirectUri}`);
  say(
    `log in:      fresco login --sandbox${options.port === sandboxPort ? '' : ` --provider-url ${url}`}`,
  );
  say(`look inside: curl ${url}/_sandbox/state`);
  say('Ctrl-C ends it');
  const why = await ended;
  await listening.close();
  if (why !== undefined) say(why);
}

/** Resolves when somebody ends it, or nobody has used it for so long. */
async function ending(
  sandbox: { observe(observer: () => void): () => void },
  untilIdleMs: number | undefined,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve(undefined));
    }
    // Last, since a signal between the two would reach nobody.
    interruption.stop();
    if (untilIdleMs === undefined) return;
    const timer = setTimeout(
      () => resolve(`ended: no request for ${durationText(untilIdleMs)}`),
      untilIdleMs,
    );
    // What listens keeps the process alive; an ended one must not live on for its timer.
    timer.unref();
    sandbox.observe(() => timer.refresh());
  });
}
