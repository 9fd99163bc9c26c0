import type { Command } from 'commander';
import type { Deployed } from '../../connection/deployed.ts';
import { watchings } from '../../core/outcome/attention.ts';
import { StoreRefused } from '../../core/ports.ts';
import { orRefusal } from '../../core/store-refusal.ts';
import { wrongUsage } from '../failure.ts';
import { connectionCommand, open } from '../settings/options.ts';
import { type ConnectionOptions, readSettings } from '../settings/settings.ts';
import { print, say } from '../terminal.ts';
import { monthOf, optionsOf, prices, type Setup, totalOf } from './month.ts';

interface CostOptions extends ConnectionOptions {
  readonly webhooks?: number;
  readonly connections?: number;
  readonly watching?: string;
}

const days = 30;

/** `fresco cost`: what a month of a stack costs, and what each option adds. */
export function costCommand(): Command {
  return connectionCommand('cost', {
    summary: "show a month's cost of the stack in AWS, and what each option adds",
    description: `Looks at the stack, counts the webhooks of the last ${days} days where CloudWatch may be read, and shows what a month costs. What cannot be looked at is taken from the options, or is as a stack has it by default. Nothing is changed. List prices in US dollars, without free tiers.`,
    examples: ['fresco cost --store aws', 'fresco cost --connections 5 --webhooks 20000 --json'],
  })
    .option('--webhooks <count>', 'webhooks in a month, in place of those that were counted', count)
    .option('--connections <count>', 'connections, in place of those of the stack', count)
    .option('--watching <how>', "'small' or 'full', in place of what the stack has")
    .action(async (options: CostOptions) => tellCost(options, await lookAt(options)));
}

type Found = Partial<Setup> & { readonly received?: number };

/** What the stack shows of itself; where it cannot be looked at, that is said, and nothing is known. */
async function lookAt(options: CostOptions): Promise<Found> {
  const settings = await readSettings(options);
  if (settings.config.store !== 'aws') return {};
  const { awsAccess } = await import('../../connection/aws-access.ts');
  if ((await awsAccess()) !== 'ready') {
    say('no stack was looked at: there are no AWS credentials, or no region');
    return {};
  }
  try {
    const connection = await open(settings);
    const deployed = await connection.deployed?.();
    if (deployed === undefined) return {};
    return await foundIn(deployed, (await connection.siblings()).length);
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    say(`no stack was looked at: ${error.message}`);
    return {};
  }
}

/** What the parts of a stack show of it; what may not be looked at is said, and missing. */
export async function foundIn(
  deployed: Pick<Deployed, 'queues' | 'alarms' | 'received'>,
  connections: number,
): Promise<Found> {
  const queues = await lookedAt(() => deployed.queues());
  const received = queues && (await lookedAt(() => deployed.received(days)));
  return {
    connections,
    ...(!(queues instanceof StoreRefused) && { webhooks: queues !== undefined }),
    ...(await alarmsIn(deployed)),
    ...(typeof received === 'number' && { received }),
  };
}

async function alarmsIn(deployed: Pick<Deployed, 'alarms'>): Promise<Found> {
  const found = await lookedAt(() => deployed.alarms());
  if (found instanceof StoreRefused) return {};
  const has = (entry: string) => found.some(({ says }) => says.endsWith(entry));
  return {
    alarms: found.length > 0,
    watching: has('docs/runbook.md#uncertain-attempt') ? 'full' : 'small',
    nightlySync: has('docs/runbook.md#sync-not-complete'),
  };
}

/** What may be looked at; of the rest it is said why not. */
async function lookedAt<T>(look: () => Promise<T>): Promise<T | StoreRefused> {
  const seen = await orRefusal(look);
  if (seen instanceof StoreRefused) say(`not looked at: ${seen.message}`);
  return seen;
}

function tellCost(options: CostOptions, { received, ...found }: Found): void {
  const setup: Setup = {
    connections: 1,
    webhooks: true,
    watching: 'small',
    alarms: true,
    nightlySync: false,
    ownKey: true,
    ...found,
    ...(options.connections !== undefined && { connections: options.connections }),
    ...(options.watching !== undefined && { watching: watchingIn(options.watching) }),
  };
  const webhooks = options.webhooks ?? received ?? 0;
  const lines = monthOf(setup, webhooks);
  const [total, adds] = [totalOf(lines), optionsOf(setup, webhooks)];
  const { asOf } = prices;
  if (options.json) {
    print(
      JSON.stringify({
        setup,
        webhooks,
        counted: received !== undefined,
        total,
        lines,
        adds,
        asOf,
      }),
    );
    return;
  }
  for (const { what, count, dollars } of lines) print(row(what, dollars, Math.round(count)));
  print(row('a month', total));
  print('');
  print('each of these would add:');
  for (const [option, dollars] of Object.entries(adds)) print(row(option, dollars));
  say(
    `List prices of ${asOf} for us-east-1, without free tiers. Not counted: the polling of an empty queue by Lambda, which the free million of SQS requests covers, storage, and your own consumers.`,
  );
}

function row(what: string, dollars: number, count?: number): string {
  const amount = `${dollars < 0 ? '-' : ''}$${Math.abs(dollars).toFixed(2)}`;
  const many = count === undefined ? '' : count.toLocaleString('en-US');
  return `${what.padEnd(32)}${many.padStart(12)}${amount.padStart(10)}`;
}

function watchingIn(text: string): Setup['watching'] {
  const known = watchings.find((watching) => watching === text);
  if (known !== undefined) return known;
  throw wrongUsage`--watching must be small or full, got '${text}'`;
}

function count(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw wrongUsage`a count must be a whole number, got '${text}'`;
}
