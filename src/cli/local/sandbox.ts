import type { Command } from 'commander';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { Session } from '../session.ts';
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
  const { port, untilIdle } = options;
  const session = new Session();
  let why: string | undefined;
  try {
    const { url, close } = await listen(sandbox, { port }).catch((error: unknown) => {
      throw portProblem(error, port);
    });
    await session.closes(close);
    const { clientId, clientSecret, redirectUri } = sandboxApplication;
    if (options.json) print(JSON.stringify({ url, clientId, redirectUri }));
    say(
      `sandbox of Fatture in Cloud on ${url}`,
      `application: client id ${clientId}, client secret ${clientSecret}, redirect ${redirectUri}`,
      `log in:      fresco login --sandbox${port === sandboxPort ? '' : ` --provider-url ${url}`}`,
      `look inside: curl ${url}/_sandbox/state`,
      'Ctrl-C ends it',
    );
    const idle = untilIdle === undefined ? [] : [unused(sandbox, untilIdle)];
    why = (await Promise.race([session.ended(), ...idle])) ?? undefined;
  } finally {
    await session.end();
  }
  if (why !== undefined) say(why);
}

/** Resolves when nobody has used it for so long. */
function unused({ observe }: Pick<Sandbox, 'observe'>, idleMs: number): Promise<string> {
  return new Promise((resolve) => {
    const text = `ended: no request for ${durationText(idleMs)}`;
    // What listens keeps the process alive; an ended one must not live on for its timer.
    const timer = setTimeout(() => resolve(text), idleMs).unref();
    observe(() => timer.refresh());
  });
}
