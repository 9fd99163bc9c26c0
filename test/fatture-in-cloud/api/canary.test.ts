import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { canary } from '../../../src/fatture-in-cloud/api/canary.ts';
import { fattureInCloud } from '../../../src/fatture-in-cloud/profile.ts';
import { answerWith, httpAnswer, type RawServer, startRaw } from '../raw-server.ts';

let server: RawServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function check(status: string, headers: string[] = []) {
  server = await startRaw(answerWith(httpAnswer(status, headers, '{}')));
  const profile = fattureInCloud(`http://127.0.0.1:${server.port}`);
  return canary(profile, { requestMs: 20_000 }).check(
    new Secret('a/0001invented', profile.baseUrl),
  );
}

describe('the canary', () => {
  it.each([
    ['200 OK', 'accepted'],
    ['401 Unauthorized', 'rejected'],
    ['204 No Content', 'unknown'],
    ['302 Found', 'unknown'],
    ['403 Forbidden', 'unknown'],
    ['404 Not Found', 'unknown'],
    ['429 Too Many Requests', 'unknown'],
    ['500 Internal Server Error', 'unknown'],
    ['502 Bad Gateway', 'unknown'],
  ])('takes %s for %s', async (status, verdict) => {
    expect(await check(status)).toBe(verdict);
  });

  it('asks /user/info with the token, once', async () => {
    await check('200 OK');
    expect(server?.received()).toContain('GET /user/info HTTP/1.1\r\n');
    expect(server?.received()).toContain('Authorization: Bearer a/0001invented\r\n');
    expect(server?.connections()).toBe(1);
  });

  it('does not follow a redirect with the token', async () => {
    const elsewhere = await startRaw(answerWith(httpAnswer('200 OK', [], '{}')));
    const location = [`Location: http://127.0.0.1:${elsewhere.port}/`];
    expect(await check('302 Found', location)).toBe('unknown');
    expect(elsewhere.connections()).toBe(0);
    await elsewhere.stop();
  });

  it('does not know when nobody answers', async () => {
    server = await startRaw(() => {});
    const profile = fattureInCloud(`http://127.0.0.1:${server.port}`);
    const verdict = canary(profile, { requestMs: 50 }).check(
      new Secret('a/0001invented', profile.baseUrl),
    );
    expect(await verdict).toBe('unknown');
  });

  it.each(['a/1\r\nX-Injected: 1', 'a/…'])('sends nothing with a token like %j', async (token) => {
    server = await startRaw(answerWith(httpAnswer('200 OK', [], '{}')));
    const profile = fattureInCloud(`http://127.0.0.1:${server.port}`);
    const verdict = canary(profile, { requestMs: 20_000 }).check(
      new Secret(token, profile.baseUrl),
    );
    expect(await verdict).toBe('unknown');
    expect(server.received()).toBe('');
  });

  it('does not know where the provider has nothing to ask', async () => {
    const { canaryUrl: _, ...profile } = fattureInCloud('http://127.0.0.1:9');
    const verdict = canary(profile, { requestMs: 50 }).check(
      new Secret('a/0001invented', profile.baseUrl),
    );
    expect(await verdict).toBe('unknown');
  });
});
