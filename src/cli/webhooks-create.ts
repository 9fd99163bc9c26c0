import { Command } from 'commander';
import { StoreRefused } from '../core/ports.ts';
import type { Connection } from '../wiring/connection.ts';
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
import { say, waiting } from './terminal.ts';

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
    .addHelpText(
      'after',
      examples(
        "fresco webhooks create --store aws --connection default --types 'entities.clients.*'",
      ),
    )
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
  await noteExpected(connection, companyId, made);
  const verified = await waiting('waiting for the handshake', untilVerified(api, made));
  told(options, { company: companyId, subscription: verified }, ...describe(verified));
  if (!verified.verified) {
    throw new Failure(
      'retry',
      `${verified.id} is not verified: the provider's handshake has not reached ${sink}; mend that, wait ten minutes, then fresco webhooks verify ${verified.id}`,
    );
  }
}

/** From now on the daily watch misses it if it goes; without the note it works all the same. */
async function noteExpected(
  { subscriptions }: Connection,
  companyId: number,
  { id, sink, types }: Subscription,
): Promise<void> {
  try {
    await subscriptions.change((list) => [
      ...list.filter((one) => one.id !== id),
      { id, companyId, sink, types },
    ]);
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    say(`warning: nobody will miss ${id} if it goes: ${error.message}`);
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
