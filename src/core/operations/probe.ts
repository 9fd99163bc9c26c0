import type { ReplayPolicy } from '../journal/replay-policy.ts';
import type { Client, Clock, TokenAnswer, TokenEndpoint } from '../ports.ts';
import type { Secret } from '../secret.ts';

/** What a probe asks; the grant that it spends must be one that nobody needs. */
export interface ProbePorts {
  readonly clock: Clock;
  readonly endpoint: TokenEndpoint;
  readonly client: Client;
}

/** One presentation of the used-up token, and what the provider said. */
export interface Presentation {
  readonly afterSeconds: number;
  readonly accepted: boolean;
}

/** What a provider does with a refresh token that is presented again. */
export type Probed =
  | {
      readonly kind: 'measured';
      readonly policy: ReplayPolicy;
      readonly presentations: readonly Presentation[];
      /** Whether reuse has ended the successor too; `null`: nothing was refused. */
      readonly endsFamily: boolean | null;
    }
  | { readonly kind: 'undecided'; readonly answer: Exclude<TokenAnswer, { kind: 'granted' }> };

const firstWaitSeconds = 5;

/**
 * Spends a throw-away refresh token and presents it again and again, further and further apart, for at most
 * `upToSeconds`. What still works then is only known to work for so long, so it counts as a grace.
 */
export async function probeReplay(
  ports: ProbePorts,
  first: Secret,
  upToSeconds: number,
): Promise<Probed> {
  const spent = await ports.endpoint.refresh(first, ports.client);
  if (spent.kind !== 'granted') return { kind: 'undecided', answer: spent };
  let successor = spent.tokens.refreshToken ?? first;
  const rotates = !successor.equals(first);
  const presentations: Presentation[] = [];
  const sinceMs = ports.clock.monotonicMs();
  for (const afterSeconds of offsets(rotates ? upToSeconds : 0)) {
    await waitUntil(ports.clock, sinceMs + afterSeconds * 1000);
    const answer = await ports.endpoint.refresh(first, ports.client);
    const accepted = answer.kind === 'granted';
    if (!accepted && answer.kind !== 'invalid-grant') return { kind: 'undecided', answer };
    presentations.push({ afterSeconds, accepted });
    if (!accepted) return refusedAfter(ports, successor, presentations);
    successor = answer.tokens.refreshToken ?? successor;
  }
  const policy: ReplayPolicy = rotates ? grace(presentations) : { kind: 'reusable' };
  return { kind: 'measured', policy, presentations, endsFamily: null };
}

async function refusedAfter(
  { endpoint, client }: ProbePorts,
  successor: Secret,
  presentations: readonly Presentation[],
): Promise<Probed> {
  const answer = await endpoint.refresh(successor, client);
  if (answer.kind !== 'granted' && answer.kind !== 'invalid-grant') {
    return { kind: 'undecided', answer };
  }
  const endsFamily = answer.kind !== 'granted';
  return { kind: 'measured', policy: grace(presentations), presentations, endsFamily };
}

/** As long as the last one that was accepted; at once alone is no time in which a crash is noticed. */
function grace(presentations: readonly Presentation[]): ReplayPolicy {
  const seconds = presentations
    .filter(({ accepted }) => accepted)
    .reduce((most, { afterSeconds }) => Math.max(most, afterSeconds), 0);
  return seconds === 0 ? { kind: 'single-use' } : { kind: 'grace', seconds };
}

/** 0, then doubling from five seconds on, and the very end. */
function offsets(upToSeconds: number): number[] {
  const found = [0];
  for (let at = firstWaitSeconds; at < upToSeconds; at *= 2) found.push(at);
  return upToSeconds > 0 ? [...found, upToSeconds] : found;
}

async function waitUntil(clock: Clock, untilMs: number): Promise<void> {
  const waitMs = untilMs - clock.monotonicMs();
  if (waitMs > 0) await clock.wait(waitMs);
}
