import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import type { Subscribed, Subscription, Subscriptions } from '../../connection/webhooks.ts';
import { Failure, personNeeded, tryAgain, wrongUsage } from '../failure.ts';
import { parseCompany } from '../login/company-choice.ts';
import { connect, connectionCommand, type Help } from '../settings/options.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { say } from '../terminal.ts';

/** What all commands on subscriptions take. */
export interface WebhookOptions extends ConnectionOptions {
  readonly company?: string;
  readonly dryRun?: boolean;
}

/** A command on the subscriptions of a company, with the option that says which. */
export function companyCommand(name: string, help: Help): Command {
  return connectionCommand(name, help).option(
    '--company <id>',
    'company to work on; needed if the token reaches several',
    parseCompany,
  );
}

/** The company that is meant: the one that is named, or the only one that the token reaches. */
export async function companyOf(
  connection: Connection,
  { company }: WebhookOptions,
): Promise<number> {
  if (company !== undefined) return Number(company);
  const obtained = await connection.tokens.obtain();
  if (obtained.kind !== 'token') {
    const detail =
      obtained.kind === 'too-long' ? 'the access token is about to end' : obtained.detail;
    throw new Failure(obtained.kind === 'person-needed' ? 'person' : 'retry', detail);
  }
  const { companies } = obtained.token;
  const [only, ...others] = companies;
  if (only !== undefined && others.length === 0) return only.id;
  const names = companies.map(({ id, name }) => `${id} (${name})`).join(', ');
  throw wrongUsage`the token reaches ${names || 'no company'}: name one with --company`;
}

/** What the provider answered, or a failure in words. */
export function answered<T>(answer: Subscribed<T>, what: string): T {
  switch (answer.kind) {
    case 'ok':
      for (const warning of answer.warnings) say(`warning: ${warning}`);
      return answer.value;
    case 'wait':
      throw tryAgain`${what}: a quota is used up, again in ${Math.ceil(answer.waitMs / 1000)} s`;
    case 'absent':
      throw personNeeded`${what}: this subscription does not exist, see fresco webhooks list`;
    case 'no-permission':
      throw personNeeded`${what}: the token lacks the scopes of these types, log in again with them`;
    case 'licence-expired':
      throw personNeeded`${what}: the licence of the company has expired`;
    case 'no-access':
      throw personNeeded`${what}: the token does not reach this company`;
    case 'invalid':
      throw personNeeded`${what}: the provider refused (${answer.status}): ${answer.message}`;
    case 'no-token':
      throw new Failure(answer.person ? 'person' : 'retry', `${what}: ${answer.detail}`);
    case 'failed':
      throw tryAgain`${what}: ${answer.detail}`;
  }
}

/** A subscription for people. */
export function describe({ id, sink, verified, types }: Subscription): readonly string[] {
  return [
    `${id}  ${verified ? 'verified' : 'NOT VERIFIED'}  ${sink}`,
    ...types.map((type) => `    ${type.replace('it.fattureincloud.webhooks.', '')}`),
  ];
}

/** Opens the subscriptions that the options mean. */
export async function subscriptionsFor(options: WebhookOptions): Promise<{
  readonly connection: Connection;
  readonly companyId: number;
  readonly api: Subscriptions;
}> {
  const connection = await connect(options);
  const companyId = await companyOf(connection, options);
  const { openSubscriptions } = await import('../../connection/webhooks.ts');
  return { connection, companyId, api: openSubscriptions(connection, companyId) };
}
