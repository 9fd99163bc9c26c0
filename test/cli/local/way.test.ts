import { expect, it } from 'vitest';
import { wayTo } from '../../../src/cli/local/way.ts';
import { systemRandom } from '../../../src/local/clock.ts';

it('an address of this machine leads on once, and has nothing of the ticket in it', async () => {
  const url = 'https://api.example.com/connect/default?ticket=invented';
  const { app, path } = wayTo(url, systemRandom);
  expect(path).toMatch(/^\/[\w-]{22}$/);
  expect((await app.request('/')).status).toBe(404);
  const first = await app.request(path);
  expect([first.status, first.headers.get('location')]).toEqual([303, url]);
  expect(first.headers.get('referrer-policy')).toBe('no-referrer');
  const second = await app.request(path);
  expect([second.status, second.headers.get('location')]).toEqual([410, null]);
});
