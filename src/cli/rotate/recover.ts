import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import { classOf, type Outcome } from '../../core/outcome/outcome.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import { Failure } from '../failure.ts';
import { attemptFinding } from '../inspect/doctor-attempt.ts';
import { ok } from '../inspect/doctor-finding.ts';
import { examineStore } from '../inspect/doctor-store.ts';
import { interruption } from '../interruption.ts';
import { connectionCommand, openNamed } from '../settings/options.ts';
import { type ConnectionOptions, readSettings } from '../settings/settings.ts';
import { confirm, isInteractive, print, say, waiting } from '../terminal.ts';
import { mendFiles } from './damaged-files.ts';
import { type Remedy, remedyFor } from './recover-remedies.ts';
import { outcomeJson } from './rotate.ts';

interface RecoverOptions extends ConnectionOptions {
  readonly yes?: boolean;
  readonly earlier?: boolean;
  readonly dryRun?: boolean;
}

/** A step that was made, and what it led to. */
interface Step {
  readonly step: 'mend-file' | 'finish' | Remedy['step'];
  readonly detail: string;
}

/** `fresco recover`: settles what an earlier run has left, by steps that a person confirms. */
export function recoverCommand(): Command {
  return connectionCommand('recover', {
    summary: 'repair an interrupted refresh',
    description:
      'Repairs a refresh whose response was lost, a saved token that is not current yet, and a grant that was rolled back or damaged. First an ordinary check tries; then each further step is explained and done once you confirm it, by this process under the lease, in AWS too.',
    examples: [
      'fresco recover --store aws --connection default',
      'fresco recover --store aws --connection default --yes --json',
    ],
  })
    .option('--yes', 'confirm sending the refresh token again, and giving up a saved token')
    .option('--earlier', 'with --yes: confirm trying an earlier refresh token too')
    .option('--dry-run', 'say what is to be repaired, and do nothing')
    .action(async (options: RecoverOptions) => {
      const isDry = options.dryRun === true;
      const connection = await openNamed(await readSettings(options), { mend: !isDry });
      if (isDry) return foretell(connection, options.json);
      const steps: Step[] = [];
      const tell = (step: Step) => {
        steps.push(step);
        say(`${steps.length}. ${step.detail}`);
      };
      await mendFiles(connection, (detail) => tell({ step: 'mend-file', detail }));
      const outcome = await recover(connection, options, tell);
      const details = { connection: connection.name, steps, ...outcomeJson(outcome, []) };
      const outcomeClass = classOf(outcome);
      const text = describeOutcome(outcome);
      if (outcomeClass !== 'done') throw new Failure(outcomeClass, text, { details });
      print(options.json ? JSON.stringify(details) : `whole: ${text}`);
    });
}

/** Finishes what was left, and does what is confirmed, until nothing more helps; prints each step. */
export async function recover(
  connection: Connection,
  options: Pick<RecoverOptions, 'yes' | 'earlier'>,
  tell: (step: Step) => void,
): Promise<Outcome> {
  let outcome = await check(connection, tell);
  const done = new Set<Remedy['step']>();
  for (;;) {
    const remedy = await remedyFor(connection, outcome);
    // What has not helped once is not done again.
    if (remedy === undefined || done.has(remedy.step)) return outcome;
    await mustBeConfirmed(remedy, options, outcome);
    done.add(remedy.step);
    const carriedOut = interruption.whole(() => remedy.carryOut());
    const brought = await waiting('recovering', carriedOut);
    const ending = brought === undefined ? '' : `: ${describeOutcome(brought)}`;
    tell({ step: remedy.step, detail: `${remedy.explanation}${ending}` });
    outcome = brought ?? (await check(connection, tell));
  }
}

async function check(connection: Connection, tell: (step: Step) => void): Promise<Outcome> {
  const pass = connection.rotate({ trigger: 'operator', onlyIfDue: true });
  const { outcome } = await waiting('finishing an interrupted refresh', pass);
  tell({ step: 'finish', detail: `an ordinary check: ${describeOutcome(outcome)}` });
  return outcome;
}

async function mustBeConfirmed(
  { step, explanation, isSafe }: Remedy,
  options: Pick<RecoverOptions, 'yes' | 'earlier'>,
  outcome: Outcome,
): Promise<void> {
  if (isSafe) return;
  const flags = step === 'earlier-token' ? '--yes --earlier' : '--yes';
  const given = options.yes === true && (step !== 'earlier-token' || options.earlier === true);
  if (given) return;
  const details = outcomeJson(outcome, []);
  if (!isInteractive()) {
    const why = `${describeOutcome(outcome)}; by hand: ${explanation}. To have it done: fresco recover ${flags}`;
    throw new Failure('person', why, { details });
  }
  say(`By hand: ${explanation}.`);
  if (await confirm('Do it?')) return;
  throw new Failure('person', `nothing was sent: ${describeOutcome(outcome)}`, { details });
}

async function foretell(connection: Connection, json = false): Promise<void> {
  const damaged = (await connection.damagedFiles?.()) ?? [];
  const sight = await examineStore(connection);
  const isManual = sight.published?.expiresAtMs === null && sight.grant === undefined;
  const attempt = isManual
    ? ok('attempt', 'a manual token is never refreshed: nothing can be interrupted')
    : attemptFinding(connection, sight);
  const would = attempt.state === 'ok' && damaged.length === 0 ? 'nothing' : 'recover';
  const detail = damaged.map((it) => it.detail).join('; ') || attempt.detail;
  print(json ? JSON.stringify({ dryRun: true, would, detail }) : detail);
}
