import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { openConnection } from '../../../src/fatture-in-cloud/http/connection.ts';
import { outboundFetch } from '../../../src/fatture-in-cloud/http/outbound-fetch.ts';
import { proxyFor } from '../../../src/fatture-in-cloud/http/proxy.ts';
import { readBody, startLoopback } from '../../doubles/http/loopback.ts';
import { answerWith, httpAnswer, type RawServer, startRaw } from '../raw-server.ts';
import { selfSigned } from '../self-signed.ts';
import { watchTimers } from '../watched-timers.ts';

describe('the proxy for a URL', () => {
  const proxies = { https: 'http://proxy.example:3128', http: 'plain.example:8080' };

  it.each([
    ['https://api.example.com/', '', 'http://proxy.example:3128/'],
    ['http://api.example.com/', '', 'http://plain.example:8080/'],
    ['https://api.example.com/', 'other.com', 'http://proxy.example:3128/'],
    ['https://api.example.com/', 'notexample.com, ample.com', 'http://proxy.example:3128/'],
    ['https://api.example.com/', 'api.example.com:8443', 'http://proxy.example:3128/'],
    ['https://api.example.com/', '*', undefined],
    ['https://api.example.com/', 'api.example.com', undefined],
    ['https://api.example.com/', 'x, EXAMPLE.com', undefined],
    ['https://api.example.com/', '.example.com', undefined],
    ['https://api.example.com/', '*.example.com', undefined],
    ['https://api.example.com/', 'api.example.com:443', undefined],
    ['http://localhost:4010/', '', undefined],
    ['http://127.0.0.1:4010/', '', undefined],
    ['http://[::1]:4010/', '', undefined],
  ])('%s with NO_PROXY=%j is %s', (url, no, want) => {
    expect(proxyFor(new URL(url), { ...proxies, no })?.href).toBe(want);
  });

  it('is none where none is set', () => {
    expect(proxyFor(new URL('https://api.example.com/'), {})).toBeUndefined();
    expect(proxyFor(new URL('https://api.example.com/'), { https: '' })).toBeUndefined();
  });
});

describe('a connection through a proxy', () => {
  const stops: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
  });

  async function origin(): Promise<RawServer> {
    const server = await startRaw(answerWith(httpAnswer('200 OK', [], 'hi')), selfSigned);
    stops.push(server.stop);
    return server;
  }

  /** A CONNECT proxy that leads every host to `port`, and keeps what it was asked. */
  async function proxy(port: number, status = 200, user = 'user:p%40ss') {
    const asked: string[] = [];
    const server = createServer();
    server.on('connect', (request, downstream) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
      downstream.on('error', () => {});
      downstream.write(`HTTP/1.1 ${status} Whatever\r\n\r\n`);
      if (status >= 300) return void downstream.end();
      const upstream = connect(port, '127.0.0.1');
      upstream.on('error', () => downstream.destroy());
      upstream.pipe(downstream).pipe(upstream);
    });
    stops.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    return { url: `http://${user}@127.0.0.1:${await listening(server)}`, asked };
  }

  const open = (https: string) =>
    openConnection(
      new URL('https://localhost.example/'),
      { proxy: { https }, ca: selfSigned.cert },
      AbortSignal.timeout(2000),
    );

  it('is a tunnel, with TLS to the host itself', async () => {
    const behind = await origin();
    const { url, asked } = await proxy(behind.port);
    // The certificate is for localhost: that it is refused shows whose name is checked.
    await expect(open(url)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(asked).toEqual([
      `localhost.example:443 Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    ]);
    expect(behind.received()).toBe('');
  });

  it.each([
    ['201 Created', 201],
    ['204 No Content', 204],
    ['299 Whatever', 299],
  ])('may be answered with %s', async (_, status) => {
    const behind = await origin();
    const { url } = await proxy(behind.port, status);
    await expect(open(url)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it.each([
    ['user:50%', 'user:50%'],
    ['user:100%zz%40', 'user:100%zz@'],
    ['user:%ff', 'user:%ff'],
  ])('takes the password of %s as it was meant', async (user, meant) => {
    const behind = await origin();
    const { url, asked } = await proxy(behind.port, 200, user);
    await expect(open(url)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(asked).toEqual([`localhost.example:443 Basic ${btoa(meant)}`]);
  });

  it('says nothing of a proxy that is no URL', async () => {
    const refused = await open('http://user:hush@:99999').catch((error: unknown) => error);
    expect(inspect(refused)).not.toContain('hush');
  });

  it('is the way of every other request, too', async () => {
    const seen: string[] = [];
    const behind = await startLoopback(async (request, response) => {
      const body = String(await readBody(request));
      seen.push(`${request.method} ${request.headers.host}${request.url} ${body}`);
      response.writeHead(request.url === '/none' ? 204 : 302, {
        Location: '/x',
        'X-Twice': ['1', '2'],
      });
      response.end(request.url === '/none' ? '' : '{"data":7}');
    });
    stops.push(behind.stop);
    const { url, asked } = await proxy(Number(new URL(behind.endpoint).port));
    const send = outboundFetch({ http: url, no: 'direct.example' });
    const timers = watchTimers(10_000);
    const response = await send('http://api.example/list?page=1', { method: 'POST', body: 'é' });
    expect([response.status, response.headers.get('x-twice')]).toEqual([302, '1, 2']);
    expect(await response.json()).toEqual({ data: 7 });
    expect((await send('http://api.example/none')).status).toBe(204);
    expect(seen).toEqual(['POST api.example/list?page=1 é', 'GET api.example/none ']);
    expect(asked).toHaveLength(2);
    expect([timers.set(), timers.left()]).toEqual([2, 0]);
    const stopped = send('http://api.example/', { signal: AbortSignal.abort(new Error('enough')) });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('fails before anything is sent when the proxy refuses', async () => {
    const { url } = await proxy(1, 407);
    await expect(open(url)).rejects.toMatchObject({ code: 'proxy answered 407' });
  });
});

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
