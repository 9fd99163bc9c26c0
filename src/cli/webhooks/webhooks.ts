import { Command } from 'commander';
import { admitAll } from '../../core/webhooks/admit-all.ts';
import { wrongUsage } from '../failure.ts';
import { connect, examples, withConnection } from '../settings/options.ts';
import { print, waiting } from '../terminal.ts';
import {
  answered,
  describe,
  subscriptionsFor,
  told,
  type WebhookOptions,
  withCompany,
} from './company-subscriptions.ts';
import { createWebhook, unlessRefused } from './create.ts';

/** `fresco webhooks`: the subscriptions of a company at the provider, and what could not be handled. */
export function webhooksCommand(): Command {
  const command = new Command('webhooks')
    .summary('manage webhook subscriptions and dead letters')
    .description(
      'Fatture in Cloud sends changes to the address (sink) of a subscription. A subscription is for one company. If its address fails for ten days, the provider ends it without notice.',
    )
    .addHelpText(
      'after',
      examples(
        'fresco webhooks list --store aws --connection default',
        "fresco webhooks create --store aws --connection default --types 'entities.clients.*' issued_documents.invoices.create",
        'fresco webhooks redrive --store aws --connection default       # after the cause of dead letters is mended',
      ),
    );
  for (const make of [listCommand, createWebhook, verifyCommand, deleteCommand, redriveCommand]) {
    command.addCommand(make());
  }
  return command;
}

function listCommand(): Command {
  return withCompany(new Command('list'))
    .description('list the subscriptions of a company')
    .action(async (options: WebhookOptions) => {
      const { api, companyId } = await subscriptionsFor(options);
      const list = answered(await waiting('asking the provider', api.list()), 'list');
      if (options.json === true) print(JSON.stringify({ company: companyId, subscriptions: list }));
      else if (list.length > 0) print(...list.flatMap(describe));
      else print(`company ${companyId} has no subscription: fresco webhooks create`);
    });
}

function verifyCommand(): Command {
  return withCompany(new Command('verify').argument('<id>', 'such as SUB230'))
    .description('ask the provider for one more handshake: five in all, ten minutes apart')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action((id: string, options: WebhookOptions) => onOne(id, options, 'verify'));
}

function deleteCommand(): Command {
  return withCompany(new Command('delete').argument('<id>', 'such as SUB230'))
    .description('end a subscription; what is in the queue is still handled')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action((id: string, options: WebhookOptions) => onOne(id, options, 'remove'));
}

async function onOne(
  id: string,
  options: WebhookOptions,
  work: 'verify' | 'remove',
): Promise<void> {
  const { api, companyId, connection } = await subscriptionsFor(options);
  const what = `${work === 'verify' ? 'ask for a handshake of' : 'delete'} ${id}`;
  if (options.dryRun === true)
    return told(options, { dryRun: true, id, company: companyId }, `would ${what}`);
  if (work === 'verify') {
    await unlessRefused('the receiver does not know this company yet', () =>
      admitAll(connection, { nowMs: connection.clock.nowMs(), companyId }),
    );
  }
  const answer = await waiting('asking the provider', api[work](id));
  if (work === 'remove' && (answer.kind === 'ok' || answer.kind === 'absent')) {
    // Also where the provider has taken it back already: from now on nobody misses it.
    await connection.subscriptions.change((list) => list.filter((one) => one.id !== id));
  }
  answered(answer, what);
  told(
    options,
    { id, company: companyId, done: work },
    work === 'verify' ? `${id}: a handshake is under way` : `${id} is deleted`,
  );
}

function redriveCommand(): Command {
  return withConnection(new Command('redrive'))
    .description('put dead letters back into the queue; fix the cause first')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action(async (options: WebhookOptions) => {
      const connection = await connect(options);
      if (connection.redrive === undefined)
        throw wrongUsage`${connection.place} has no dead letters: a deployed stack keeps them`;
      if (options.dryRun === true)
        return told(options, { dryRun: true }, 'would redrive the dead-letter queue');
      await waiting('redriving', connection.redrive());
      told(options, { redriving: true }, 'the dead letters are on their way back into the queue');
    });
}
