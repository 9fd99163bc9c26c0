import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import { unlessRefused } from '../../core/store-refusal.ts';
import { toRfc3339 } from '../../core/time.ts';
import { personNeeded, tryAgain, wrongUsage } from '../failure.ts';
import { connect, connectionCommand } from '../settings/options.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { confirm, isInteractive, print, say, waiting } from '../terminal.ts';
import { whereToRevoke } from '../web-application.ts';

interface LogoutOptions extends ConnectionOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** `fresco logout`: forgets the tokens here; the provider is a person's business. */
export function logoutCommand(): Command {
  return connectionCommand('logout', {
    summary: 'delete grant and access token here',
    description:
      'Deletes grant and access token from the store, and says where to revoke the connection. Fatture in Cloud has no endpoint for that, and until you revoke it, any copy of the tokens still works. The application stays stored, for the next login.',
    examples: [
      'fresco logout --store aws --connection default',
      'fresco logout --store aws --connection default --yes --json',
    ],
  })
    .option('--yes', 'do not ask')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action(async (options: LogoutOptions) => {
      const connection = await connect(options);
      await mustBeStored(connection);
      await warnOfSubscriptions(connection);
      if (options.dryRun === true) return tell(connection, { dryRun: true }, options.json);
      await mustBeMeant(connection, options);
      const done = await waiting('logging out', connection.logout());
      if (done.kind === 'busy')
        throw tryAgain`another run holds the lease until ${toRfc3339(done.untilMs)}: nothing was done, try again then`;
      tell(connection, {}, options.json);
    });
}

/** A connection with nothing stored is a name mistyped. */
async function mustBeStored({ name, grant, accessToken }: Connection): Promise<void> {
  const [kept, published] = await Promise.all([grant.current(), accessToken.current()]);
  if (kept !== undefined || published !== undefined) return;
  throw personNeeded`nothing is stored of connection ${name}: check --connection and --store`;
}

/** Webhooks are sent until somebody deletes their subscription, and that takes a token. */
async function warnOfSubscriptions({ subscriptions }: Connection): Promise<void> {
  const left = (await unlessRefused(() => subscriptions.list())) ?? [];
  if (left.length === 0) return;
  const ids = left.map(({ id }) => id).join(', ');
  say(
    `warning: webhooks go on until their subscription is deleted (${ids}): fresco webhooks delete, first`,
  );
}

async function mustBeMeant({ name, place }: Connection, { yes }: LogoutOptions): Promise<void> {
  if (yes === true) return;
  if (!isInteractive()) throw wrongUsage`logout forgets tokens for good: confirm it with --yes`;
  if (await confirm(`Forget the tokens of connection ${name} in ${place}?`)) return;
  throw tryAgain`nothing was changed`;
}

function tell(connection: Connection, { dryRun = false }, json = false): void {
  const { name, place } = connection;
  const revoke = whereToRevoke(connection);
  if (json) {
    const done = dryRun ? { dryRun } : { outcome: 'logged-out' };
    print(
      JSON.stringify({ connection: name, store: place, ...done, revoke, next: 'fresco login' }),
    );
    return;
  }
  print(
    dryRun
      ? `would forget grant and access token of ${name} in ${place}`
      : `logged out: grant and access token of ${name} are forgotten in ${place}`,
  );
  print(`now revoke the connection: ${revoke}`);
}
