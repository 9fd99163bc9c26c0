import type { Command } from 'commander';
import { admitAll } from '../../core/webhooks/admit-all.ts';
import { wrongUsage } from '../failure.ts';
import { connect, connectionCommand, withHelp } from '../settings/options.ts';
import { printResult, waiting } from '../terminal.ts';
import {
  answered,
  companyCommand,
  describe,
  subscriptionsFor,
  type WebhookOptions,
} from './company-subscriptions.ts';
import { createWebhook, unlessRefused } from './create.ts';

/** `fresco webhooks`: the subscriptions of a company at the provider, and what could not be handled. */
export function webhooksCommand(): Command {
  const command = withHelp('webhooks', {
    summary: 'manage webhook subscriptions and dead letters',
    description:
      'Fatture in Cloud sends changes to the address (sink) of a subscription. A subscription is for one company. If its address fails for ten days, the provider ends it without notice.',
    examples: [
      'fresco webhooks list --store aws --connection default',
      "fresco webhooks create --store aws --connection default --types 'entities.clients.*' issued_documents.invoices.create",
      'fresco webhooks redrive --store aws --connection default       # after the cause of dead letters is mended',
    ],
  });
  for (const make of [listCommand, createWebhook, verifyCommand, deleteCommand, redriveCommand]) {
    command.addCommand(make());
  }
  return command;
}

function listCommand(): Command {
  const description = 'list the subscriptions of a company';
  return companyCommand('list', { description }).action(async (options: WebhookOptions) => {
    const { api, companyId } = await subscriptionsFor(options);
    const list = answered(await waiting('asking the provider', api.list()), 'list');
    const none = `company ${companyId} has no subscription: fresco webhooks create`;
    const lines = list.length > 0 ? list.flatMap(describe) : [none];
    printResult(options, { company: companyId, subscriptions: list }, ...lines);
  });
}

function verifyCommand(): Command {
  const description = 'ask the provider for one more handshake: five in all, ten minutes apart';
  return companyCommand('verify', { description })
    .argument('<id>', 'such as SUB230')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action((id: string, options: WebhookOptions) => onOne(id, options, 'verify'));
}

function deleteCommand(): Command {
  const description = 'end a subscription; what is in the queue is still handled';
  return companyCommand('delete', { description })
    .argument('<id>', 'such as SUB230')
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
    return printResult(options, { dryRun: true, id, company: companyId }, `would ${what}`);
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
  printResult(
    options,
    { id, company: companyId, done: work },
    work === 'verify' ? `${id}: a handshake is under way` : `${id} is deleted`,
  );
}

function redriveCommand(): Command {
  const description = 'put dead letters back into the queue; fix the cause first';
  return connectionCommand('redrive', { description })
    .option('--dry-run', 'say what would be done, and do nothing')
    .action(async (options: WebhookOptions) => {
      const connection = await connect(options);
      if (connection.redrive === undefined)
        throw wrongUsage`${connection.place} has no dead letters: a deployed stack keeps them`;
      if (options.dryRun === true)
        return printResult(options, { dryRun: true }, 'would redrive the dead-letter queue');
      await waiting('redriving', connection.redrive());
      printResult(
        options,
        { redriving: true },
        'the dead letters are on their way back into the queue',
      );
    });
}
