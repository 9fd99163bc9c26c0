import type { LocalSystem } from '../../connection/local/system.ts';
import type {
  ConnectionView,
  ConsoleConnection,
  KilledView,
  Moment,
  TokenView,
} from '../../console/view.ts';
import type { Journal } from '../../core/journal/journal.ts';
import { classOf } from '../../core/outcome/outcome.ts';
import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import { compare } from '../../core/position.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { decodeClient } from '../../core/records/client.ts';
import { standingOutcome } from '../../core/rotation/latch.ts';
import type { Secret } from '../../core/secret.ts';
import type { Moments } from './activity.ts';
import { doneBy } from './killed-rotator.ts';
import { storedView } from './stored-view.ts';

const rotateEveryMs = 86_400_000;

/** A sandbox that may be broken, and what was done to it that no journal knows of. */
export type BreakableSandbox = NonNullable<ConsoleConnection['sandbox']> & {
  /** Fingerprint of the token that the provider was made to forget. */
  readonly forgotten: string | null;
  readonly killed: KilledView | null;
};

/** What the page's connection is made of. */
export interface LocalConnectionParts {
  readonly system: LocalSystem;
  readonly moments: Moments;
  readonly sandbox?: BreakableSandbox;
  /** Base of the pages for consent. */
  readonly connectUrl: string;
}

/** The connection of a local system as the console page reaches it. */
export function localConnection(name: string, parts: LocalConnectionParts): ConsoleConnection {
  const { system, moments, sandbox } = parts;
  // A sandbox on this stage is not one that the command could log in to.
  const inPlace = (text: string) =>
    sandbox === undefined ? text : text.replace('fresco login', 'consent again');
  const momentInPlace = (moment: Moment) => ({ ...moment, text: inPlace(moment.text) });
  return {
    look: async () => {
      const view = await look(name, parts);
      return { ...view, latch: view.latch && inPlace(view.latch) };
    },
    rotate: async () => {
      const { tone, text } = doneBy(await system.rotate({ trigger: 'operator' }));
      return { tone, text: inPlace(text) };
    },
    recent: () => moments.recent().map(momentInPlace),
    subscribe: (listener) => moments.subscribe((moment) => listener(momentInPlace(moment))),
    ...(sandbox && { sandbox }),
  };
}

async function look(
  connection: string,
  { system, moments, sandbox, connectUrl }: LocalConnectionParts,
): Promise<ConnectionView> {
  const [published, client, { journal }] = await Promise.all([
    system.published(),
    system.stored.client.current(),
    system.stored.journal.read(),
  ]);
  const stored = await storedView(system, journal);
  const token = published === undefined ? null : viewOf(published);
  const waiting = await system.webhooks?.waiting();
  return {
    connection,
    store: system.place,
    provider: system.provider.profile.baseUrl,
    nowMs: system.clock.nowMs(),
    token,
    isForgotten: token !== null && token.fingerprint === sandbox?.forgotten,
    isRejected: published !== undefined && isRejected(journal, published),
    uncertainSinceMs: journal.dispatch?.sends[0]?.sentAtMs ?? null,
    seals: journal.seals.length,
    leaseUntilMs:
      stored.lease?.isHolderDead === false ? (journal.lease?.expiresAtMs ?? null) : null,
    waitingUntilMs: journal.retryAtMs,
    latch: latchText(journal, client?.versionId),
    pausedSinceMs: journal.pausedAtMs,
    failingSinceMs: journal.failingSinceMs,
    history: journal.history,
    stored,
    webhooks: waiting === undefined ? null : { ...moments.counts(), waiting },
    connectUrl: isRedirect(sandbox, client?.value, `${connectUrl}/callback`)
      ? `${connectUrl}/${connection}`
      : null,
    killed: sandbox?.killed ?? null,
  };
}

/** Whether the provider sends a browser back there: a sandbox does, another one where it is registered. */
function isRedirect(sandbox: unknown, client: Secret | undefined, callback: string): boolean {
  if (sandbox !== undefined || client === undefined) return sandbox !== undefined;
  try {
    return decodeClient(client).redirectUri === callback;
  } catch {
    return false;
  }
}

function viewOf(token: AccessToken): TokenView {
  const { grant, generation, attempt, issuedAtMs, expiresAtMs } = token;
  const lifeMs = (expiresAtMs ?? issuedAtMs) - issuedAtMs;
  return {
    grant,
    generation,
    attempt,
    issuedAtMs,
    expiresAtMs,
    fingerprint: token.accessToken.fingerprint(),
    refreshFromMs: issuedAtMs + Math.min(lifeMs / 2, rotateEveryMs),
  };
}

function isRejected({ canary }: Journal, published: AccessToken): boolean {
  return canary?.verdict === 'rejected' && compare(canary.position, published) === 0;
}

/** What a person was called for, as long as it stands. */
function latchText(journal: Journal, clientVersionId: string | undefined): string | null {
  const known = journal.known ?? { grant: 0, generation: 0, attempt: 0 };
  const standing = standingOutcome(journal, known, clientVersionId);
  return standing && classOf(standing) === 'person' ? describeOutcome(standing) : null;
}
