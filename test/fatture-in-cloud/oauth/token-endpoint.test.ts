import type { Socket } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { originOf } from '../../../src/core/origin.ts';
import type { Client, TokenAnswer } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import { tokenEndpoint } from '../../../src/fatture-in-cloud/oauth/token-endpoint.ts';
import { fattureInCloud, type ProviderProfile } from '../../../src/fatture-in-cloud/profile.ts';
import { answerWith, httpAnswer, type RawServer, startRaw } from '../raw-server.ts';
import { selfSigned } from '../self-signed.ts';

const secret = new Secret('secret/0001invented');
const client: Client = {
  clientId: 'client-1',
  clientSecret: secret,
  redirectUri: 'http://localhost:8787/callback',
};
const refreshToken = new Secret('r/0001invented');
const tokens =
  '{"token_type":"bearer","access_token":"a/0002invented","refresh_token":"r/0002invented","expires_in":86400}';
const json = ['Content-Type: application/json'];

let server: RawServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function serve(speak: (socket: Socket) => void, tls?: typeof selfSigned): Promise<string> {
  server = await startRaw(speak, tls);
  return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${server.port}`;
}

function refresh(baseUrl: string, options = {}, changes: Partial<ProviderProfile> = {}) {
  const profile = { ...fattureInCloud(baseUrl), ...changes };
  const settings = { clock: { nowMs: () => 0 }, requestMs: 20_000, ...options };
  const own = originOf(baseUrl);
  return tokenEndpoint(profile, settings).refresh(refreshToken.boundTo(own), boundClient(own));
}

function boundClient(origin: string | undefined): Client {
  return { ...client, clientSecret: secret.boundTo(origin) };
}

function sent(): { head: string; body: string } {
  const [head = '', body = ''] = (server?.received() ?? '').split('\r\n\r\n');
  return { head, body };
}

function granted(answer: TokenAnswer) {
  if (answer.kind !== 'granted') throw new Error(`not granted: ${JSON.stringify(answer)}`);
  const { accessToken, refreshToken: next } = answer.tokens;
  return { accessToken: accessToken.reveal(), refreshToken: next?.reveal() };
}

const fresh = { accessToken: 'a/0002invented', refreshToken: 'r/0002invented' };

describe('a refresh', () => {
  it('is one JSON request with the credentials in its body, on a connection of its own', async () => {
    const baseUrl = await serve(answerWith(httpAnswer('200 OK', json, tokens)));
    expect(granted(await refresh(baseUrl))).toEqual(fresh);
    expect(server?.connections()).toBe(1);
    expect(sent().head).toContain('POST /oauth/token HTTP/1.1\r\n');
    expect(sent().head).toContain('Connection: close');
    expect(sent().head).not.toContain('Authorization');
    expect(JSON.parse(sent().body)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r/0001invented',
      client_id: 'client-1',
      client_secret: 'secret/0001invented',
    });
  });

  it('is form-encoded with Basic authentication where the profile says so', async () => {
    const baseUrl = await serve(answerWith(httpAnswer('200 OK', json, tokens)));
    await refresh(baseUrl, {}, { clientAuthentication: 'basic', encoding: 'form' });
    expect(sent().body).toBe('grant_type=refresh_token&refresh_token=r%2F0001invented');
    const credentials = Buffer.from('client-1:secret%2F0001invented').toString('base64');
    expect(sent().head).toContain(`Authorization: Basic ${credentials}`);
  });

  it('without a client secret names the client alone', async () => {
    const baseUrl = await serve(answerWith(httpAnswer('200 OK', json, tokens)));
    const endpoint = tokenEndpoint(
      { ...fattureInCloud(baseUrl), clientAuthentication: 'basic' },
      { clock: { nowMs: () => 0 }, requestMs: 20_000 },
    );
    await endpoint.refresh(refreshToken.boundTo(baseUrl), { clientId: 'client-1' });
    expect(Object.keys(JSON.parse(sent().body)).sort()).toEqual([
      'client_id',
      'grant_type',
      'refresh_token',
    ]);
  });

  it('goes over TLS that it can trust', async () => {
    const baseUrl = await serve(answerWith(httpAnswer('200 OK', json, tokens)), selfSigned);
    expect(granted(await refresh(baseUrl, { ca: selfSigned.cert }))).toEqual(fresh);
  });
});

describe('nothing of a refresh has left', () => {
  it('when the connection is refused', async () => {
    const baseUrl = await serve(() => {});
    await server?.stop();
    expect(await refresh(baseUrl)).toEqual({ kind: 'never-sent', cause: 'ECONNREFUSED' });
  });

  it('when the name is not known', async () => {
    const answer = await refresh('http://provider.invalid');
    expect(answer).toMatchObject({ kind: 'never-sent' });
    expect(answer.kind === 'never-sent' && answer.cause).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
  });

  it('when the server speaks no TLS', async () => {
    const baseUrl = await serve(answerWith('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const answer = await refresh(baseUrl.replace('http:', 'https:'));
    expect(answer.kind).toBe('never-sent');
    expect(server?.received()).not.toContain('oauth');
  });

  it('when the certificate is not to be trusted', async () => {
    const baseUrl = await serve(answerWith(httpAnswer('200 OK', json, tokens)), selfSigned);
    const answer = await refresh(baseUrl);
    expect(answer).toEqual({ kind: 'never-sent', cause: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(server?.received()).toBe('');
  });

  it('when the TLS handshake is never finished', async () => {
    const baseUrl = await serve(() => {});
    const answer = await refresh(baseUrl.replace('http:', 'https:'), { requestMs: 50 });
    expect(answer).toEqual({ kind: 'never-sent', cause: 'no whole answer within 50 ms' });
  });

  it('when the server hangs up during the TLS handshake', async () => {
    const baseUrl = await serve((socket) => socket.once('data', () => socket.destroy()));
    const answer = await refresh(baseUrl.replace('http:', 'https:'));
    expect(answer).toEqual({ kind: 'never-sent', cause: 'ECONNRESET' });
  });
});

describe('a refresh that left is uncertain', () => {
  it.each<[string, (socket: Socket) => void, Partial<TokenAnswer>]>([
    [
      'when the connection breaks before an answer',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      { cause: 'ECONNRESET' },
    ],
    [
      'when the server hangs up politely',
      (socket) => socket.once('data', () => socket.end()),
      { cause: 'ECONNRESET' },
    ],
    ['when no answer comes in time', () => {}, { cause: 'no whole answer within 1000 ms' }],
    [
      'when the answer breaks off inside the tokens',
      answerWith(`HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n${tokens.slice(0, 40)}`, (socket) =>
        socket.resetAndDestroy(),
      ),
      { status: 200, cause: 'ECONNRESET' },
    ],
    [
      'when the answer stalls inside the tokens',
      answerWith(`HTTP/1.1 200 OK\r\n\r\n${tokens.slice(0, 40)}`, () => {}),
      { status: 200, cause: 'no whole answer within 1000 ms' },
    ],
    ['when the answer is no HTTP', answerWith('hello\r\n\r\n'), { cause: 'HPE_INVALID_CONSTANT' }],
    [
      'when the headers never end',
      answerWith(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(200_000)}`),
      { cause: 'HPE_HEADER_OVERFLOW' },
    ],
    [
      'when the server wants to speak another protocol',
      answerWith('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
      {},
    ],
    [
      'when the server says HTML and 200',
      answerWith(httpAnswer('200 OK', ['Content-Type: text/html'], '<html>hello</html>')),
      { status: 200 },
    ],
    [
      'when a gateway says HTML',
      answerWith(httpAnswer('502 Bad Gateway', ['Content-Type: text/html'], '<html></html>')),
      { status: 502 },
    ],
    [
      'when it claims an encoding that it does not have, around no tokens',
      answerWith(httpAnswer('200 OK', ['Content-Encoding: gzip'], 'not gzip')),
      { status: 200 },
    ],
  ])('%s', async (_, speak, facts) => {
    const answer = await refresh(await serve(speak), { requestMs: 1000 });
    expect(answer).toMatchObject({ kind: 'uncertain', ...facts });
    expect(server?.connections()).toBe(1);
  });

  it('when the answer never ends', async () => {
    const chunk = 'x'.repeat(16_384);
    const pour = (socket: Socket): void => {
      if (!socket.destroyed) socket.write(chunk, () => pour(socket));
    };
    const baseUrl = await serve(answerWith('HTTP/1.1 200 OK\r\n\r\n', pour));
    expect(await refresh(baseUrl)).toEqual({
      kind: 'uncertain',
      status: 200,
      cause: 'answer larger than 65536 bytes',
      contentType: 'no type',
    });
  });
});

describe('tokens that came through whole are kept', () => {
  it.each<[string, (socket: Socket) => void]>([
    [
      'though the connection broke right after them',
      answerWith(`HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n${tokens}`, (socket) =>
        socket.resetAndDestroy(),
      ),
    ],
    [
      'though the end of the answer never came',
      answerWith(`HTTP/1.1 200 OK\r\n\r\n${tokens}`, () => {}),
    ],
    [
      'though more blanks follow than an answer may have',
      answerWith(`HTTP/1.1 200 OK\r\n\r\n${tokens}${' '.repeat(100_000)}`),
    ],
    [
      'though they claim to be compressed and are not',
      answerWith(httpAnswer('200 OK', ['Content-Encoding: gzip'], tokens)),
    ],
    [
      'though the server says that it is HTML',
      answerWith(httpAnswer('200 OK', ['Content-Type: text/html'], `\ufeff${tokens}`)),
    ],
    [
      'though an early hint comes first',
      answerWith(`HTTP/1.1 103 Early Hints\r\n\r\n${httpAnswer('200 OK', json, tokens)}`),
    ],
    [
      'though a length stands beside the chunks',
      answerWith(
        `HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n${tokens.length.toString(16)}\r\n${tokens}\r\n0\r\n\r\n`,
      ),
    ],
    [
      'though every line ends in a bare line feed',
      answerWith(httpAnswer('200 OK', json, tokens).replaceAll('\r\n', '\n')),
    ],
    [
      'though one line ends in a bare line feed',
      answerWith(httpAnswer('200 OK', json, tokens).replace('json\r\n', 'json\n')),
    ],
    [
      'though one ends in a bare carriage return',
      answerWith(httpAnswer('200 OK', json, tokens).replace('json\r\n', 'json\r')),
    ],
    [
      'though a header is folded',
      answerWith(httpAnswer('200 OK', ['X-Folded: one,\r\n two', ...json], tokens)),
    ],
    [
      'though a header holds what none may',
      answerWith(httpAnswer('200 OK', ['X-Odd: \u0001\u0000é', ...json], tokens)),
    ],
    [
      'though a name is followed by a blank',
      answerWith(httpAnswer('200 OK', ['X-Blank : x', ...json], tokens)),
    ],
    [
      'though the headers are 18 KB, as those of a gateway with its cookies',
      answerWith(httpAnswer('200 OK', [`Set-Cookie: ${'x'.repeat(18_000)}`, ...json], tokens)),
    ],
    [
      'though the version is one that nobody speaks',
      answerWith(httpAnswer('200 OK', json, tokens).replace('HTTP/1.1', 'HTTP/1.2')),
    ],
    [
      'though the length is given twice',
      answerWith(httpAnswer('200 OK', [`Content-Length: ${tokens.length}`], tokens)),
    ],
    ['though the status has no words', answerWith(httpAnswer('200', json, tokens))],
    ...[0, false, null, ''].map((error): [string, (socket: Socket) => void] => [
      `though they say "error": ${JSON.stringify(error)}`,
      answerWith(
        httpAnswer('200 OK', json, tokens.replace('{', `{"error":${JSON.stringify(error)},`)),
      ),
    ]),
  ])('%s', async (_, speak) => {
    expect(granted(await refresh(await serve(speak), { requestMs: 1000 }))).toEqual(fresh);
  });

  it.each([
    ['gzip', gzipSync(tokens)],
    ['x-gzip', gzipSync(tokens)],
    ['X-GZIP', gzipSync(tokens)],
    ['identity, gzip', gzipSync(tokens)],
    ['deflate, gzip', gzipSync(deflateSync(tokens))],
  ])('though they are compressed (%s) and nobody asked for it', async (encoding, bytes) => {
    const baseUrl = await serve((socket) =>
      socket.once('data', () => {
        socket.write(
          `HTTP/1.1 200 OK\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${bytes.length}\r\n\r\n`,
        );
        socket.end(bytes);
      }),
    );
    expect(granted(await refresh(baseUrl))).toEqual(fresh);
  });

  it('though the process was starved past its deadline while they came', async () => {
    const baseUrl = await serve(
      answerWith(httpAnswer('200 OK', json, tokens), (socket) => {
        socket.end();
        starve(1500);
      }),
    );
    expect(granted(await refresh(baseUrl, { requestMs: 1000 }))).toEqual(fresh);
  });
});

/** Lets nothing else of this process run. */
function starve(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a redirect', () => {
  it('is not followed: the token goes to one address', async () => {
    const elsewhere = await startRaw(answerWith(httpAnswer('200 OK', json, tokens)));
    try {
      const location = `Location: http://127.0.0.1:${elsewhere.port}/oauth/token`;
      const html = ['Content-Type: text/html', location];
      const baseUrl = await serve(answerWith(httpAnswer('307 Temporary Redirect', html, '<html>')));
      const answer = await refresh(baseUrl);
      expect(answer).toEqual({ kind: 'unexpected', status: 307, contentType: 'text/html' });
      expect(elsewhere.connections()).toBe(0);
    } finally {
      await elsewhere.stop();
    }
  });
});

describe('the exchange of a code', () => {
  it('sends the redirect URI beside the code', async () => {
    const baseUrl = await serve(answerWith(httpAnswer('200 OK', json, tokens)));
    const endpoint = tokenEndpoint(fattureInCloud(baseUrl), {
      clock: { nowMs: () => 0 },
      requestMs: 20_000,
    });
    const answer = await endpoint.exchange(new Secret('c/0001invented'), boundClient(baseUrl));
    expect(granted(answer)).toEqual(fresh);
    expect(JSON.parse(sent().body)).toEqual({
      grant_type: 'authorization_code',
      code: 'c/0001invented',
      redirect_uri: 'http://localhost:8787/callback',
      client_id: 'client-1',
      client_secret: 'secret/0001invented',
    });
  });
});

describe('an answer', () => {
  it('never carries a token, a secret or the credentials in what can be printed', async () => {
    const planted = httpAnswer('200 OK', json, '{"error":"a/planted0001","access_token":1}');
    const speakers = [answerWith(planted), answerWith(`HTTP/1.1 200 OK\r\n\r\n{"a":"planted`)];
    for (const speak of speakers) {
      const answer = await refresh(await serve(speak));
      await server?.stop();
      expect(JSON.stringify(answer)).not.toMatch(/planted|invented/);
    }
  });
});
