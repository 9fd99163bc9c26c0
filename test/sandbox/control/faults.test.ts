import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../../src/sandbox/sandbox.ts';
import { application, type SandboxServer, startSandbox } from '../sandbox-server.ts';

async function withFault(fault: object): Promise<SandboxServer> {
  const server = await startSandbox();
  expect((await server.request('POST', '/_sandbox/faults', [fault])).status).toBe(200);
  return server;
}

const on = 'POST /oauth/token';

describe('faults', () => {
  it.each([
    ['429 with Retry-After', { kind: 'status', status: 429, retryAfter: 7 }, 429, '7'],
    ['403 with Retry-After', { kind: 'status', status: 403, retryAfter: 60 }, 403, '60'],
    ['500 as JSON', { kind: 'status' }, 500, null],
  ])('%s, and the token stays unspent', async (_name, fault, status, retryAfter) => {
    const server = await withFault({ on, ...fault });
    await server.request('POST', '/_sandbox/state', { rotationMode: 'single-use' });
    const { refresh_token } = await server.grant();
    const answer = await server.refresh(refresh_token);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter]);
    expect(answer.json.error).toBe('server_error');
    await server.request('POST', '/_sandbox/faults', []);
    expect((await server.refresh(refresh_token)).status).toBe(200);
  });

  it('an OAuth error of choice', async () => {
    const server = await withFault({ on, kind: 'status', status: 400, error: 'invalid_grant' });
    expect((await server.refresh('r/0001invented')).json.error).toBe('invalid_grant');
  });

  it('HTML with 502', async () => {
    const server = await withFault({ on, kind: 'html' });
    const { status, headers, text } = await server.refresh('r/0001invented');
    expect([status, headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(text).toContain('Bad Gateway');
  });

  it('reset-before: the connection ends, the token stays unspent', async () => {
    const server = await withFault({ on, kind: 'reset-before', times: 1 });
    await server.request('POST', '/_sandbox/state', { rotationMode: 'single-use' });
    const { refresh_token } = await server.grant();
    await expect(server.refresh(refresh_token)).rejects.toThrow('fetch failed');
    expect((await server.refresh(refresh_token)).status).toBe(200);
  });

  it('reset-after: the connection ends, the token is spent', async () => {
    const server = await withFault({ on, kind: 'reset-after', times: 1 });
    await server.request('POST', '/_sandbox/state', { rotationMode: 'single-use' });
    const { refresh_token } = await server.grant();
    await expect(server.refresh(refresh_token)).rejects.toThrow('fetch failed');
    expect((await server.refresh(refresh_token)).json.error).toBe('invalid_grant');
  });

  it('status-after: an error is answered, the token is spent', async () => {
    const server = await withFault({ on, kind: 'status-after', status: 503, times: 1 });
    await server.request('POST', '/_sandbox/state', { rotationMode: 'single-use' });
    const { refresh_token } = await server.grant();
    const answer = await server.refresh(refresh_token);
    expect([answer.status, answer.text]).toEqual([503, expect.not.stringContaining('a/')]);
    expect((await server.refresh(refresh_token)).json.error).toBe('invalid_grant');
  });

  it('hang: nothing comes until the caller gives up', async () => {
    const { url } = await withFault({ on, kind: 'hang' });
    const signal = AbortSignal.timeout(30);
    const asked = fetch(`${url}/oauth/token`, { method: 'POST', body: '{}', signal });
    await expect(asked).rejects.toThrow('timeout');
  });

  it('endless-body: the answer has no end', async () => {
    const { url } = await withFault({ on, kind: 'endless-body' });
    const response = await fetch(`${url}/oauth/token`, { method: 'POST', body: '{}' });
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += (chunk as Uint8Array).length;
      if (size > 2_000_000) break;
    }
    expect(size).toBeGreaterThan(2_000_000);
  });

  it('redirect, bad-json and body answer what they were told to', async () => {
    const server = await startSandbox();
    await server.request('POST', '/_sandbox/faults', [
      { on, kind: 'redirect', location: 'http://127.0.0.1:9/elsewhere', times: 1 },
      { on, kind: 'bad-json', times: 1 },
      { on, kind: 'body', status: 418, body: 'tea', headers: { 'x-pot': 'yes' }, times: 1 },
    ]);
    const redirect = await server.refresh('r/0001invented');
    expect([redirect.status, redirect.headers.get('location')]).toEqual([
      307,
      'http://127.0.0.1:9/elsewhere',
    ]);
    const cutOff = await server.refresh('r/0001invented');
    expect([cutOff.status, cutOff.json]).toEqual([200, undefined]);
    const body = await server.refresh('r/0001invented');
    expect([body.status, body.text, body.headers.get('x-pot')]).toEqual([418, 'tea', 'yes']);
    expect((await server.refresh('r/0001invented')).json.error).toBe('invalid_grant');
  });

  it('delay answers rightly, after waiting', async () => {
    const waits: number[] = [];
    const wait = async (ms: number) => void waits.push(ms);
    const server = await startSandbox({ wait });
    await server.request('POST', '/_sandbox/faults', [{ on, kind: 'delay', delayMs: 250 }]);
    const { refresh_token } = await server.grant();
    expect((await server.refresh(refresh_token)).status).toBe(200);
    expect(waits).toEqual([250]);
  });

  it('strikes what it names only: a prefix with a star, another method not', async () => {
    const server = await withFault({ on: 'GET /c/*', kind: 'status', status: 503 });
    const { access_token } = await server.grant();
    expect((await server.get('/c/108061/company/info', access_token)).status).toBe(503);
    expect((await server.get('/user/info', access_token)).status).toBe(200);
  });

  it('counts what it served, and DELETE lifts it', async () => {
    const server = await withFault({ on, kind: 'status', times: 5 });
    await server.refresh('r/0001invented');
    await server.refresh('r/0001invented');
    expect((await server.request('GET', '/_sandbox/state')).json.faults).toEqual([
      { on, kind: 'status', times: 5, served: 2 },
    ]);
    await server.request('DELETE', '/_sandbox/faults');
    expect((await server.request('GET', '/_sandbox/faults')).json).toEqual([]);
  });

  it.each([
    ['an unknown kind', [{ on, kind: 'explode' }]],
    ['an unreadable target', [{ on: 'oauth/token', kind: 'status' }]],
    ['no list', { on, kind: 'status' }],
  ])('refuses %s with words', async (_name, faults) => {
    const server = await startSandbox();
    const { status, json } = await server.request('POST', '/_sandbox/faults', faults);
    expect([status, typeof json.error.message]).toEqual([400, 'string']);
  });

  it('without a connection to reset, the request rejects', async () => {
    const sandbox = createSandbox();
    const post = (path: string, body: object) =>
      sandbox.fetch(
        new Request(`http://sandbox${path}`, { method: 'POST', body: JSON.stringify(body) }),
      );
    await post('/_sandbox/faults', [{ on, kind: 'reset-before' }]);
    const asked = post('/oauth/token', { grant_type: 'refresh_token', ...application });
    await expect(asked).rejects.toThrow('reset the connection');
  });
});
