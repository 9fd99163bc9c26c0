import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import { exitCodes } from '../failure.ts';
import { connectionCommand } from '../settings/options.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { painted, print, say, waiting } from '../terminal.ts';
import { applicationFinding, attemptFinding, clockFinding } from './doctor-attempt.ts';
import { type Check, checks, type Finding, unknown } from './doctor-finding.ts';
import { examineOpening } from './doctor-opening.ts';
import { examineProvider } from './doctor-provider.ts';
import { examineStack } from './doctor-stack.ts';
import { examineStore } from './doctor-store.ts';
import { webhooksFinding } from './doctor-webhooks.ts';

interface DoctorOptions extends ConnectionOptions {
  readonly scopes?: string;
}

/** `fresco doctor`: finds the first broken link, and says what to do. */
export function doctorCommand(): Command {
  return connectionCommand('doctor', {
    summary: 'find what is wrong and how to fix it',
    description:
      'Checks every part from the settings to the bus, and names the first one with a problem. Never sends a refresh token, and writes nothing, except a test file in a file store. What only a refresh can show is taken from the last refresh. Exit codes: 0 no problem, 1 wait and try again, 2 a person is needed.',
    examples: [
      'fresco doctor --store aws --connection default',
      'fresco doctor --store aws --connection default --json | jq -r \'.[] | select(.state == "broken").next\'',
    ],
  })
    .option(
      '--scopes <scopes>',
      'permissions that the token must have (default: those of the webhook subscriptions)',
    )
    .action(async (options: DoctorOptions) => {
      const findings = await waiting('looking', examine(options));
      if (options.json) print(JSON.stringify(findings.map(({ passes: _, ...shown }) => shown)));
      else tell(findings);
      const first = findings.find(({ state }) => state === 'broken');
      if (first !== undefined) process.exitCode = first.passes ? exitCodes.retry : exitCodes.person;
    });
}

/** Every link from the settings on, as far as one can get. */
export async function examine(options: DoctorOptions): Promise<readonly Finding[]> {
  const { findings, connection } = await examineOpening(options);
  if (connection === undefined) return findings;
  const scopes = (options.scopes ?? '').split(/[\s,]+/).filter((scope) => scope !== '');
  return [...findings, ...(await examineConnection(connection, scopes))];
}

/** Every link behind an open connection, in their order. */
export async function examineConnection(
  connection: Connection,
  scopes: readonly string[] = [],
): Promise<readonly Finding[]> {
  const store = await examineStore(connection);
  const [provider, stack] = await Promise.all([
    examineProvider(connection, store, { scopes, env: process.env }),
    examineStack(connection, store),
  ]);
  const isManual = store.published?.expiresAtMs === null;
  const found = [
    ...store.findings,
    clockFinding(connection.clock.nowMs(), store.dateMs ?? provider.dateMs),
    ...(isManual ? [] : [attemptFinding(connection, store), applicationFinding(store)]),
    ...provider.findings,
    ...stack,
  ];
  const isTokenGood = found.some(({ check, state }) => check === 'token' && state === 'ok');
  if (connection.provider.isFattureInCloud && isTokenGood && store.published !== undefined) {
    found.push(await webhooksFinding(connection, store.published));
  }
  const behind: readonly Check[] = connection.provider.isFattureInCloud ? ofProvider : ['token'];
  const missing = behind.filter((check) => !found.some((it) => it.check === check));
  const unseen = missing.map((check) => unknown(check, 'skipped, because of the problem above'));
  const place = (check: Check) => checks.indexOf(check);
  return [...found, ...unseen].toSorted((a, b) => place(a.check) - place(b.check));
}

/** What hangs from the provider's answer. */
const ofProvider = ['token', 'company', 'permissions', 'licence', 'webhooks'] as const;

const marks = { ok: ['✓', 32], broken: ['✗', 31], unknown: ['–', 2] } as const;

function tell(findings: readonly Finding[]): void {
  for (const { check, state, detail, next } of findings) {
    const [mark, colour] = marks[state];
    print([painted(mark, colour), ` ${check.padEnd(13)} ${detail}`]);
    if (next !== null) print(`  ${''.padEnd(13)} → ${next}`);
  }
  const first = findings.find(({ state }) => state === 'broken');
  say(
    first === undefined ? 'no problem found' : `the first problem is ${first.check}: ${first.next}`,
  );
}
