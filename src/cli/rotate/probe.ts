import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import { notePolicy, policyFor } from '../../core/journal/measured-policy.ts';
import type { ReplayPolicy } from '../../core/journal/replay-policy.ts';
import { type Probed, probeReplay } from '../../core/operations/probe.ts';
import { grantsAmong } from '../../core/operations/recover-by-hand.ts';
import type { Client } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { Failure, personNeeded, tryAgain, wrongUsage } from '../failure.ts';
import { findApplication } from '../login/application.ts';
import { durationOption, durationText } from '../settings/duration.ts';
import { connectionCommand, openNamed } from '../settings/options.ts';
import { type ConnectionOptions, readSettings } from '../settings/settings.ts';
import { askHidden, confirm, isInteractive, print, readPiped, say, waiting } from '../terminal.ts';

interface ProbeOptions extends ConnectionOptions {
  readonly refreshToken?: boolean;
  readonly upTo: number;
  readonly yes?: boolean;
  readonly browser: boolean;
  readonly dryRun?: boolean;
}

const warning =
  'a probe uses up a refresh token on purpose, so it needs a separate consent, best of an account or company that is not in use: some providers end the earlier connection of an application when it gets a second consent, or treat the repeated use as theft';

/** `fresco probe`: measures what the provider does with a refresh token that is presented again. */
export function probeCommand(): Command {
  return connectionCommand('probe', {
    summary: 'measure what the provider does with a used refresh token',
    description:
      'Takes a throw-away consent, uses its refresh token, and then sends the same token again and again. The result is stored for this connection and decides when a refresh whose response was lost is sent again: within seconds if the provider accepts a used token, else shortly before the access token expires. The stored refresh token is never sent.',
    examples: [
      'fresco probe --store aws --connection default',
      'fresco probe --store aws --connection default --refresh-token --yes --up-to 1h < throw-away.txt',
    ],
  })
    .option('--refresh-token', 'take the throw-away refresh token by prompt or standard input')
    .addOption(durationOption('--up-to', 'how long to send it again', '10m'))
    .option('--yes', 'confirm that the consent is a throw-away one')
    .option('--no-browser', 'print the address, open nothing')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action(probe);
}

async function probe(options: ProbeOptions): Promise<void> {
  const settings = await readSettings(options);
  const connection = await openNamed(settings);
  if (options.dryRun === true) return foretell(connection, options);
  await mustBeConfirmed(options);
  const client = await findApplication(connection, settings.config);
  const refreshToken = await takeConsent(connection, client, options);
  await mustBeAnother(connection, refreshToken);
  const { clock, provider } = connection;
  const ports = { clock, endpoint: provider.endpoint, client };
  const probing = probeReplay(ports, refreshToken, Math.round(options.upTo / 1000));
  const probed = await waiting('sending the used token again', probing);
  if (probed.kind === 'undecided') throw undecided(probed);
  const { baseUrl } = provider.profile;
  await notePolicy(connection.journal, clock, { provider: baseUrl, policy: probed.policy });
  tell(connection, probed, options.json);
}

async function foretell(connection: Connection, { upTo, json }: ProbeOptions): Promise<void> {
  const { journal } = await connection.journal.read();
  const policy = policyFor(journal, connection.settings);
  const provider = connection.provider.profile.baseUrl;
  const would = `would use a throw-away refresh token at ${provider} and send it again for ${durationText(upTo)}; stored now: ${policyText(policy)}`;
  print(json ? JSON.stringify({ dryRun: true, provider, policy }) : would);
}

async function mustBeConfirmed({ yes }: ProbeOptions): Promise<void> {
  say(`note: ${warning}`);
  if (yes === true) return;
  if (!isInteractive()) throw wrongUsage`a probe must be confirmed: fresco probe --yes`;
  if (!(await confirm('Go on with a throw-away consent?'))) throw tryAgain`nothing was done`;
}

async function takeConsent(
  connection: Connection,
  client: Client,
  options: ProbeOptions,
): Promise<Secret> {
  if (options.refreshToken !== true) {
    const { throwAwayConsent } = await import('./probe-consent.ts');
    return throwAwayConsent(connection, client, options.browser);
  }
  const text = isInteractive()
    ? await askHidden('Throw-away refresh token', '')
    : await readPiped();
  if (text !== '') return new Secret(text, connection.provider.tokenOrigin);
  throw wrongUsage`no refresh token came in: pipe it in, or run this on a terminal`;
}

/** A provider that gives one refresh token for every consent cannot be measured without the stored one. */
async function mustBeAnother({ byHand }: Connection, refreshToken: Secret): Promise<void> {
  const kept = await grantsAmong(byHand.ports(), await byHand.grantVersionIds());
  if (!kept.some(({ grant }) => grant.refreshToken.equals(refreshToken))) return;
  throw personNeeded`this is a refresh token of the connection itself: it was not sent; take one of another consent`;
}

function undecided({ answer }: Extract<Probed, { kind: 'undecided' }>): Failure {
  const passes = ['never-sent', 'throttled', 'uncertain'].includes(answer.kind);
  return new Failure(
    passes ? 'retry' : 'person',
    `nothing was measured or stored: the provider answered the throw-away token with '${answer.kind}'; run fresco probe again with another consent`,
  );
}

function tell({ name }: Connection, probed: Extract<Probed, { kind: 'measured' }>, json = false) {
  const { policy, presentations, endsFamily } = probed;
  if (json) {
    return print(JSON.stringify({ connection: name, policy, presentations, endsFamily }));
  }
  for (const { afterSeconds, accepted } of presentations) {
    say(`sent again after ${afterSeconds} s: ${accepted ? 'accepted' : 'refused'}`);
  }
  if (endsFamily === true) say('and after that, the new token was refused too');
  print(`stored for ${name}: ${policyText(policy)}`);
}

/** A policy in words for people. */
function policyText(policy: ReplayPolicy): string {
  switch (policy.kind) {
    case 'reusable':
      return 'a refresh token can be used again';
    case 'grace':
      return `a refresh token works again for ${policy.seconds} s`;
    case 'single-use':
      return 'a refresh token works once';
    case 'unknown':
      return 'unknown, so a refresh token counts as working once';
  }
}
