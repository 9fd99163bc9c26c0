import { describe, expect, it } from 'vitest';
import { clientSource, decodeClient, encodeClient } from '../../../src/core/records/client.ts';
import { Secret } from '../../../src/core/secret.ts';

const clientSecret = new Secret('invented-client-secret');
const full = { clientId: 'c1', clientSecret, redirectUri: 'http://localhost:8787/callback' };

describe('the client secret', () => {
  it('has the JSON that others build on', () => {
    expect(encodeClient(full).reveal()).toBe(
      '{"v":1,"clientId":"c1","clientSecret":"invented-client-secret","redirectUri":"http://localhost:8787/callback"}',
    );
  });

  it.each([
    { name: 'a whole application', client: full },
    { name: 'one of the device flow, without a secret', client: { clientId: 'c1' } },
  ])('reads back what it wrote: $name', ({ client }) => {
    const read = decodeClient(encodeClient(client));
    expect({ ...read, clientSecret: read.clientSecret?.reveal() }).toEqual({
      ...client,
      clientSecret: 'clientSecret' in client ? clientSecret.reveal() : undefined,
    });
  });

  it('is bound to the origin that it was stored for', () => {
    const bound = { ...full, clientSecret: clientSecret.boundTo('https://other.example') };
    expect(decodeClient(encodeClient(bound)).clientSecret?.origin).toBe('https://other.example');
    expect(decodeClient(encodeClient(full)).clientSecret?.origin).toBeUndefined();
    expect(Object.keys(decodeClient(encodeClient({ clientId: 'c1' })))).toEqual(['clientId']);
  });

  it.each([
    { name: 'no JSON', text: 'invented-client-secret', message: 'is not JSON' },
    { name: 'no version', text: '{"clientId":"c1"}', message: '"v" is missing' },
    { name: 'a newer version', text: '{"v":2}', message: 'is of version 2' },
    { name: 'no id', text: '{"v":1}', message: '"clientId" must be a text' },
    { name: 'an empty id', text: '{"v":1,"clientId":""}', message: '"clientId" must be a text' },
    {
      name: 'a secret that is no text',
      text: '{"v":1,"clientId":"c1","clientSecret":["invented-client-secret"]}',
      message: '"clientSecret" must be a text',
    },
    {
      name: 'an empty redirect URI',
      text: '{"v":1,"clientId":"c1","redirectUri":""}',
      message: '"redirectUri" must be a text',
    },
  ])('refuses $name, without its text', ({ text, message }) => {
    let error: unknown;
    try {
      decodeClient(new Secret(text));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ reason: 'damaged', message: expect.stringContaining(message) });
    expect(String(error)).not.toContain('invented');
  });

  it('is read from the current version, whose id comes with it', async () => {
    const version = { versionId: 'v1', value: encodeClient(full) };
    const source = clientSource({ current: async () => version });
    expect(await source.read()).toMatchObject({ client: { clientId: 'c1' }, versionId: 'v1' });
  });

  it('is none while the secret is empty', async () => {
    expect(await clientSource({ current: async () => undefined }).read()).toBeUndefined();
  });
});
