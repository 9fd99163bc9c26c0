import { Command, InvalidArgumentError, Option } from 'commander';
import { killSteps } from '../../console/kill-steps.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import type { PassStep } from '../../core/rotation/pass.ts';
import { print } from '../terminal.ts';

interface DoomedOptions {
  readonly store: string;
  readonly connection: string;
  readonly providerUrl: string;
  readonly aheadMs: number;
  readonly killAt: PassStep;
}

/** `fresco doomed-rotator`: what `fresco local` starts to kill; in no help, since it is of no use to anybody else. */
export function doomedRotatorCommand(): Command {
  return new Command('doomed-rotator')
    .summary('be a rotator that is killed')
    .description('One pass of the rotator over the file store of a stand, killed at a step.')
    .requiredOption('--store <folder>')
    .requiredOption('--connection <name>')
    .requiredOption('--provider-url <url>', '', parseLoopback)
    .requiredOption('--ahead-ms <ms>', '', Number)
    .addOption(new Option('--kill-at <step>').choices(Object.keys(killSteps)).makeOptionMandatory())
    .action(async ({ store, connection, providerUrl, aheadMs, killAt }: DoomedOptions) => {
      const { runDoomedPass } = await import('../../connection/local/killed-pass.ts');
      const outcome = await runDoomedPass({
        ...{ path: store, connection, providerUrl, aheadMs, dieAfter: killAt },
        die: () => process.kill(process.pid, 'SIGKILL'),
      });
      print(describeOutcome(outcome));
    });
}

/** A copied command line must not kill what talks to a real provider. */
function parseLoopback(text: string): string {
  if (/^http:\/\/127\.0\.0\.1:\d+$/.test(text)) return text;
  throw new InvalidArgumentError('only a rotator of a sandbox on this machine can be killed.');
}
