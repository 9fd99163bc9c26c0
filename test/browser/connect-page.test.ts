// Goal: a person heals a connection with one click, on one machine, and can read every page on the way.
// Method: the local system and the sandbox as they run, access revoked on the console page, and Chromium.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Stage, setStage } from '../../src/cli/local/story/demo.ts';
import { Session } from '../../src/cli/session.ts';
import { pageOf, statusOf } from '../../src/connect/page.ts';
import { type PageName, words } from '../../src/connect/words.ts';
import { script } from '../cli/workspace.ts';
import { enter } from '../console/console-fixture.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import { hardToRead } from './contrast.ts';

interface Look {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
  readonly locale: string;
}

const looks: readonly Look[] = [
  { width: 360, colorScheme: 'light', locale: 'it-IT' },
  { width: 1100, colorScheme: 'dark', locale: 'en-GB' },
];

describe.skipIf(chromiumPath === undefined)(
  'the pages for consent in Chromium',
  { timeout: 60_000 },
  () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await launchChromium();
    });
    afterAll(() => browser?.close());

    async function page(look: Look): Promise<Page> {
      if (browser === undefined) throw new Error('no browser was started');
      const { width, colorScheme, locale } = look;
      const context = await browser.newContext({
        viewport: { width, height: 800 },
        colorScheme,
        locale,
      });
      const opened = await context.newPage();
      const complaints: string[] = [];
      opened.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      onTestFinished(async () => {
        await context.close();
        expect(complaints.filter((it) => !/status of 4\d\d|favicon/.test(it))).toEqual([]);
      });
      return opened;
    }

    async function demo(): Promise<Stage> {
      const session = new Session();
      onTestFinished(() => session.end());
      const ports = { consolePort: 0, sandboxPort: 0, webhookPort: 0 };
      const onError = (error: unknown) => expect.fail(String(error));
      const opened = await setStage(session, {
        path: await session.folder(),
        script,
        ...ports,
        onError,
      });
      await opened.connect();
      return opened;
    }

    it.each(looks)('heal a revoked connection with one click: %j', async (look) => {
      const stage = await demo();
      const [name, ours] = [
        `${look.locale.slice(0, 2)}-${look.colorScheme}-${look.width}`,
        await page(look),
      ];
      const { origin, cookie } = await enter(stage.consoleUrl);
      const [key = '', value = ''] = cookie.split('=');
      await ours.context().addCookies([{ name: key, value, url: origin }]);
      await ours.goto(origin);
      await ours.getByRole('button', { name: 'Revoke access' }).click();
      for (const text of ['refused the refresh token once', 'no longer accepts']) {
        await ours.getByRole('button', { name: 'Rotate now' }).click();
        await ours.locator('#answer', { hasText: text }).waitFor();
      }
      const link = ours.locator('#connect-link');
      await link.waitFor();
      expect(await link.innerText()).toBe(`${origin}/connect/default`);
      await keepPicture(ours, `console-${name}`);

      const person = await page(look);
      await person.goto(await link.innerText());
      const language = look.locale === 'it-IT' ? 'it' : 'en';
      await person.getByRole('heading', { name: words[language].open[0], level: 1 }).waitFor();
      expect(await person.getByRole('main').innerText()).toContain('Studio Esempio');
      await legible(person, look.width);
      await keepPicture(person, `open-${name}`);
      // By keyboard: the button is the first thing that there is to do.
      await person.keyboard.press('Tab');
      await person.keyboard.press('Enter');
      await person.getByRole('button', { name: 'Approve' }).waitFor();
      await legible(person, look.width);
      await keepPicture(person, `sandbox-${name}`);
      await person.getByRole('button', { name: 'Approve' }).click();
      await person.getByRole('heading', { name: words[language].connected[0], level: 1 }).waitFor();
      await legible(person, look.width, 4);
      await keepPicture(person, `connected-${name}`);
      await ours.locator('#status.good', { hasText: 'Fresh' }).waitFor();
      expect(await ours.locator('#connect').isVisible()).toBe(false);
      expect(await stage.system.tryToken()).toBe('accepted');
    });

    it.each(looks)('are legible at 360 pixels, whatever they say: %j', async (look) => {
      const shown = await page({ ...look, width: 360 });
      const language = look.locale === 'it-IT' ? 'it' : 'en';
      for (const name of Object.keys(words.en) as PageName[]) {
        const expects = 'Studio Commercialista Rossi, Bianchi & Associati (+12)';
        const details = { opens: '/connect/x', ...(name === 'other-account' && { expects }) };
        await shown.setContent(pageOf(name, language, details));
        await legible(shown, 360, 3);
        expect(statusOf(name)).toBeLessThan(500);
        await keepPicture(shown, `${name}-${language}`);
      }
    });
  },
);

async function legible(page: Page, width: number, textsMin = 10): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  expect(await page.evaluate(hardToRead.replace('< 10', `< ${textsMin}`))).toEqual([]);
}

/** For eyes: where SCREENSHOTS names a folder. */
async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder !== undefined)
    await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
