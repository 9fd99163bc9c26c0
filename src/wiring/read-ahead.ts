import type { NativeRotationPorts } from '../core/native-rotation.ts';
import type { VersionedSecret } from '../core/ports.ts';

/**
 * The same ports for one pass, whose reads that need nothing of each other go out together. What was read ahead
 * is a little older than asked for, which reads of a `VersionedSecret` may always be; a write in between drops it.
 */
export function readingAhead(ports: NativeRotationPorts): NativeRotationPorts {
  const grant = ahead(() => ports.grant.current());
  const published = ahead(() => ports.accessToken.current());
  const client = ahead(() => ports.client.read());
  let stage: 'gate' | 'lease' | 'work' | 'past' = 'gate';
  return {
    ...ports,
    journal: {
      read: () => {
        const read = ports.journal.read();
        if (stage === 'gate') {
          stage = 'lease';
          grant.start();
          published.start();
        }
        return read;
      },
      write: (journal, revision) => {
        if (stage === 'lease') stage = 'work';
        return ports.journal.write(journal, revision);
      },
    },
    grant: {
      ...methodsOf(ports.grant),
      putPending: (versionId, value) => ports.grant.putPending(versionId, value),
      dropPending: (versionId) => ports.grant.dropPending(versionId),
      current: () => {
        const read = grant.take();
        if (stage === 'work') {
          stage = 'past';
          published.start();
          client.start();
        }
        return read;
      },
    },
    accessToken: {
      ...methodsOf(ports.accessToken),
      current: published.take,
      put: (versionId, value) => {
        published.start();
        return ports.accessToken.put(versionId, value);
      },
      promote: (versionId, from) => {
        published.drop();
        return ports.accessToken.promote(versionId, from);
      },
    },
    client: { read: client.take },
  };
}

interface Ahead<T> {
  start(): void;
  drop(): void;
  /** What was read ahead, once; else a read of now. */
  take(): Promise<T>;
}

function ahead<T>(read: () => Promise<T>): Ahead<T> {
  let started: Promise<T> | undefined;
  const drop = () => {
    started = undefined;
  };
  return {
    start: () => {
      started = read();
      // Whoever takes it hears of its failure; perhaps nobody does.
      started.catch(() => undefined);
    },
    drop,
    take: () => {
      const taken = started ?? read();
      drop();
      return taken;
    },
  };
}

function methodsOf(secret: VersionedSecret): VersionedSecret {
  return {
    current: () => secret.current(),
    version: (versionId) => secret.version(versionId),
    put: (versionId, value) => secret.put(versionId, value),
    promote: (versionId, from) => secret.promote(versionId, from),
  };
}
