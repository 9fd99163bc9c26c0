import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { webhookVerifier } from '../../../src/fatture-in-cloud/webhooks/signature.ts';
import {
  applicationId,
  newSigningKey,
  nowMs,
  providerKey,
  sign,
  sink,
  strangerKey,
} from './signed-webhook.ts';

const clock = { nowMs: () => nowMs };
const publicKeys = [providerKey.publicPem];
const proof = { sink, eventId: '198:event-1', subject: 'company:108000' };

function verify(token: string | undefined, options = {}) {
  return webhookVerifier({ clock, publicKeys, ...options }).verify({
    ...proof,
    token,
  });
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const forged = (reason: string) => ({ kind: 'forged', reason });

describe('a token', () => {
  it('of the provider for this sink, event and company is genuine', async () => {
    expect(await verify(await sign())).toMatchObject({ kind: 'genuine' });
  });

  it.each([
    ['without expiry', { exp: undefined }, 'expired'],
    ['that expired over a minute ago', { exp: nowMs / 1000 - 61 }, 'expired'],
    ['made over three hours and a minute ago', { iat: nowMs / 1000 - 10_861 }, 'expired'],
    ['made more than a minute from now', { iat: nowMs / 1000 + 61 }, 'expired'],
    ['that does not say when it was made', { iat: undefined }, 'expired'],
    ['whose making is no time', { iat: 'today' }, 'expired'],
    ['not valid yet', { nbf: nowMs / 1000 + 600 }, 'expired'],
    ['of another issuer', { iss: 'https://example.com' }, 'issuer'],
    ['without issuer', { iss: undefined }, 'issuer'],
    ['for another sink', { aud: ['https://hooks.example.com/other'] }, 'audience'],
    ['for a sink that ours begins', { aud: [`${sink}/more`] }, 'audience'],
    ['for no sink', { aud: [] }, 'audience'],
    ['without audience', { aud: undefined }, 'audience'],
    ['of another event', { jti: '198:event-2' }, 'event-id'],
    ['of no event', { jti: undefined }, 'event-id'],
    ['of another company', { sub: 'company:108001' }, 'subject'],
    ['of no company', { sub: undefined }, 'subject'],
  ])('%s is forged: %3$s', async (_, changes, reason) => {
    expect(await verify(await sign(changes))).toEqual(forged(reason));
  });

  it.each([
    ['that expired less than a minute ago', { exp: nowMs / 1000 - 59 }],
    ['made three hours and less than a minute ago', { iat: nowMs / 1000 - 10_859 }],
    ['made less than a minute from now', { iat: nowMs / 1000 + 59 }],
    ['whose audience is a text', { aud: sink }],
    ['whose audience has the query of the handshake', { aud: [`${sink}?x=1`] }],
    ['whose audience has other sinks too', { aud: ['https://example.com/', sink] }],
  ])('%s is genuine', async (_, changes) => {
    expect(await verify(await sign(changes))).toMatchObject({ kind: 'genuine' });
  });

  it.each([
    ['absent', undefined, 'unsigned'],
    ['no token', 'hello', 'malformed'],
    ['of two parts', 'a.b', 'malformed'],
    ['of dots', '..', 'malformed'],
    ['longer than any', `a.${'b'.repeat(9000)}.c`, 'malformed'],
    ['with an empty signature', `${encode({ alg: 'ES256' })}.${encode({})}.`, 'signature'],
    ['without algorithm', `${encode({})}.${encode({})}.AAAA`, 'malformed'],
  ])('%s is forged: %3$s', async (_, token, reason) => {
    expect(await verify(token)).toEqual(forged(reason));
  });

  it('with alg none is forged', async () => {
    const [, payload] = (await sign()).split('.');
    expect(await verify(`${encode({ alg: 'none' })}.${payload}.`)).toEqual(forged('signature'));
  });

  it('signed with HS256 and the public key as the secret is forged', async () => {
    const [, payload] = (await sign()).split('.');
    const input = `${encode({ alg: 'HS256' })}.${payload}`;
    for (const secret of [providerKey.publicPem, providerKey.publicPem.trim()]) {
      const mac = createHmac('sha256', secret).update(input).digest('base64url');
      expect(await verify(`${input}.${mac}`)).toEqual(forged('signature'));
    }
  });

  it('that asks for what nobody understands is forged', async () => {
    const [, payload, signature] = (await sign()).split('.');
    const header = encode({ alg: 'ES256', crit: ['x'], x: 1 });
    expect((await verify(`${header}.${payload}.${signature}`)).kind).toBe('forged');
  });

  it('signed by another key is forged, by either of two is genuine', async () => {
    const token = await sign({}, strangerKey);
    expect(await verify(token)).toEqual(forged('signature'));
    const both = [providerKey.publicPem, strangerKey.publicPem];
    expect(await verify(token, { publicKeys: both })).toMatchObject({ kind: 'genuine' });
    expect(await verify(await sign(), { publicKeys: both })).toMatchObject({ kind: 'genuine' });
  });

  it('with one bit turned anywhere in payload or signature is forged', async () => {
    const token = await sign();
    const from = token.indexOf('.') + 1;
    for (let at = from; at < token.length - 1; at += 7) {
      if (token[at] === '.') continue;
      const turned = token[at] === 'A' ? 'B' : 'A';
      const changed = `${token.slice(0, at)}${turned}${token.slice(at + 1)}`;
      expect((await verify(changed)).kind).toBe(changed === token ? 'genuine' : 'forged');
    }
  });

  it.each([
    [{}, { companyId: 108000, application: applicationId }],
    [{ aid: applicationId }, { companyId: 108000, application: applicationId }],
    [{ aid: undefined }, { companyId: 108000 }],
    [{ aid: { toString: null } }, { companyId: 108000 }],
  ])('names company and application (%j)', async (changes, sender) => {
    expect(await verify(await sign(changes))).toEqual({ kind: 'genuine', sender });
  });

  it('of a handshake need not name an event', async () => {
    const { verify: check } = webhookVerifier({ clock, publicKeys });
    const token = await sign({ jti: undefined, sub: undefined });
    expect(await check({ sink, token })).toMatchObject({ kind: 'genuine' });
  });

  it('is checked with the key that Fatture in Cloud publishes where no other is given', async () => {
    const { verify: check } = webhookVerifier({ clock });
    expect(await check({ ...proof, token: await sign() })).toEqual(forged('signature'));
  });
});

describe('a key', () => {
  it.each([
    ['of another curve', newSigningKey('P-384').publicPem, /one for ES256 \(P-256\)/],
    ['that is none', 'hello', /./],
  ])('%s is refused at once', (_, pem, why) => {
    expect(() => webhookVerifier({ clock, publicKeys: [pem] })).toThrow(why);
  });
});
