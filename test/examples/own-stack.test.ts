import { expect, it } from 'vitest';
import { loggedInStore } from '../connection/logged-in-store.ts';
import { bundledHandler } from './bundled-handler.ts';

it('the consumer of the stack of one’s own counts the clients of each company', async () => {
  const handle = await bundledHandler('own-stack/count-clients.ts');
  const server = await loggedInStore();
  const env = { FRESCO_STORE: `file:${server.path}`, FRESCO_PROVIDER_URL: server.url };
  const counts = (await handle({}, env)) as Readonly<Record<string, number>>;
  expect(Object.keys(counts)).toEqual(['Studio Esempio']);
  expect(counts['Studio Esempio']).toBeGreaterThan(0);
});
