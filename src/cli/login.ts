import { Command, Option } from 'commander';
import type { Connection } from '../wiring/connection.ts';
import { askApplication, findApplication } from './application.ts';
import { examples, open, withConnection } from './connection-options.ts';
import { Failure } from './failure.ts';
import { type LoginFacts, tellLogin } from './login-facts.ts';
import { sandboxPort } from './sandbox.ts';
import { type ConnectionOptions, readSettings, type Settings } from './settings.ts';
import { dataPath, remember, settingsPath } from './settings-file.ts';
import { isInteractive, print, say } from './terminal.ts';

/** Reading clients is what webhooks and the nightly sync begin with; anything more is asked for by name. */
const defaultScopes = 'entity.clients:r';

interface LoginOptions extends ConnectionOptions {
  readonly scopes?: string;
  readonly paste?: boolean;
  readonly refreshToken?: boolean;
  readonly applicationOnly?: boolean;
  readonly sandbox?: boolean;
  readonly yes?: boolean;
  readonly browser: boolean;
  readonly dryRun?: boolean;
}

/** `fresco login`: the one step that needs a person. */
export function loginCommand(): Command {
  return withConnection(new Command('login'))
    .summary('connect to Fatture in Cloud, once')
    .description(
      'Connects to Fatture in Cloud: opens the consent page, takes the redirect on a page on this machine, and stores the tokens. A login over an existing connection replaces it once the new one works.',
    )
    .option(
      '--scopes <scopes>',
      `what to ask for, by resource and level (default: ${defaultScopes})`,
    )
    .option(
      '--paste',
      'paste the address at which the browser ends, instead of a page on this machine',
    )
    .addOption(
      new Option(
        '--refresh-token',
        'adopt a refresh token got elsewhere, by prompt or standard input, and prove it by one refresh',
      ).conflicts(['paste', 'scopes']),
    )
    .addOption(
      new Option(
        '--application-only',
        'store client id and secret anew and keep the grant',
      ).conflicts(['paste', 'scopes', 'refreshToken', 'sandbox']),
    )
    .option('--sandbox', 'log in to the sandbox, which is started if it is not running')
    .option('--yes', 'with --sandbox: consent without a page')
    .option('--no-browser', 'print the address, open nothing')
    .option('--dry-run', 'say what would be done, and do nothing')
    .addHelpText(
      'after',
      examples(
        'fresco login --sandbox',
        'fresco login --store file:/var/lib/fresco --scopes "entity.clients:r issued_documents.invoices:r"',
        'fresco login --refresh-token < token.txt',
      ),
    )
    .action(async (options: LoginOptions) => {
      const settings = await loginSettings(options);
      if (options.dryRun === true) return foretell(settings, options);
      if (options.sandbox === true) await startSandbox(settings);
      const connection = await open(settings, true);
      if (options.applicationOnly === true)
        return replaceApplication(connection, settings, options);
      const facts = await logIn(connection, settings, options);
      await rememberLogin(settings);
      tellLogin(facts, options.json);
    });
}

/** The sandbox has a store and a provider of its own, so that it never mixes with what is real. */
function loginSettings(options: LoginOptions): Promise<Settings> {
  if (options.sandbox !== true) return readSettings(options);
  return readSettings(options, {
    store: `file:${dataPath(process.env, 'sandbox')}`,
    providerUrl: `http://127.0.0.1:${sandboxPort}`,
  });
}

async function startSandbox({ config }: Settings): Promise<void> {
  const { reachSandbox } = await import('./sandbox-process.ts');
  await reachSandbox(config.providerUrl);
}

async function logIn(
  connection: Connection,
  { config }: Settings,
  options: LoginOptions,
): Promise<LoginFacts> {
  const scopes = options.refreshToken === true ? [] : await scopesOf(connection, options);
  const client =
    options.sandbox === true ? await sandboxClient() : await findApplication(connection, config);
  if (options.refreshToken === true) {
    const { adoptRefreshToken } = await import('./login-adopt.ts');
    return adoptRefreshToken(connection, client);
  }
  say(`logging in to ${connection.provider.profile.baseUrl} for ${scopes.join(' ')}`);
  const { logInWithCode } = await import('./login-code.ts');
  const alone = options.sandbox === true && (options.yes === true || !isInteractive());
  return logInWithCode(connection, {
    client,
    scopes,
    way: options.paste === true ? 'paste' : alone ? 'sandbox' : 'page',
    anyPort: options.sandbox === true,
    browser: options.browser,
  });
}

async function scopesOf(
  { provider }: Pick<Connection, 'provider'>,
  options: LoginOptions,
): Promise<readonly string[]> {
  const text = options.scopes ?? (provider.isFattureInCloud ? defaultScopes : '');
  const { readScopes } = await import('../wiring/authorization.ts');
  const scopes = readScopes(text, provider);
  if (typeof scopes === 'string') throw new Failure('usage', scopes);
  return scopes;
}

async function sandboxClient() {
  const { sandboxApplication } = await import('../sandbox/application.ts');
  const { Secret } = await import('../core/secret.ts');
  const { clientId, clientSecret, redirectUri } = sandboxApplication;
  return { clientId, clientSecret: new Secret(clientSecret), redirectUri };
}

async function replaceApplication(
  connection: Connection,
  { config }: Settings,
  options: LoginOptions,
): Promise<void> {
  const { storeApplication } = await import('../wiring/application-secret.ts');
  const client = await askApplication(config);
  const stored = await storeApplication(connection.client, client, connection.random);
  if (options.json)
    return print(JSON.stringify({ connection: connection.name, application: stored }));
  say(`application ${stored} in ${connection.place}: fresco rotate proves it`);
}

async function rememberLogin({ config, env }: Settings): Promise<void> {
  const { store, prefix, connection, providerUrl, providerFile } = config;
  const provider = providerFile === undefined ? { providerUrl } : { provider: providerFile };
  try {
    await remember(env, { store, prefix, connection, ...provider });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    say(
      `warning: ${settingsPath(env)} could not be written (${code}): name store and provider each time`,
    );
  }
}

async function foretell({ config, env }: Settings, options: LoginOptions): Promise<void> {
  const { openProvider } = await import('../wiring/provider.ts');
  const provider = await openProvider(config, { env });
  const scopes = options.refreshToken === true ? [] : await scopesOf({ provider }, options);
  const plan = {
    dryRun: true,
    connection: config.connection,
    store: config.store,
    provider: provider.profile.baseUrl,
    method: options.refreshToken === true ? 'refresh token' : 'authorization code',
    scopes,
  };
  if (options.json) return print(JSON.stringify(plan));
  print(
    `would log in to ${plan.provider} by ${plan.method}${scopes.length > 0 ? `, for ${scopes.join(' ')}` : ''}`,
  );
  print(`and store the connection '${plan.connection}' in ${plan.store}; nothing was done`);
}
