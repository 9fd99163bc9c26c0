import { generateKeyPairSync } from 'node:crypto';
import { Agent, request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../src/sandbox/listen.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { controlSandbox } from './sandbox-control.ts';
import { startSandbox } from './sandbox-server.ts';

/** Opens a connection that stays, and resolves when it ends, with whether the sandbox was there before. */
function connect(url: string, agent: Agent) {
  const outgoing = request(url, { agent });
  outgoing.end();
  const ended = new Promise<void>((resolve) => {
    outgoing.on('error', () => resolve());
    outgoing.on('response', (incoming) => {
      incoming.on('error', () => {});
      incoming.resume();
      incoming.socket.on('close', () => resolve());
    });
  });
  const arrived = new Promise<void>((resolve) => {
    outgoing.on('socket', (socket) => socket.on('connect', () => resolve()));
  });
  return { ended, arrived };
}

describe('closing', () => {
  it('ends kept-alive, hung and listening connections at once, and frees the port', async () => {
    const sandbox = createSandbox();
    const { url, port, close } = await listen(sandbox, { port: 0 });
    await controlSandbox(url, 'faults', [{ on: 'GET /user/info', kind: 'hang' }]);
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const paths = ['/', '/user/info', '/_sandbox/events'];
    const connections = paths.map((path) => connect(url + path, agent));
    await Promise.all(connections.map(({ arrived }) => arrived));
    await close();
    await Promise.all(connections.map(({ ended }) => ended));
    const again = await listen(sandbox, { port });
    await again.close();
  });

  it('is not needed when the port is taken: listening rejects', async () => {
    const { url } = await startSandbox();
    const { port } = new URL(url);
    await expect(listen(createSandbox(), { port: Number(port) })).rejects.toThrow('EADDRINUSE');
  });
});

describe('options', () => {
  it('several companies are offered, and those left out stay closed', async () => {
    const companies = [
      { id: 108061, name: 'Studio Esempio', type: 'company' },
      { id: 108062, name: 'Ditta Esempio', type: 'company' },
    ] as const;
    const server = await startSandbox({ companies });
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'sandbox-client',
      redirect_uri: 'http://localhost:8787/callback',
      scope: 'products:r',
      state: 'state0001',
    });
    const page = await server.request('GET', `/oauth/authorize?${query}`);
    expect(page.text).toContain('Ditta Esempio');
    const id = /name="request" value="(?<id>\w+)"/.exec(page.text)?.groups?.['id'] ?? '';
    const form = `request=${id}&decision=approve&company=108062&company=999`;
    const approved = await server.request('POST', '/oauth/authorize', form);
    const { json } = await server.request('POST', '/oauth/token', {
      grant_type: 'authorization_code',
      client_id: 'sandbox-client',
      client_secret: 'sandbox-secret',
      redirect_uri: 'http://localhost:8787/callback',
      code: new URL(approved.headers.get('location') ?? '').searchParams.get('code') ?? '',
    });
    expect((await server.get('/c/108062/products', json.access_token)).status).toBe(200);
    expect((await server.get('/c/108061/products', json.access_token)).status).toBe(401);
    const { data } = (await server.get('/user/companies', json.access_token)).json;
    expect(data.companies.map((company: { id: number }) => company.id)).toEqual([108062]);
  });

  it('a given key signs, so that a receiver’s setting outlives the process', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signingKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const [first, second] = [createSandbox({ signingKeyPem }), createSandbox({ signingKeyPem })];
    expect(first.publicKeyPem).toBe(second.publicKeyPem);
    expect(createSandbox().publicKeyPem).not.toBe(first.publicKeyPem);
  });

  it('two sandboxes of one seed hand out the same identifiers', async () => {
    const [first, second] = [await startSandbox(), await startSandbox()];
    expect(await first.grant()).toEqual(await second.grant());
  });
});
