import { describe, expect, it } from 'vitest';
import { StoreRefused } from '../../../src/core/ports.ts';
import type { Admission, Foreign } from '../../../src/core/webhooks/admission.ts';
import type { Notification, QueuedNotification } from '../../../src/core/webhooks/notification.ts';
import type { Proof, Verification } from '../../../src/core/webhooks/ports.ts';
import { type IncomingRequest, receiveNotification } from '../../../src/core/webhooks/receive.ts';

const sink = { connection: 'default', url: 'https://hooks.example.com/default' };
const notification: Notification = {
  id: '198:event-1',
  companyId: 108061,
  type: 'it.fattureincloud.webhooks.entities.clients.update',
  resource: 'clients',
  change: 'update',
  ids: [1, 2],
};
const sender = { companyId: 108061, application: '4010' };
const genuine = { kind: 'genuine', sender } as const;
const told: IncomingRequest = { kind: 'notification', notification, subject: 'company:108061' };

function receiver(
  verification: Verification = genuine,
  refuse: () => void = () => undefined,
  foreign?: Foreign,
) {
  const proofs: Proof[] = [];
  const kept: QueuedNotification[] = [];
  const judged: unknown[] = [];
  const ports = {
    admission: {
      judge: async (...asked: Parameters<Admission['judge']>) => {
        judged.push(asked);
        return foreign;
      },
    },
    verifier: {
      verify: async (proof: Proof) => {
        proofs.push(proof);
        return verification;
      },
    },
    queue: {
      send: async (messages: readonly QueuedNotification[]) => {
        refuse();
        kept.push(...messages);
      },
    },
  };
  const receive = async (request: IncomingRequest) => {
    const { body, ...rest } = await receiveNotification(ports, sink, { token: 'a.b.c', request });
    return { ...rest, body: JSON.parse(body) as unknown };
  };
  return { proofs, kept, judged, receive };
}

describe('a genuine request', () => {
  it('with a notification is kept, and only then said to be received', async () => {
    const { receive, kept } = receiver();
    const { id: eventId, type } = notification;
    expect(await receive(told)).toEqual({
      status: 202,
      body: {},
      receipt: { kind: 'queued', eventId, type },
    });
    expect(kept).toEqual([{ ...notification, connection: 'default', part: 0 }]);
  });

  it('that could not be kept is asked for again', async () => {
    const { receive } = receiver(genuine, () => {
      throw new StoreRefused('unavailable', 'the queue does not answer');
    });
    expect(await receive(told)).toEqual({
      status: 503,
      body: {},
      receipt: { kind: 'not-kept', reason: 'the queue does not answer' },
    });
  });

  it('that meets a defect is not answered at all', async () => {
    const { receive } = receiver(genuine, () => {
      throw new Error('a defect');
    });
    await expect(receive(told)).rejects.toThrow('a defect');
  });

  it('of the handshake is answered with its challenge', async () => {
    const { receive, kept } = receiver();
    expect(await receive({ kind: 'challenge', challenge: 'xyz' })).toEqual({
      status: 200,
      body: { verification: 'xyz' },
      receipt: { kind: 'verified' },
    });
    expect(kept).toEqual([]);
  });

  it('with nothing for us is answered as received, so that it does not come again', async () => {
    const { receive, kept } = receiver();
    expect(await receive({ kind: 'nothing', reason: 'the welcome event' })).toEqual({
      status: 200,
      body: {},
      receipt: { kind: 'ignored', reason: 'the welcome event' },
    });
    expect(kept).toEqual([]);
  });

  it('that is too large is asked for again', async () => {
    const { receive, kept } = receiver();
    expect(await receive({ kind: 'oversized', reason: 'more than a megabyte' })).toEqual({
      status: 503,
      body: {},
      receipt: { kind: 'not-kept', reason: 'more than a megabyte' },
    });
    expect(kept).toEqual([]);
  });
});

describe('a request that the provider signed for somebody else', () => {
  it.each<[IncomingRequest, string]>([
    [told, 'notification'],
    [{ kind: 'challenge', challenge: 'xyz' }, 'handshake'],
    [{ kind: 'nothing', reason: 'unknown type' }, 'notification'],
    [{ kind: 'oversized', reason: 'too large' }, 'notification'],
  ])('(%j) is told apart from a forged one, and kept nowhere', async (request, kind) => {
    const { receive, kept, judged } = receiver(genuine, undefined, 'company');
    expect(await receive(request)).toEqual({
      status: 403,
      body: { error: 'forbidden' },
      receipt: { kind: 'foreign', reason: 'company' },
    });
    expect(kept).toEqual([]);
    expect(judged).toEqual([[sender, kind]]);
  });
});

describe('a forged request', () => {
  it.each<IncomingRequest>([
    told,
    { kind: 'challenge', challenge: 'xyz' },
    { kind: 'nothing', reason: 'unknown type' },
    { kind: 'oversized', reason: 'too large' },
  ])('(%j) is answered 401 without a reason, and kept nowhere', async (request) => {
    const { receive, kept } = receiver({ kind: 'forged', reason: 'signature' });
    expect(await receive(request)).toEqual({
      status: 401,
      body: { error: 'unauthorized' },
      receipt: { kind: 'forged', reason: 'signature' },
    });
    expect(kept).toEqual([]);
  });
});

describe('the token of a request', () => {
  const proof = { token: 'a.b.c', sink: sink.url };
  const names = { eventId: '198:event-1', subject: 'company:108061' };
  it.each<[IncomingRequest, Proof]>([
    [told, { ...proof, ...names }],
    [{ kind: 'challenge', challenge: 'xyz' }, proof],
    [{ kind: 'nothing', reason: 'x' }, proof],
    [
      { kind: 'nothing', reason: 'x', ...names },
      { ...proof, ...names },
    ],
    [
      { kind: 'oversized', reason: 'x', ...names },
      { ...proof, ...names },
    ],
  ])('of %j must name what the request names', async (request, wanted) => {
    const { receive, proofs } = receiver();
    await receive(request);
    expect(proofs).toEqual([wanted]);
  });
});
