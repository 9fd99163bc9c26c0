// Goal: a rotation waits for as few answers, one after the other, as its protocol asks for.
// Method: every call takes one round of a store in memory, and what is under way together shares the round.
import { describe, expect, it } from 'vitest';
import type { NativeRotationPorts } from '../../src/core/native-rotation.ts';
import { StoreRefused, type VersionedSecret } from '../../src/core/ports.ts';
import { rotate } from '../../src/core/rotate.ts';
import { readingAhead } from '../../src/wiring/read-ahead.ts';
import { granted, grantOf, hour, memoryConnection } from '../core/memory-connection.ts';

/** Ports whose calls are answered round by round: a round ends when everybody waits. */
function inRounds(ports: NativeRotationPorts) {
  const rounds: string[][] = [];
  let open: Promise<void> | undefined;
  const call = async <T>(name: string, answer: () => Promise<T>): Promise<T> => {
    if (open === undefined) {
      rounds.push([]);
      open = new Promise((resolve) => {
        setImmediate(() => {
          open = undefined;
          resolve();
        });
      });
    }
    rounds.at(-1)?.push(name);
    const answered = answer();
    answered.catch(() => undefined);
    await open;
    return answered;
  };
  const secret = (name: string, it: VersionedSecret): VersionedSecret => ({
    current: () => call(`read ${name}`, () => it.current()),
    version: (id) => call(`read a version of ${name}`, () => it.version(id)),
    put: (id, value) => call(`put ${name}`, () => it.put(id, value)),
    promote: (id, from) => call(`move ${name}`, () => it.promote(id, from)),
  });
  const { journal, endpoint, canary, client, reporter } = ports;
  const slow: NativeRotationPorts = {
    ...ports,
    grant: { ...unasked, ...secret('grant', ports.grant) },
    accessToken: secret('access token', ports.accessToken),
    journal: {
      read: () => call('read journal', () => journal.read()),
      write: (next, revision) => call('write journal', () => journal.write(next, revision)),
    },
    client: { read: () => call('read client', () => client.read()) },
    endpoint: {
      refresh: (token, as) => call('POST /oauth/token', () => endpoint.refresh(token, as)),
    },
    canary: { check: (token) => call('GET /user/info', () => canary.check(token)) },
    reporter: { report: (report) => call('put event', () => reporter.report(report)) },
  };
  return { ports: slow, rounds };
}

/** No pass asks for these. */
const unasked: Pick<NativeRotationPorts['grant'], 'putPending' | 'dropPending'> = {
  putPending: () => Promise.reject(new Error('this is no native rotation')),
  dropPending: () => Promise.reject(new Error('this is no native rotation')),
};

/** Each as the protocol has it: what comes next needs the answer, or must not be done before it is there. */
const needed = [
  ['read access token', 'read grant', 'read journal'],
  ['write journal'],
  ['read access token', 'read client', 'read grant'],
  ['write journal'],
  ['POST /oauth/token'],
  ['write journal'],
  ['put grant'],
  ['read grant'],
  ['move grant'],
  ['put access token', 'read access token'],
  ['move access token'],
  ['write journal'],
  ['GET /user/info'],
  ['write journal'],
  ['put event'],
];

function due(answers: Parameters<typeof memoryConnection>[0] = [granted(2)]) {
  const connection = memoryConnection(answers);
  connection.store(grantOf(13 * hour));
  return connection;
}

describe('a rotation that reads ahead', () => {
  it('waits 15 times, for 20 calls', async () => {
    const connection = due();
    const { ports, rounds } = inRounds(connection.ports());
    const outcome = await rotate(readingAhead(ports), { door: 'schedule' });
    expect(outcome.kind).toBe('refreshed');
    expect(rounds.map((round) => round.toSorted())).toEqual(needed);
    expect(connection.publishedToken().generation).toBe(2);
  });

  it('makes no call that it would not make without, and waits four times less', async () => {
    const { ports, rounds } = inRounds(due().ports());
    await rotate(ports, { door: 'schedule' });
    expect(rounds.flat().toSorted()).toEqual(needed.flat().toSorted());
    expect(rounds).toHaveLength(needed.length + 4);
  });

  it('waits once where nothing is due', async () => {
    const connection = memoryConnection();
    connection.store(grantOf(hour));
    const { ports, rounds } = inRounds(connection.ports());
    expect((await rotate(readingAhead(ports), { door: 'schedule' })).kind).toBe('fresh');
    expect(rounds.map((round) => round.toSorted())).toEqual([needed[0], ['put event']]);
  });

  it('takes what is read before a lease for the gate alone', async () => {
    const connection = due([]);
    const newer = grantOf(0, { generation: 2, attempt: 1 });
    const ports = connection.ports();
    const journal = {
      read: () => ports.journal.read(),
      // While the lease is taken, another pass puts a newer grant in place.
      write: async (...args: Parameters<typeof ports.journal.write>) => {
        if (connection.currentGrant().generation === 1) connection.store(newer);
        return ports.journal.write(...args);
      },
    };
    const outcome = await rotate(readingAhead({ ...ports, journal }), { door: 'schedule' });
    expect(outcome).toMatchObject({ kind: 'adopted', token: { generation: 2 } });
    expect(connection.presented).toEqual([]);
  });

  it('reads anew after a move that failed', async () => {
    const connection = due();
    const ports = connection.ports();
    let moves = 0;
    const accessToken = {
      ...methodsOf(ports.accessToken),
      promote: async (...[id, from]: Parameters<typeof ports.accessToken.promote>) => {
        moves += 1;
        return moves === 1 ? ('moved' as const) : ports.accessToken.promote(id, from);
      },
    };
    const outcome = await rotate(readingAhead({ ...ports, accessToken }), { door: 'schedule' });
    expect(outcome.kind).toBe('refreshed');
    expect(moves).toBe(2);
    expect(connection.publishedToken().generation).toBe(2);
  });

  it('hears of a read that was refused where it is needed, and not where it is not', async () => {
    const connection = due();
    const ports = connection.ports();
    const client = {
      read: () => Promise.reject(new StoreRefused('denied', 'the client cannot be read')),
    };
    const refused = await rotate(readingAhead({ ...ports, client }), { door: 'schedule' });
    expect(refused).toMatchObject({ kind: 'store-refused', reason: 'denied' });

    const fresh = memoryConnection();
    fresh.store(grantOf(hour));
    const unread = await rotate(readingAhead({ ...fresh.ports(), client }), { door: 'schedule' });
    expect(unread.kind).toBe('fresh');
  });
});

function methodsOf(secret: VersionedSecret): VersionedSecret {
  return {
    current: () => secret.current(),
    version: (id) => secret.version(id),
    put: (id, value) => secret.put(id, value),
    promote: (id, from) => secret.promote(id, from),
  };
}
