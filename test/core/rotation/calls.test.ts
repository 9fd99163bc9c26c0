// Goal: a rotation waits for as few answers, one after the other, as its protocol asks for.
// Method: every call takes one round of a store in memory, and what is under way together shares the round.
import { describe, expect, it } from 'vitest';
import type { VersionedSecret } from '../../../src/core/ports.ts';
import type { RotationPorts } from '../../../src/core/rotation/pass.ts';
import { rotate } from '../../../src/core/rotation/rotate.ts';
import { granted, grantOf, hour, memoryConnection } from '../memory-connection.ts';

/** Ports whose calls are answered round by round: a round ends when everybody waits. */
function inRounds(ports: RotationPorts) {
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
  const slow: RotationPorts = {
    ...ports,
    grant: secret('grant', ports.grant),
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

/** Each as the protocol has it: what comes next needs the answer, or must not be done before it is there. */
const needed = [
  ['read journal'],
  ['read access token', 'read grant'],
  ['write journal'],
  ['read grant'],
  ['read access token'],
  ['read client'],
  ['write journal'],
  ['POST /oauth/token'],
  ['write journal'],
  ['put grant'],
  ['read grant'],
  ['move grant'],
  ['read access token'],
  ['put access token'],
  ['move access token'],
  ['write journal'],
  ['GET /user/info'],
  ['write journal'],
  ['put event'],
];

describe('a rotation', () => {
  it('waits 19 times, for 20 calls', async () => {
    const connection = memoryConnection([granted(2)]);
    connection.store(grantOf(13 * hour));
    const { ports, rounds } = inRounds(connection.ports());
    expect((await rotate(ports, { trigger: 'schedule' })).kind).toBe('refreshed');
    expect(rounds.map((round) => round.toSorted())).toEqual(needed);
  });

  it('waits twice where nothing is due, and tells', async () => {
    const connection = memoryConnection();
    connection.store(grantOf(hour));
    const { ports, rounds } = inRounds(connection.ports());
    expect((await rotate(ports, { trigger: 'schedule' })).kind).toBe('fresh');
    expect(rounds.map((round) => round.toSorted())).toEqual([...needed.slice(0, 2), ['put event']]);
  });
});
