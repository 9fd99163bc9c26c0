import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import type { Secret } from '../../core/secret.ts';
import { wrongUsage } from '../failure.ts';
import { Session } from '../session.ts';
import { connect, connectionCommand } from '../settings/options.ts';
import { parsePort } from '../settings/port.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { isInteractive, print, say } from '../terminal.ts';

/** Where long jobs find the endpoint, unless somebody says otherwise. */
const servePort = 4020;

interface ServeOptions extends ConnectionOptions {
  readonly port: number;
  readonly secretFile?: string;
}

/** `fresco serve`: tokens over HTTP, for programs that run longer than a token lasts. */
export function serveCommand(): Command {
  return connectionCommand('serve', {
    summary: 'hand out tokens to long jobs on this machine',
    description:
      'Hands out access tokens over HTTP on loopback, for jobs in any language that run longer than a token lasts. Callers need a secret: a new one at each start, or one kept in a file that only its owner can read. After a 401 ask with ?rejected=<generation>; the generation came with the token.',
    examples: [
      'fresco serve --store aws --connection default --secret-file ~/.fresco-serve',
      `sed 's/^/Authorization: Bearer /' ~/.fresco-serve | curl -H @- http://127.0.0.1:${servePort}/token`,
      `sed 's/^/Authorization: Bearer /' ~/.fresco-serve | curl -H @- "http://127.0.0.1:${servePort}/token?min_validity=2h"`,
      `sed 's/^/Authorization: Bearer /' ~/.fresco-serve | curl -H @- "http://127.0.0.1:${servePort}/token?rejected=7"   # the API answered 401 to generation 7`,
    ],
  })
    .option('--port <port>', 'port to listen on; 0 takes a free one', parsePort, servePort)
    .option(
      '--secret-file <path>',
      'file that holds the secret; made with mode 0600 if it is not there',
    )
    .action(async (options: ServeOptions) => {
      if (options.secretFile === undefined && !isInteractive())
        throw wrongUsage`the secret must not get into a log: name a file for it with --secret-file`;
      const connection = await connect(options);
      const [{ serveSecret }, { listenForCallers }] = await Promise.all([
        import('./serve-secret.ts'),
        import('./server.ts'),
      ]);
      const secret = await serveSecret(options.secretFile, connection.random);
      const session = new Session();
      try {
        const server = await listenForCallers(connection, secret, options.port);
        await session.closes(server.close);
        tell(connection, secret, { url: server.url, ...options });
        await session.ended();
      } finally {
        await session.end();
      }
    });
}

function tell(
  { name }: Connection,
  secret: Secret,
  { url, json, secretFile }: ServeOptions & { readonly url: string },
): void {
  if (json) print(JSON.stringify({ url, secretFile: secretFile ?? null }));
  say(`tokens of ${name} on ${url}`);
  // What a command line holds, `ps` shows to every user.
  const asking = `ask: sed 's/^/Authorization: Bearer /'${secretFile === undefined ? '' : ` ${secretFile}`} | curl -H @- ${url}`;
  if (secretFile === undefined) {
    say(`secret: ${secret.reveal()}`, `${asking}   # paste the secret, Enter, Ctrl-D`);
  } else say(asking);
  say('Ctrl-C ends it');
}
