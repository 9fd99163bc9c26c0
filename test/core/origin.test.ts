import { describe, expect, it } from 'vitest';
import { isLoopback, isSafeUrl, originOf, shownUrl } from '../../src/core/origin.ts';

describe('the origin of a URL', () => {
  it.each([
    ['https://provider.example/oauth?x=1#y', 'https://provider.example'],
    ['https://provider.example:443', 'https://provider.example'],
    ['http://127.0.0.1:4010/a', 'http://127.0.0.1:4010'],
    ['file:///etc/passwd', undefined],
    ['provider.example', undefined],
    ['', undefined],
  ])('of %j is %j', (url, origin) => {
    expect(originOf(url)).toBe(origin);
  });
});

describe('this machine', () => {
  it.each(['localhost', 'app.localhost', '127.0.0.1', '127.10.20.255', '[::1]'])(
    'is %s',
    (host) => {
      expect(isLoopback(new URL(`http://${host}/`))).toBe(true);
    },
  );

  it.each([
    'localhost.example',
    'alocalhost',
    '.localhost',
    '127.0.0.1.example',
    'a127.0.0.1',
    '128.0.0.1',
    'x.127.0.0.1.example',
    '[::2]',
  ])('is not %s', (host) => {
    expect(isLoopback({ hostname: host } as URL)).toBe(false);
  });
});

describe('secrets may be sent', () => {
  it.each([
    'https://provider.example',
    'https://provider.example/oauth?x=1',
    'http://localhost:4010',
    'http://127.0.0.1/',
  ])('to %s', (url) => {
    expect(isSafeUrl(url)).toBe(true);
  });

  it.each([
    ['what is no URL', 'provider.example'],
    ['another machine by http', 'http://provider.example'],
    ['this machine by another scheme', 'ftp://localhost/'],
    ['an address with a user', 'https://user@provider.example'],
    ['an address with a password', 'https://:secret@provider.example'],
    ['an address with a fragment', 'https://provider.example/#x'],
    ['an address with an empty fragment', 'https://provider.example/#'],
  ])('not to %s', (_, url) => {
    expect(isSafeUrl(url)).toBe(false);
  });
});

describe('a URL is shown', () => {
  it.each([
    ['as it is', 'https://provider.example/a', 'https://provider.example/a'],
    ['without query', 'https://provider.example/a?token=1?2', 'https://provider.example/a'],
    ['without fragment', 'https://provider.example/a#token', 'https://provider.example/a'],
    ['without credentials', 'https://me:s@x@provider.example/a', 'https://…@provider.example/a'],
    ['without credentials that have no scheme', 'me:s@provider.example', '…@provider.example'],
    ['without empty credentials', 'https://@provider.example', 'https://…@provider.example'],
    ['even if it is none', '', ''],
  ])('%s', (_, url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });
});
