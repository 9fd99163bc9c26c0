import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createSandboxWorkspace, freePort, type Workspace } from '../cli/workspace.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import { hardToRead } from './contrast.ts';

interface Opened {
  readonly page: Page;
  readonly login: ReturnType<Workspace['begin']>;
  readonly storePath: string;
}

describe.skipIf(chromiumPath === undefined)('a login in Chromium', () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  /** A login that waits for its redirect, and a browser on the consent page. */
  async function open(width: number, colorScheme: 'light' | 'dark'): Promise<Opened> {
    const workspace = await createSandboxWorkspace();
    const login = workspace.begin(['login'], {
      FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
      FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
      FATTUREINCLOUD_REDIRECT_URI: `http://localhost:${await freePort()}/callback`,
    });
    if (browser === undefined) throw new Error('no browser was started');
    const page = await browser.newPage({ viewport: { width, height: 760 }, colorScheme });
    onTestFinished(() => page.close());
    await page.goto(await login.says(/(http:\S+authorize\S+)/));
    return { page, login, storePath: workspace.storePath };
  }

  it.each([
    ['light', 900],
    ['dark', 360],
  ] as const)(
    'ends on a page that says what was stored and where: %s, %i wide',
    async (colorScheme, width) => {
      const { page, login, storePath } = await open(width, colorScheme);
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.getByRole('heading', { name: 'Connected' }).waitFor();
      const text = await page.locator('main').innerText();
      expect(text).toContain(`file store ${storePath}`);
      expect(text).toContain('Studio Esempio (108061)');
      expect(text).toContain('fresco token');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await page.evaluate(hardToRead)).toEqual([]);
      expect(await login.ended).toMatchObject({ code: 0 });
      await keepPicture(page, `connected-${colorScheme}`);
    },
  );

  it('refused on the consent page, says so there and in the terminal', async () => {
    const { page, login } = await open(900, 'dark');
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.getByRole('heading', { name: 'Not connected' }).waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('The access was refused');
    expect(await login.ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the access was refused on the consent page'),
    });
    await keepPicture(page, 'not-connected');
  });
});

/** For eyes: where SCREENSHOTS names a folder. */
async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined)
    await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
