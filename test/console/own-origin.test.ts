import { describe, expect, it } from 'vitest';
import { fakeConnection, hourMs, startConsole } from './console-fixture.ts';

const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };

describe('the way in to the console page', () => {
  const rotate = ['POST', '/actions/rotate'] as const;

  it('is closed to those on this machine who do not know its address', async () => {
    const connection = fakeConnection({});
    const { send } = await startConsole(connection);
    const asked = [rotate, ['GET', '/'], ['GET', '/feed'], ['GET', '/?key=invented']] as const;
    for (const [method, path] of asked) {
      for (const cookie of ['', 'fresco-4000=invented', 'x=y']) {
        const { status, body } = await send(method, path, { cookie });
        expect([path, status, body]).toEqual([path, 401, expect.stringContaining('works once')]);
      }
    }
    expect(connection.asked).toEqual([]);
  });

  it('is an address that works once, and a cookie that only this page gets', async () => {
    const { send, url, newPaths } = await startConsole(fakeConnection({}));
    const cookie = '';
    expect(newPaths).toEqual([]);
    await send('GET', '/', { cookie });
    await send('GET', '/', { cookie });
    const [address = '', ...more] = newPaths;
    expect(more).toEqual([]);
    expect((await send('HEAD', address, { cookie })).status).toBe(401);
    const { status, headers } = await send('GET', address, { cookie });
    const [given = ''] = headers['set-cookie'] ?? [];
    expect([status, headers.location]).toEqual([303, '/']);
    expect(given).toMatch(
      new RegExp(`^fresco-${new URL(url).port}=.*Path=/; HttpOnly; SameSite=Strict$`),
    );
    expect((await send('GET', address, { cookie })).status).toBe(401);
    expect(newPaths).toHaveLength(2);
    const entered = { cookie: given.split(';')[0] ?? '' };
    expect((await send('GET', '/', entered)).status).toBe(200);
    expect(await send('GET', address, entered)).toMatchObject({
      status: 303,
      headers: { location: '/' },
    });
  });

  it('lets a real connection be refreshed 12 times in a day, and no more', async () => {
    const connection = fakeConnection({});
    let nowMs = 0;
    const { press } = await startConsole(connection, { nowMs: () => nowMs });
    for (let count = 0; count < 12; count += 1) expect((await press('rotate')).status).toBe(200);
    for (const atMs of [1, 24 * hourMs - 1]) {
      nowMs = atMs;
      expect(await press('rotate')).toEqual({
        status: 429,
        said: { error: 'this page has refreshed 12 times in a day: use fresco rotate' },
      });
    }
    nowMs = 24 * hourMs;
    expect((await press('rotate')).status).toBe(200);
    expect(connection.asked).toHaveLength(13);
  });
});

describe('the console page', () => {
  it.each([
    ['a program without headers of a browser', 'GET', '/', {}, 200],
    ['an address that was typed', 'GET', '/', { 'sec-fetch-site': 'none' }, 200],
    ['a link on another page', 'GET', '/', link, 200],
    ['the page itself', 'GET', '/feed', { 'sec-fetch-site': 'same-origin' }, 200],
    ['another name that leads to this machine', 'GET', '/', { host: 'evil.example:4000' }, 403],
    ['a name that only begins like loopback', 'GET', '/', { host: '127.0.0.1.evil.example' }, 403],
    ['an image on another page', 'GET', '/feed', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another program on this machine', 'GET', '/feed', { 'sec-fetch-site': 'same-site' }, 403],
    ['a script on another page', 'GET', '/feed', { origin: 'https://evil.example' }, 403],
  ])('answers %s: %s %s', async (_, method, path, headers, status) => {
    const { send } = await startConsole(fakeConnection({}));
    expect((await send(method, path, headers)).status).toBe(status);
  });

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:3000' }],
    ['a page without an origin', { origin: 'null' }],
    ['a form on another page', { ...link }],
    ['a name that leads to this machine', { host: 'evil.example', origin: 'http://evil.example' }],
  ])('lets nothing of %s press a button', async (_, headers) => {
    const connection = fakeConnection({});
    const { send } = await startConsole(connection);
    const { status } = await send('POST', '/actions/rotate', headers);
    expect([status, connection.asked]).toEqual([403, []]);
  });

  it('lets its own buttons be pressed, under either name of this machine', async () => {
    const connection = fakeConnection({});
    const { send, host } = await startConsole(connection);
    const named = host.replace('127.0.0.1', 'localhost');
    await send('POST', '/actions/rotate', { origin: `http://${host}` });
    await send('POST', '/actions/rotate', { host: named, origin: `http://${named}` });
    expect(connection.asked).toEqual(['rotate', 'rotate']);
  });

  it('loads nothing, runs only its own script, and is framed by nobody', async () => {
    const { send } = await startConsole(fakeConnection({}));
    const { headers, body } = await send('GET', '/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    });
    expect(body).not.toMatch(/ style="|\son\w+="|src="/);
  });
});
