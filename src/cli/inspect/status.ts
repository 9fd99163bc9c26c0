import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import type { BadAnswer, Journal, Latch } from '../../core/journal/journal.ts';
import { policyFor } from '../../core/journal/measured-policy.ts';
import type { ReplayPolicy } from '../../core/journal/replay-policy.ts';
import { classOf, type Outcome } from '../../core/outcome/outcome.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import { compare } from '../../core/position.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { standingOutcome } from '../../core/rotation/latch.ts';
import { toRfc3339 } from '../../core/time.ts';
import { exitCodes, Failure } from '../failure.ts';
import { durationText } from '../settings/duration.ts';
import { connectionCommand, openToLook } from '../settings/options.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { printResult } from '../terminal.ts';
import { storeProblem } from './doctor-attempt.ts';
import { examineStore, type StoreSight } from './doctor-store.ts';

/** What `status --json` prints. */
export interface Status {
  readonly connection: string;
  readonly store: string;
  readonly provider: string;
  readonly method: 'oauth' | 'manual' | null;
  readonly generation: number | null;
  readonly expiresAt: string | null;
  readonly hoursLeft: number | null;
  readonly companies: readonly { readonly id: number; readonly name: string }[];
  readonly lastOutcome: { readonly at: string; readonly outcome: string } | null;
  readonly failingSince: string | null;
  readonly pausedSince: string | null;
  /** Since when a refresh is without an answer on record. */
  readonly uncertainSince: string | null;
  readonly latch: { readonly kind: Latch['kind']; readonly since: string } | null;
  /** What the provider answers in place of tokens, never its body; `null`: nothing that stands in the way. */
  readonly providerAnswer: ProviderAnswer | null;
  /** Where the owner of the account consents; `null`: not needed, or no page for it is deployed. */
  readonly reconnectUrl: string | null;
  readonly schedule: string;
  /** What the provider does with a refresh token that is presented again, as far as it is known. */
  readonly replayPolicy: ReplayPolicy;
  /** What the next check decides by itself; `null`: nothing. */
  readonly waitingFor: string | null;
  /** What a person has to do; `null`: nothing. */
  readonly problem: string | null;
}

interface ProviderAnswer {
  readonly kind: BadAnswer['kind'];
  /** Status and media type, or the code of a refusal. */
  readonly answer: string;
  readonly since: string;
  readonly last: string;
}

/** `fresco status`: how the connection is, in one look. */
export function statusCommand(): Command {
  return connectionCommand('status', {
    summary: "show the connection's status",
    description:
      'Shows generation, time left, last outcome, latch and schedule. No secret is shown. Exit codes: 0 works, 1 the next check decides, 2 a person is needed.',
    examples: [
      'fresco status --store aws --connection default',
      'fresco status --store aws --connection default --json | jq .hoursLeft',
    ],
  }).action(async (options: ConnectionOptions) => {
    const connection = await openToLook(options);
    const status = statusIn(connection, await readableSight(connection));
    printResult(options, status, ...rowsOf(status));
    if (status.problem !== null) process.exitCode = exitCodes.person;
    else if (status.waitingFor !== null) process.exitCode = exitCodes.retry;
  });
}

/** What is stored, where it can be read; rejects with doctor's reason and next step, as `Failure`. */
export async function readableSight(connection: Connection): Promise<Readable> {
  const { journal, unread, ...sight } = await examineStore(connection);
  if (journal !== undefined && unread === undefined) return { ...sight, journal };
  const broken = sight.findings.find(({ state }) => state === 'broken');
  if (broken === undefined) throw unread;
  const { detail, next, passes } = broken;
  const told = detail.endsWith(`: ${next}`) ? detail : `${detail}: ${next}`;
  throw new Failure(passes ? 'retry' : 'person', told);
}

type Readable = StoreSight & { readonly journal: Journal };

/** How the connection is. */
export function statusIn(connection: Connection, sight: Readable): Status {
  const { published: token, journal: stored, clientVersionId } = sight;
  const standing = token?.expiresAtMs === null ? undefined : standingIn(stored, clientVersionId);
  const latch = standing?.kind === 'latched' ? standing.latch : null;
  const journal = { ...stored, latch };
  const { name, place, provider, schedule, clock } = connection;
  const endedAt = endOf(token, clock.nowMs());
  const problem =
    problemOf(journal, token, standing) ??
    storeProblem(connection, sight) ??
    unserved(journal, endedAt);
  return {
    connection: name,
    store: place,
    provider: provider.profile.baseUrl,
    ...tokenPart(token, clock.nowMs()),
    ...journalPart(journal),
    reconnectUrl: (latch && connection.consent?.url) ?? null,
    schedule,
    replayPolicy: policyFor(stored, connection.settings),
    waitingFor:
      standing && classOf(standing) === 'retry'
        ? describeOutcome(standing)
        : problem === null && endedAt !== null
          ? `the access token expired at ${endedAt} and no check has brought another yet: the next one tries again`
          : null,
    problem,
  };
}

/** What is about an application that was stored again since, or about an earlier grant, stands no more. */
function standingIn(journal: Journal, clientVersionId: string | undefined): Outcome | undefined {
  const known = journal.known ?? { grant: 0, generation: 0, attempt: 0 };
  return standingOutcome(journal, known, clientVersionId);
}

function providerAnswer(answer: BadAnswer | null): ProviderAnswer | null {
  if (answer === null) return null;
  const { kind, sinceMs, atMs } = answer;
  const said =
    kind === 'application-refused' ? answer.said : `${answer.status} (${answer.contentType})`;
  return { kind, answer: said, since: toRfc3339(sinceMs), last: toRfc3339(atMs) };
}

function tokenPart(token: AccessToken | undefined, nowMs: number) {
  const expiresAtMs = token?.expiresAtMs ?? null;
  return {
    method: token === undefined ? null : token.expiresAtMs === null ? 'manual' : 'oauth',
    generation: token?.generation ?? null,
    expiresAt: instant(expiresAtMs),
    hoursLeft:
      expiresAtMs === null ? null : Math.max(0, Math.floor((expiresAtMs - nowMs) / 36_000) / 100),
    companies: token?.companies ?? [],
  } as const;
}

function journalPart(journal: Journal) {
  const { history, latch, dispatch, failingSinceMs, pausedAtMs } = journal;
  const last = history.at(-1);
  return {
    lastOutcome: last === undefined ? null : { at: toRfc3339(last.atMs), outcome: last.outcome },
    failingSince: instant(failingSinceMs),
    pausedSince: instant(pausedAtMs),
    uncertainSince: instant(dispatch?.sends[0]?.sentAtMs ?? null),
    latch: latch === null ? null : { kind: latch.kind, since: toRfc3339(latch.sinceMs) },
    providerAnswer: providerAnswer(journal.badAnswer),
  };
}

function problemOf(
  journal: Journal,
  token: AccessToken | undefined,
  standing: Outcome | undefined,
): string | null {
  if (standing && classOf(standing) === 'person') return describeOutcome(standing);
  const wrong = token?.expiresAtMs === null ? manualProblem(journal, token) : null;
  if (wrong !== null) return wrong;
  if (token === undefined && journal.known === null) {
    return describeOutcome({ kind: 'not-connected', missing: 'grant' });
  }
  const { pausedAtMs } = journal;
  return pausedAtMs === null ? null : describeOutcome({ kind: 'paused', sinceMs: pausedAtMs });
}

/** When the token that is served has ended; `null`: it lasts, or there is none. */
function endOf(token: AccessToken | undefined, nowMs: number): string | null {
  const endsMs = token?.expiresAtMs ?? null;
  return endsMs === null || endsMs > nowMs ? null : toRfc3339(endsMs);
}

/** A token that has ended with nothing on record that stood in the way: nobody runs the checks. */
function unserved(journal: Journal, endedAt: string | null): string | null {
  const isTold = journal.failingSinceMs !== null || journal.dispatch !== null;
  if (endedAt === null || isTold) return null;
  return `the access token expired at ${endedAt} and no check has refreshed it: run fresco rotate --if-due now, and every hour from cron`;
}

/** What the last check of a manual token has found. */
function manualProblem({ canary, history }: Journal, token: AccessToken): string | null {
  if (canary?.verdict === 'rejected' && compare(canary.position, token) === 0) {
    return describeOutcome({ kind: 'token-rejected', sinceMs: canary.sinceMs });
  }
  return history.at(-1)?.outcome === 'permission-missing'
    ? 'the manual token lacks a permission: fresco doctor'
    : null;
}

function instant(atMs: number | null): string | null {
  return atMs === null ? null : toRfc3339(atMs);
}

function rowsOf(status: Status): readonly string[] {
  const { expiresAt, hoursLeft, generation, lastOutcome } = status;
  const { providerAnswer: said } = status;
  const left = hoursLeft === null ? 'never expires' : `${durationText(hoursLeft * 3_600_000)} left`;
  const rows: [string, string | null][] = [
    ['connection', `${status.connection}, in ${status.store}`],
    ['provider', status.provider],
    ['method', status.method],
    ['generation', generation === null ? null : String(generation)],
    [
      'access token',
      generation === null ? 'none' : `${left}${expiresAt ? `, until ${expiresAt}` : ''}`,
    ],
    ['companies', status.companies.map(({ id, name }) => `${id} ${name}`).join(', ') || null],
    ['last outcome', lastOutcome && `${lastOutcome.outcome} at ${lastOutcome.at}`],
    ['failing since', status.failingSince],
    ['no answer since', status.uncertainSince],
    ['provider says', said && `${said.answer} since ${said.since}, last at ${said.last}`],
    ['paused since', status.pausedSince],
    ['schedule', status.schedule],
    ['waiting', status.waitingFor],
    ['to do', status.problem],
    ['or by link', status.reconnectUrl],
  ];
  return rows
    .filter(([, value]) => value !== null)
    .map(([label, value]) => `${label.padEnd(16)}${value}`);
}
