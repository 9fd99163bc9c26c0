import { type Command, Option } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import { isLoopback } from '../../core/origin.ts';
import type { SecretVersion } from '../../core/ports.ts';
import { decodeGrant, type Grant } from '../../core/records/grant.ts';
import { readPublished } from '../../core/rotation/promote.ts';
import { wrongUsage } from '../failure.ts';
import { clearForLogin } from '../rotate/damaged-files.ts';
import { durationOption } from '../settings/duration.ts';
import { connectionCommand, open } from '../settings/options.ts';
import {
  isSandboxStore,
  readSandboxSettings,
  readSettings,
  type Settings,
} from '../settings/settings.ts';
import { remember, settingsPath } from '../settings/settings-file.ts';
import { isReadByAPerson, print, say } from '../terminal.ts';
import { askApplication } from './application.ts';
import { chooseCompanies, parseCompanies } from './company-choice.ts';
import { tellLogin } from './facts.ts';
import { type LoginOptions, logIn, methodOf } from './methods.ts';
import { defaultScopes, scopesIn } from './scopes.ts';

/** `fresco login`: the one step that needs a person. */
export function loginCommand(): Command {
  return withLink(
    withMethods(
      connectionCommand('login', {
        summary: 'connect to Fatture in Cloud, once',
        description:
          'Connects to Fatture in Cloud: opens the consent page, receives the redirect on this machine, and stores the tokens. A login to an existing connection replaces it once the new one works. fresco choose says which login method to use.',
        examples: [
          'fresco login --sandbox',
          'fresco login --store file:/var/lib/fresco --connection default --scopes "entity.clients:r issued_documents.invoices:r"',
          'fresco login --store aws --connection default --device',
          'fresco login --store aws --connection default --link --expires 3d',
          'fresco login --store aws --connection default --manual < token.txt',
          'fresco login --store aws --connection default --refresh-token < token.txt',
        ],
      }),
    ),
  )
    .addOption(
      new Option(
        '--sandbox',
        'log in to the sandbox, which is started if it is not running',
      ).conflicts(['provider']),
    )
    .option('--yes', 'with --sandbox: consent without a page')
    .option('--no-browser', 'print the address, open nothing')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action(async (options: LoginOptions, command: Command) => {
      const settings =
        options.sandbox === true
          ? readSandboxSettings(options)
          : await readSettings(options, { isLogin: true });
      if (options.anyCompany === true && options.link !== true)
        throw wrongUsage`--any-company goes with --link`;
      if (command.getOptionValueSource('expires') === 'cli' && options.link !== true)
        throw wrongUsage`--expires goes with --link`;
      if (options.dryRun === true) return foretell(settings, options);
      if (options.sandbox === true) await startSandbox(settings);
      // A link is for a stack: it makes no store where there is none.
      const makes = options.link !== true;
      const connection = await open(settings, { create: makes, mend: makes });
      if (options.sandbox === true) await mustBeOfSandbox(connection);
      const isOnlyClient = options.applicationOnly === true;
      await clearForLogin(connection, say, (kind) => !isOnlyClient || kind === 'client');
      if (isOnlyClient) return replaceApplication(connection, settings, options);
      if (options.link === true) {
        const { giveLink } = await import('./link.ts');
        return giveLink(connection, settings, options);
      }
      const facts = await logIn(connection, settings, options);
      await rememberLogin(settings, options.sandbox === true);
      const companies = await chooseCompanies(connection, facts.companies, options.company ?? []);
      tellLogin({ ...facts, companies }, settings, options.json);
    });
}

/** The ways to log in, and what is asked for. */
function withMethods(command: Command): Command {
  return command
    .option(
      '--scopes <scopes>',
      `what to ask for, by resource and level (default: you choose on a terminal, else what webhooks need, or ${defaultScopes})`,
    )
    .option(
      '--company <id>',
      'the company that jobs work for, repeatable (default: you choose on a terminal, else all)',
      parseCompanies,
    )
    .option(
      '--paste',
      'paste the address where the browser ends, such as one on another machine, instead of a redirect to this one',
    )
    .addOption(
      new Option(
        '--device',
        'show a code to type on a page that any device can open, for applications without a secret',
      ).conflicts(['paste', 'refreshToken', 'manual', 'applicationOnly']),
    )
    .addOption(
      new Option(
        '--manual',
        'take a token that never expires, by prompt or standard input, and check it',
      ).conflicts(['paste', 'refreshToken', 'applicationOnly']),
    )
    .addOption(
      new Option(
        '--refresh-token',
        'adopt a refresh token from elsewhere, by prompt or standard input, and test it by one refresh',
      ).conflicts(['paste', 'scopes']),
    )
    .addOption(
      new Option(
        '--application-only',
        'store client id and secret again and keep the grant',
      ).conflicts(['paste', 'scopes', 'refreshToken', 'sandbox']),
    );
}

function withLink(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--link',
        'with the stack: print an address at which the owner of the account consents, without rights in AWS',
      ).conflicts([
        ...['paste', 'device', 'manual', 'refreshToken', 'applicationOnly'],
        ...['sandbox', 'company'],
      ]),
    )
    .addOption(durationOption('--expires', 'with --link: how long it opens', '24h'))
    .option('--any-company', 'with --link: take any account, not only the one from before');
}

/** Rejects with `Failure` where a real connection would give way to one of the sandbox. */
async function mustBeOfSandbox({ name, place, accessToken, grant }: Connection): Promise<void> {
  // What is damaged holds nothing that could be lost.
  const published = await readPublished(accessToken).catch(() => undefined);
  const stored = await grant
    .current()
    .then(grantOf)
    .catch(() => undefined);
  // A refresh token that was adopted may have brought no access token yet.
  const origins = [published?.token?.accessToken.origin, stored?.refreshToken.origin];
  const origin = origins.find((it) => it !== undefined && !isLoopback(new URL(it)));
  if (origin === undefined) return;
  throw wrongUsage`${place} holds the connection ${name} with ${origin}, which a login to the sandbox would replace: name another with --connection or --store`;
}

function grantOf(version: SecretVersion | undefined): Grant | undefined {
  return version && decodeGrant(version.value);
}

async function startSandbox({ config }: Settings): Promise<void> {
  const { reachSandbox } = await import('../local/sandbox-process.ts');
  await reachSandbox(config.providerUrl);
}

async function replaceApplication(
  connection: Connection,
  { config }: Settings,
  options: LoginOptions,
): Promise<void> {
  const { storeApplication } = await import('../../connection/login/application.ts');
  const client = await askApplication(connection, config);
  const stored = await storeApplication(connection.client, client, connection.random, {
    again: true,
  });
  if (options.json)
    return print(JSON.stringify({ connection: connection.name, application: stored }));
  say(`application ${stored} in ${connection.place}: fresco rotate tests it`);
}

/** For the person at this terminal, and for no job. */
async function rememberLogin({ config, env }: Settings, isSandbox: boolean): Promise<void> {
  const { store, prefix, providerUrl, providerFile } = config;
  // One that somebody has named themselves is no default for what is real.
  if (!isReadByAPerson() || (isSandbox && !isSandboxStore(store, env))) return;
  const provider = providerFile === undefined ? { providerUrl } : { provider: providerFile };
  try {
    await remember(env, { store, prefix, ...provider });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    say(
      `warning: ${settingsPath(env) ?? 'the settings'} could not be written (${code ?? message}): name store and provider each time`,
    );
  }
}

async function foretell({ config, env }: Settings, options: LoginOptions): Promise<void> {
  const { openProvider } = await import('../../connection/provider.ts');
  const provider = await openProvider(config, { env });
  const method = methodOf(options);
  const asked = method === 'authorization code' || method === 'device code';
  const text = options.scopes ?? (asked && provider.isFattureInCloud ? defaultScopes : '');
  const scopes = asked || text !== '' ? await scopesIn(text, provider) : [];
  const plan = {
    dryRun: true,
    connection: config.connection,
    store: config.store,
    provider: provider.profile.baseUrl,
    method,
    scopes,
  };
  if (options.json) return print(JSON.stringify(plan));
  if (method === 'link') {
    return print(
      `would print an address at which somebody consents to '${plan.connection}' in ${plan.store}, once; nothing was done`,
    );
  }
  print(
    `would log in to ${plan.provider} by ${method}${scopes.length > 0 ? `, for ${scopes.join(' ')}` : ''}`,
  );
  print(`and store the connection '${plan.connection}' in ${plan.store}; nothing was done`);
}
