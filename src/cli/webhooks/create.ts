import type { Command } from 'commander';
import type { Subscribed, Subscription, Subscriptions } from '../../connection/webhooks.ts';
import { StoreRefused } from '../../core/ports.ts';
import { orRefusal } from '../../core/store-refusal.ts';
import { admitAll } from '../../core/webhooks/admit-all.ts';
import { isEarlierAddress } from '../../core/webhooks/subscriptions.ts';
import { tryAgain, wrongUsage } from '../failure.ts';
import { printResult, say, waiting } from '../terminal.ts';
import {
  answered,
  companyCommand,
  describe,
  subscriptionsFor,
  type WebhookOptions,
} from './company-subscriptions.ts';

interface CreateOptions extends WebhookOptions {
  readonly types: readonly string[];
  readonly sink?: string;
}

const verifiedWithinMs = 60_000;
const lookEveryMs = 1_000;

/** `fresco webhooks create`: registers the deployed endpoint and waits for the provider's handshake. */
export function createWebhook(): Command {
  return companyCommand('create', {
    description:
      'subscribe the deployed webhook endpoint to changes of a company, and wait for the handshake; a subscription that sends to an earlier address of the endpoint is moved',
    examples: [
      "fresco webhooks create --store aws --connection default --types 'entities.clients.*'",
    ],
  })
    .requiredOption(
      '--types <types...>',
      "event types, without their common beginning; a family with .*, or a group such as 'entities.all.update'",
    )
    .option('--sink <url>', 'address that the provider sends to, instead of the deployed one')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action(create);
}

async function create(options: CreateOptions): Promise<void> {
  const { readEventTypes } = await import('../../connection/webhooks.ts');
  const read = readEventTypes(options.types);
  if ('unknown' in read)
    throw wrongUsage`there is no event type '${read.unknown}'; an example is entities.clients.update`;
  const opened = await subscriptionsFor(options);
  const { companyId, connection } = opened;
  const sink = options.sink ?? connection.sink;
  if (sink === undefined)
    throw wrongUsage`${connection.place} has no webhook endpoint: name one with --sink, or deploy`;
  const { types } = read;
  const outdated = await outdatedAmong(opened, sink, types);
  const left = types.filter((type) => !outdated.some((one) => one.types.includes(type)));
  if (options.dryRun === true) {
    const moves = outdated.map(({ id, sink: from }) => ({ id, from }));
    return printResult(
      options,
      { dryRun: true, company: companyId, sink, types, ...(moves.length > 0 && { moves }) },
      ...moves.map(({ id, from }) => `would move ${id} from ${from} to ${sink}`),
      ...(left.length === 0
        ? []
        : [`would subscribe ${sink} to ${left.length} event types of company ${companyId}`]),
    );
  }
  await unlessRefused('the receiver does not know this company yet', () =>
    admitAll(connection, { nowMs: connection.clock.nowMs(), companyId }),
  );
  const moved: Subscription[] = [];
  for (const one of outdated) {
    say(`${one.id} sends to ${one.sink}: it is moved to ${sink}`);
    const what = `move ${one.id} to ${sink}`;
    moved.push(await subscribed(opened, what, opened.api.move(one.id, sink)));
  }
  const made =
    left.length === 0
      ? []
      : [await subscribed(opened, `subscribe ${sink}`, opened.api.create({ sink, types: left }))];
  tellAll(options, companyId, { moved, made });
}

type Opened = Awaited<ReturnType<typeof subscriptionsFor>>;

/** Subscriptions of ours that send to an earlier address, or that have nothing but wished types and another one. */
async function outdatedAmong(
  { api, connection: { subscriptions } }: Opened,
  sink: string,
  types: readonly string[],
): Promise<readonly Subscription[]> {
  const listed = answered(await waiting('asking the provider', api.list()), 'list');
  const ours = new Set((await subscriptions.list()).map(({ id }) => id));
  return listed.filter(
    (one) =>
      one.sink !== sink &&
      // At an address of the same form may be another stack, whose webhooks would end.
      ours.has(one.id) &&
      (isEarlierAddress(one.sink, sink) || one.types.every((type) => types.includes(type))),
  );
}

/** Waits for what the provider makes of it, and for its handshake. */
async function subscribed(
  { api, companyId, connection }: Opened,
  what: string,
  asked: Promise<Subscribed<Subscription>>,
): Promise<Subscription> {
  const made = answered(await waiting('asking the provider', asked), what);
  const { id, sink, types } = made;
  await unlessRefused(`nobody will miss ${id} if it goes`, () =>
    connection.subscriptions.change((list) => [
      ...list.filter((one) => one.id !== id),
      { id, companyId, sink, types },
    ]),
  );
  return waiting('waiting for the handshake', untilVerified(api, made));
}

function tellAll(
  options: CreateOptions,
  company: number,
  { moved, made }: Readonly<Record<'moved' | 'made', readonly Subscription[]>>,
): void {
  const all = [...moved, ...made];
  const subscription = all.at(-1);
  printResult(
    options,
    { company, subscription, ...(moved.length > 0 && { moved }) },
    ...all.flatMap(describe),
  );
  const open = all.find(({ verified }) => !verified);
  if (open !== undefined)
    throw tryAgain`${open.id} is not verified: the provider's handshake has not reached ${open.sink}; fix that, wait ten minutes, then fresco webhooks verify ${open.id}`;
}

/** All the rest works without the note: a warning says what it is like without. */
export async function unlessRefused(without: string, work: () => Promise<void>): Promise<void> {
  const refused = await orRefusal(work);
  if (refused instanceof StoreRefused) say(`warning: ${without}: ${refused.message}`);
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
