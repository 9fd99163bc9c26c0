import { describe, expect, it } from 'vitest';
import { fakeConnection, startConsole } from './console-fixture.ts';

const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };

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
