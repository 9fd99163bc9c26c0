import { spawn } from 'node:child_process';
import { InvalidArgumentError } from 'commander';
import type { Outbox } from '../../connection/local/system.ts';
import { isLoopback } from '../../core/origin.ts';
import type { Clock } from '../../core/ports.ts';

/** Takes one event, as JSON; resolves with why it did not, or with nothing once it has. */
export type Take = (event: string, signal: AbortSignal) => Promise<string | undefined>;

/** Where events are handed on to, in words for people, and how. */
export interface ForwardTarget {
  readonly name: string;
  readonly take: Take;
}

const takeMs = 60_000;

/** An address (https, or http of this machine) that each event is posted to, or a command that reads it. */
export function parseForward(text: string): ForwardTarget {
  if (!/^https?:/i.test(text)) {
    if (text.trim() !== '') return { name: `the command '${text}'`, take: byCommand(text) };
    throw new InvalidArgumentError('it must be a command or an address.');
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && !isLoopback(url))) {
    throw new InvalidArgumentError('an address must begin with https://, or be of this machine.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('an address with a user or a password in it is not taken.');
  }
  return { name: `${url.origin}${url.pathname}`, take: byPost(url) };
}

function byPost(url: URL): Take {
  return async (event, signal) => {
    try {
      // With all that speaks to a provider, which few commands need.
      const { fetchBy } = await import('../../connection/provider.ts');
      const response = await fetchBy(process.env)(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: event,
        // Events go where they were asked to go, and nowhere that answers with another address.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(takeMs)]),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `it answered ${response.status}`;
    } catch (error) {
      const { name, cause } = error as Error & { cause?: { code?: string; name?: string } };
      return `no answer (${cause?.code ?? cause?.name ?? name})`;
    }
  };
}

/** The event on standard input; what the command prints goes to standard error, and 0 means that it was taken. */
function byCommand(command: string): Take {
  return (event, signal) =>
    new Promise((resolve) => {
      const { FATTUREINCLOUD_CLIENT_SECRET: _, ...env } = process.env;
      const child = spawn(command, {
        shell: true,
        env,
        stdio: ['pipe', 2, 2],
        signal: AbortSignal.any([signal, AbortSignal.timeout(takeMs)]),
      });
      child.once('error', (error) => resolve(`it did not run (${error.name})`));
      child.once('close', (code, ending) =>
        resolve(code === 0 ? undefined : `it ended with ${code ?? ending}`),
      );
      // A command that reads nothing closes its end.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(`${event}\n`);
    });
}

/** Hands on what is in an outbox. */
export interface Forwarder {
  /** Hands on what is due now. */
  run(): Promise<void>;
}

const firstWaitMs = 1_000;
const waitMaxMs = 300_000;

/** What a forwarder needs. */
export interface ForwarderParts {
  readonly outbox: Outbox;
  readonly target: ForwardTarget;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly signal: AbortSignal;
  readonly onRefused: (text: string) => void;
}

/**
 * Hands each event on until it is taken: at least once, since a process may die between taking and noting it.
 * After a refusal all wait, 1 second and ever longer up to 5 minutes, and the refused one is the last in line.
 */
export function forwarder({ outbox, target, clock, signal, onRefused }: ForwarderParts): Forwarder {
  const refusals = new Map<string, number>();
  let failures = 0;
  let notBeforeMs = 0;
  const next = async () => {
    const names = await outbox.waiting();
    const count = (name: string) => refusals.get(name) ?? 0;
    return names.toSorted((a, b) => count(a) - count(b))[0];
  };
  return {
    run: async () => {
      while (!signal.aborted && clock.nowMs() >= notBeforeMs) {
        const name = await next();
        if (name === undefined) return;
        const why = await target.take(await outbox.read(name), signal);
        if (why === undefined) {
          await outbox.remove(name);
          refusals.delete(name);
          failures = 0;
          continue;
        }
        if (signal.aborted) return;
        refusals.set(name, (refusals.get(name) ?? 0) + 1);
        const waitMs = Math.min(waitMaxMs, firstWaitMs * 2 ** Math.min(failures, 10));
        failures += 1;
        notBeforeMs = clock.nowMs() + waitMs;
        const left = (await outbox.waiting()).length;
        onRefused(
          `an event was not taken by ${target.name}: ${why}; ${left} wait, again in ${Math.ceil(waitMs / 1000)} s`,
        );
      }
    },
  };
}
