import { ConfigInvalid } from '../../config/config.ts';
import type { Connection } from '../../connection/connection.ts';
import { StoreRefused } from '../../core/ports.ts';
import { withoutTokens } from '../failure.ts';
import { open } from '../settings/options.ts';
import { type ConnectionOptions, readSettings, type Settings } from '../settings/settings.ts';
import { broken, type Finding, ok, refusedAt } from './doctor-finding.ts';

/** What opening a connection shows, check by check. */
export interface Opening {
  readonly findings: readonly Finding[];
  /** Absent where a link is broken. */
  readonly connection?: Connection;
}

/** The links from the settings to an open connection. */
export async function examineOpening(options: ConnectionOptions): Promise<Opening> {
  let settings: Settings;
  try {
    settings = await readSettings(options);
  } catch (error) {
    return { findings: [misconfigured(error)] };
  }
  const { store, connection, prefix } = settings.config;
  const isAws = store === 'aws';
  const where = isAws ? `${prefix}/${connection} in AWS` : `${connection} in ${store}`;
  const config = ok('config', `${where}, ${settings.config.providerUrl}`);
  const barred = isAws ? await noAccess() : undefined;
  if (barred !== undefined) return { findings: [config, barred] };
  const access = isAws ? [ok('credentials', 'credentials and a region are set')] : [];
  try {
    const opened = await open(settings);
    const stack = isAws ? [ok('stack', opened.place)] : [];
    return { findings: [config, ...access, ...stack], connection: opened };
  } catch (error) {
    const found =
      error instanceof StoreRefused
        ? refusedAt(isAws ? 'stack' : 'config', error, nextAfter(error, isAws))
        : misconfigured(error);
    return { findings: found.check === 'config' ? [found] : [config, ...access, found] };
  }
}

function misconfigured(error: unknown): Finding {
  if (!(error instanceof ConfigInvalid)) throw error;
  const problems = withoutTokens(error.problems.join('; '));
  return broken('config', problems, 'correct it, by option or environment variable');
}

async function noAccess(): Promise<Finding | undefined> {
  const { awsAccess } = await import('../../connection/aws-access.ts');
  const access = await awsAccess();
  if (access === 'ready') return undefined;
  const [detail, next] = barred[access];
  return broken('credentials', detail, next);
}

const barred = {
  'no region': [
    'the store is in AWS and no region is set',
    'set AWS_REGION, or name a file store with --store file:<path>',
  ],
  'no credentials': [
    'no AWS credentials were found, or they could not be renewed',
    'sign in (aws sso login, AWS_PROFILE), then fresco doctor again',
  ],
} as const;

function nextAfter({ reason }: StoreRefused, isAws: boolean): string | undefined {
  if (isAws) return reason === 'damaged' ? 'deploy the stack again' : undefined;
  if (reason === 'damaged') return 'fresco recover writes it again';
  return reason === 'missing'
    ? 'name the right store with --store, mount its disk, or fresco login'
    : undefined;
}
