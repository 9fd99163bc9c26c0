import { createServer } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../sandbox/sandbox-server.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import { hardToRead } from './contrast.ts';

interface Callback {
  readonly redirectUri: string;
  /** The query that the browser brought back. */
  readonly arrived: Promise<URLSearchParams>;
}

async function startCallback(): Promise<Callback> {
  let arrive: (query: URLSearchParams) => void = () => {};
  const arrived = new Promise<URLSearchParams>((resolve) => {
    arrive = resolve;
  });
  const server = createServer((incoming, outgoing) => {
    outgoing.end('back');
    const url = new URL(incoming.url ?? '', 'http://callback');
    if (url.pathname === '/callback') arrive(url.searchParams);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return { redirectUri: `http://localhost:${port}/callback`, arrived };
}

describe.skipIf(chromiumPath === undefined)('the consent page in Chromium', () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function open(
    width: number,
    colorScheme: 'light' | 'dark',
  ): Promise<{ page: Page } & Callback> {
    const [server, callback] = [await startSandbox(), await startCallback()];
    if (browser === undefined) throw new Error('no browser was started');
    const page = await browser.newPage({ viewport: { width, height: 700 }, colorScheme });
    onTestFinished(() => page.close());
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'sandbox-client',
      redirect_uri: callback.redirectUri,
      scope: 'entity.clients:r issued_documents.supplier_orders:a',
      state: 'state0001',
    });
    await page.goto(`${server.url}/oauth/authorize?${query}`);
    return { page, ...callback };
  }

  it('brings an approval back to the application', async () => {
    const { page, arrived } = await open(900, 'light');
    await page.getByRole('button', { name: 'Approve' }).click();
    const query = await arrived;
    expect([query.get('state'), query.get('code')?.slice(0, 2)]).toEqual(['state0001', 'c/']);
  });

  it('brings a denial back, by keyboard too', async () => {
    const { page, arrived } = await open(900, 'dark');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect((await arrived).get('error')).toBe('access_denied');
  });

  it.each(['light', 'dark'] as const)(
    'fits 360 pixels, and is legible: %s',
    async (colorScheme) => {
      const { page } = await open(360, colorScheme);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
      expect(await page.evaluate(hardToRead)).toEqual([]);
    },
  );
});
