import { Command } from 'commander';
import type { Subscription, Subscriptions } from '../wiring/webhook-operations.ts';
import {
  answered,
  describe,
  subscriptionsFor,
  told,
  type WebhookOptions,
  withCompany,
} from './company-subscriptions.ts';
import { examples } from './connection-options.ts';
import { Failure } from './failure.ts';
import { waiting } from './terminal.ts';

interface CreateOptions extends WebhookOptions {
  readonly types: readonly string[];
  readonly sink?: string;
}

const verifiedWithinMs = 60_000;
const lookEveryMs = 1_000;

/** `fresco webhooks create`: registers the deployed endpoint and waits for the provider's handshake. */
export function createWebhook(): Command {
  return withCompany(new Command('create'))
    .description(
      'subscribes the deployed webhook endpoint to changes of a company, and waits for the handshake',
    )
    .requiredOption(
      '--types <types...>',
      "event types, without their common beginning; a family with .*, or a group such as 'entities.all.update'",
    )
    .option('--sink <url>', 'address that the provider sends to, in place of the deployed one')
    .option('--dry-run', 'say what would be done, and do nothing')
    .addHelpText('after', examples("fresco webhooks create --types 'entities.clients.*'"))
    .action(create);
}

async function create(options: CreateOptions): Promise<void> {
  const { readEventTypes } = await import('../wiring/webhook-operations.ts');
  const read = readEventTypes(options.types);
  if ('unknown' in read) {
    throw new Failure(
      'usage',
      `no event type is called '${read.unknown}': such as entities.clients.update`,
    );
  }
  const { api, companyId, connection } = await subscriptionsFor(options);
  const sink = options.sink ?? connection.sink;
  if (sink === undefined) {
    throw new Failure(
      'usage',
      `${connection.place} has no webhook endpoint: name one with --sink, or deploy`,
    );
  }
  const { types } = read;
  if (options.dryRun === true) {
    return told(
      options,
      { dryRun: true, company: companyId, sink, types },
      `would subscribe ${sink} to ${types.length} event types of company ${companyId}`,
    );
  }
  const what = `subscribe ${sink}`;
  const made = answered(await waiting('asking the provider', api.create({ sink, types })), what);
  await connection.subscriptions.change((list) => [
    ...list.filter(({ id }) => id !== made.id),
    { id: made.id, companyId, sink: made.sink, types: made.types },
  ]);
  const verified = await waiting('waiting for the handshake', untilVerified(api, made));
  told(options, { company: companyId, subscription: verified }, describe(verified));
  if (!verified.verified) {
    throw new Failure(
      'retry',
      `${verified.id} is not verified: the provider's handshake has not reached ${sink}; mend that, wait ten minutes, then fresco webhooks verify ${verified.id}`,
    );
  }
}

async function untilVerified(api: Subscriptions, made: Subscription): Promise<Subscription> {
  let seen = made;
  const untilMs = performance.now() + verifiedWithinMs;
  while (!seen.verified && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    const listed = await api.list();
    if (listed.kind === 'ok') seen = listed.value.find(({ id }) => id === made.id) ?? seen;
  }
  return seen;
}
