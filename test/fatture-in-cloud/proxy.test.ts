import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openConnection } from '../../src/fatture-in-cloud/connection.ts';
import { proxyFor } from '../../src/fatture-in-cloud/proxy.ts';
import { answerWith, httpAnswer, type RawServer, startRaw } from './raw-server.ts';
import { selfSigned } from './self-signed.ts';

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
  async function proxy(port: number, status = 200) {
    const asked: string[] = [];
    const server = createServer();
    server.on('connect', (request, downstream) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
      downstream.on('error', () => {});
      downstream.write(`HTTP/1.1 ${status} Whatever\r\n\r\n`);
      if (status !== 200) return void downstream.end();
      const upstream = connect(port, '127.0.0.1');
      upstream.on('error', () => downstream.destroy());
      upstream.pipe(downstream).pipe(upstream);
    });
    stops.push(() => new Promise((resolve) => server.close(resolve)));
    return { url: `http://user:p%40ss@127.0.0.1:${await listening(server)}`, asked };
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
