import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Journal } from '../../core/journal/journal.ts';
import type { JournalStore } from '../../core/journal/journal-store.ts';
import type { Owner, TokenEndpoint, VersionedSecret } from '../../core/ports.ts';
import type { PassStep, RotationPorts } from '../../core/rotation/pass.ts';

type OnStep = (step: PassStep) => void;

// Node's own: the head of an answer is there, and nothing of it has been read.
const answerBegins = 'http.client.response.finish';

/** The same ports; `onStep` hears of each step of a pass as soon as it is done, before the pass does. */
export function watchedPorts(ports: RotationPorts, onStep: OnStep): RotationPorts {
  return {
    ...ports,
    journal: watchedJournal(ports.journal, ports.owner, onStep),
    grant: watchedSecret(ports.grant, {
      read: () => onStep('read'),
      put: () => onStep('put'),
      promoted: () => onStep('promoted'),
    }),
    accessToken: watchedSecret(ports.accessToken, { promoted: () => onStep('published') }),
    endpoint: watchedEndpoint(ports.endpoint, onStep),
    canary: {
      check: async (accessToken) => {
        const verdict = await ports.canary.check(accessToken);
        onStep('canary');
        return verdict;
      },
    },
  };
}

function watchedJournal(store: JournalStore, owner: Owner, onStep: OnStep): JournalStore {
  let last: Journal | undefined;
  return {
    read: async () => {
      const snapshot = await store.read();
      last = snapshot.journal;
      return snapshot;
    },
    write: async (journal, revision) => {
      const written = await store.write(journal, revision);
      const step = written === 'written' ? stepBetween(last, journal, owner) : undefined;
      if (written === 'written') last = journal;
      if (step !== undefined) onStep(step);
      return written;
    },
  };
}

/** What a write of the journal did, told by what differs. */
function stepBetween(
  before: Journal | undefined,
  after: Journal,
  owner: Owner,
): PassStep | undefined {
  const held = before?.lease?.owner === owner.id;
  const holds = after.lease?.owner === owner.id;
  if (holds && !held) return 'lease';
  if (held && !holds) return 'settled';
  if (after.lastAttempt > (before?.lastAttempt ?? 0)) return 'dispatched';
  return after.seals.length > (before?.seals.length ?? 0) ? 'sealed' : undefined;
}

function watchedSecret(
  secret: VersionedSecret,
  on: {
    readonly read?: () => void;
    readonly put?: () => void;
    readonly promoted: () => void;
  },
): VersionedSecret {
  return {
    version: (versionId) => secret.version(versionId),
    current: async () => {
      const version = await secret.current();
      on.read?.();
      return version;
    },
    put: async (versionId, value) => {
      const put = await secret.put(versionId, value);
      on.put?.();
      return put;
    },
    promote: async (versionId, from) => {
      const moved = await secret.promote(versionId, from);
      if (moved === 'promoted') on.promoted();
      return moved;
    },
  };
}

function watchedEndpoint(endpoint: TokenEndpoint, onStep: OnStep): TokenEndpoint {
  return {
    refresh: async (refreshToken, client) => {
      const onAnswer = () => onStep('sent');
      subscribe(answerBegins, onAnswer);
      try {
        const answer = await endpoint.refresh(refreshToken, client);
        onStep('answered');
        return answer;
      } finally {
        unsubscribe(answerBegins, onAnswer);
      }
    },
  };
}
