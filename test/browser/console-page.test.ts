import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Stage, setStage } from '../../src/cli/local/story/demo.ts';
import { Session } from '../../src/cli/session.ts';
import { built } from '../bundles/built.ts';
import { script } from '../cli/workspace.ts';
import { enter } from '../console/console-fixture.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import { hardToRead } from './contrast.ts';

interface Look {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** The system with a provider to break, logged in and subscribed, ended when the test is. */
async function openStage(): Promise<Stage> {
  const session = new Session();
  onTestFinished(() => session.end());
  return stageOf(session);
}

async function stageOf(session: Session): Promise<Stage> {
  const path = await session.folder();
  const ports = { consolePort: 0, sandboxPort: 0, webhookPort: 0 };
  const onError = (error: unknown) => expect.fail(String(error));
  const stage = await setStage(session, { path, script, ...ports, onError });
  await stage.connect();
  await stage.system.subscribe(108061, ['it.fattureincloud.webhooks.entities.clients.update']);
  await stage.settle();
  const schedule = stage.system.schedule();
  await session.closes(() => schedule.stop());
  return stage;
}

const patience = { timeout: 180_000 };

describe.skipIf(chromiumPath === undefined)('the console page in Chromium', patience, () => {
  let browser: Browser | undefined;
  const session = new Session();
  let sound: Stage;
  beforeAll(async () => {
    // Of one stage are the tests that leave it sound.
    [browser, sound] = await Promise.all([launchChromium(), stageOf(session), built('package')]);
  });
  afterAll(async () => {
    await browser?.close();
    await session.end();
  });

  const generation = async () => (await sound.system.published())?.generation ?? 0;

  const entrances = new Map<Stage, ReturnType<typeof enter>>();
  /** The address of a stage works once, so its cookie is kept. */
  function entered(stage: Stage): ReturnType<typeof enter> {
    const entrance = entrances.get(stage) ?? enter(stage.consoleUrl);
    entrances.set(stage, entrance);
    return entrance;
  }

  /** Opens the page once the connection is drawn; what it complains of fails the test. */
  async function open(stage: Stage, { width = 1200, colorScheme = 'light' }: Look = {}) {
    if (browser === undefined) throw new Error('no browser was started');
    const page = await browser.newPage({
      viewport: { width, height: 900 },
      colorScheme,
      reducedMotion: 'reduce',
    });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    onTestFinished(async () => {
      await page.close();
      expect(complaints).toEqual([]);
    });
    const { origin, cookie } = await entered(stage);
    const [name = '', value = ''] = cookie.split('=');
    await page.context().addCookies([{ name, value, url: origin }]);
    await page.goto(origin);
    await sees(page, '#status.good', 'Fresh');
    return page;
  }

  async function sees(page: Page, selector: string, text: string | RegExp): Promise<void> {
    await page.locator(selector, { hasText: text }).first().waitFor({ timeout: 60_000 });
  }

  const press = (page: Page, name: string) => page.getByRole('button', { name }).click();

  it('says first what one sees, that it is a sandbox, and keeps the state in sight', async () => {
    for (const width of [1200, 360]) {
      const page = await open(sound, { width });
      expect(await page.locator('main > :first-child').textContent()).toMatch(
        /^Fresco keeps an access token .* fresh: this page shows .* nothing is real/,
      );
      await sees(page, '#badge', 'sandbox');
      expect(await page.title()).toBe('Fresh · sandbox · Fresco');
      const topOf = async (selector: string) => (await page.locator(selector).boundingBox())?.y;
      expect(await topOf('#kill')).toBeLessThan((await topOf('.controls')) ?? 0);
      await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
      for (const selector of ['#badge', '#status']) {
        expect(await topOf(selector)).toBeGreaterThanOrEqual(0);
        expect(await topOf(selector)).toBeLessThan(100);
      }
    }
  });

  it('shows the life of the token, and takes from its bar what has passed', async () => {
    await sound.system.rotate({ trigger: 'operator' });
    const page = await open(sound);
    await sees(page, '.left', '24 h left');
    await sees(page, '#generation', `Generation ${await generation()}`);
    const width = () =>
      page.evaluate("document.getElementById('life-left').style.width") as Promise<string>;
    expect(await width()).toBe('100%');
    await press(page, 'Let 1 hour pass');
    await sees(page, '#answer', 'An hour has passed, the schedule looks.');
    await sees(page, '.left', '23 h left');
    await expect.poll(width, { timeout: 60_000 }).toBe('95.8%');
    const meter = page.getByRole('meter', { name: 'Life left' });
    expect(await meter.getAttribute('aria-valuenow')).toBe('95.8');
    expect(await meter.getAttribute('aria-valuetext')).toBe('23 h left');
  });

  it('lets the schedule refresh when half a life has passed, and adds a generation', async () => {
    const page = await open(sound);
    const next = (await generation()) + 1;
    await press(page, 'Let 12 hours pass');
    await sees(page, '#moments .good', `refreshed: generation ${next} is published`);
    await sees(page, '#generations li:first-child', new RegExp(`Generation ${next}.*newest for`));
    await sees(page, '#strip .newest', String(next));
    expect(await page.locator('#generations > li').count()).toBe(next);
  });

  it('rotates when told to, and shows the event', async () => {
    const page = await open(sound);
    const next = (await generation()) + 1;
    await press(page, 'Rotate now');
    await sees(page, '#answer.good', `Refreshed: generation ${next} is published.`);
    await sees(page, '#moments .event', `Token Refreshed · generation ${next}`);
  });

  it('shows a webhook come in and its event go out', async () => {
    const page = await open(sound);
    await press(page, 'Change a client');
    await sees(page, '#moments .webhook', 'entities.clients.update → 202 delivered');
    await sees(page, '#moments .event', /Entity Changed · clients · \d+ · update/);
    await sees(page, '#stations li', /^Bus1 events$/);
  });

  it('shows a consumer’s 401 heal a token that the provider has forgotten', async () => {
    const page = await open(await openStage());
    await press(page, 'Forget the token');
    await sees(page, '#answer.bad', 'The provider has forgotten the access token');
    await sees(page, '#status.bad', 'Dead, and nobody has noticed');
    await sees(page, '.left', 'dead 24 h before its time');
    await press(page, 'Change a client');
    await sees(page, '#moments .request.bad', '→ 401');
    await sees(page, '#generation', 'Generation 2');
    await sees(page, '.left', '24 h left');
  });

  it('breaks the provider, shows that the token is served, and mends it', async () => {
    const page = await open(await openStage());
    await press(page, 'Break the provider');
    await sees(page, '#faults li', 'POST /oauth/token: answers 502 with HTML');
    await press(page, 'Let 12 hours pass');
    await sees(page, '#status.busy', 'Served, but not refreshed');
    await sees(page, '#note', 'no answer came');
    await sees(page, '#generations .incident, #generations ul li', 'no answer came');
    await press(page, 'Mend the provider');
    await page.locator('#faults').waitFor({ state: 'hidden' });
    await press(page, 'Let 12 hours pass');
    await sees(page, '#status.good', 'Fresh');
  });

  it('loses an answer and says when its token may be sent again', async () => {
    const page = await open(await openStage());
    await press(page, 'Lose an answer');
    await sees(page, '#faults li', 'its next answer will be lost');
    await press(page, 'Rotate now');
    await sees(page, '#answer.bad', /was lost; retrying at \w{3} \d/);
    await sees(page, '#status', 'Served, but not refreshed');
  });

  it('calls a person when access is revoked, and goes on when one consents', async () => {
    const page = await open(await openStage());
    await press(page, 'Revoke access');
    await press(page, 'Rotate now');
    await sees(page, '#answer.bad', 'The provider refused the refresh token once');
    await press(page, 'Rotate now');
    await sees(page, '#status.bad', 'A person is needed');
    await sees(page, '#note', /no longer accepts the refresh token \(since .*\): consent again\.$/);
    await press(page, 'Consent again');
    await sees(page, '#answer.good', 'Logged in: generation 2 is published.');
    await sees(page, '#status.good', 'Fresh');
    await sees(page, '#generations li:first-child', /Generation 2.*logged in/);
  });

  it('says why a button could not do what it says', async () => {
    const page = await open(await openStage());
    await press(page, 'Break the provider');
    await press(page, 'Consent again');
    await sees(page, '#answer.bad', /^Not logged in: the provider gave no usable answer/);
  });

  it('shows to whoever comes later what has happened before', async () => {
    await sound.system.rotate({ trigger: 'operator' });
    const page = await open(sound);
    const text = `refreshed: generation ${await generation()} is published`;
    await sees(page, '#moments .rotation, #moments .good', text);
    await sees(page, '#moments .login, #moments .good', 'logged in: generation 1 is published');
  });

  it('hides requests from whoever does not want them', async () => {
    const page = await open(sound);
    await page.getByLabel('requests').uncheck();
    await page.locator('#moments .request').first().waitFor({ state: 'hidden' });
    await page.locator('#moments .login').first().waitFor();
  });

  it('is worked by keyboard, and keeps the focus where it was', async () => {
    const page = await open(sound);
    const next = (await generation()) + 1;
    const focused = () => page.evaluate('document.activeElement.id') as Promise<string>;
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Kill it yourself');
    const first: string[] = [];
    for (let tabs = 0; tabs < 4; tabs += 1) {
      await page.keyboard.press('Tab');
      first.push(await focused());
    }
    // A link and a step, which have no id, and what kills there.
    expect(first).toEqual(['', '', 'kill-button', 'rotate']);
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe(
      'solid',
    );
    await page.keyboard.press('Enter');
    await sees(page, '#answer.good', `Refreshed: generation ${next}`);
    expect(await focused()).toBe('rotate');
    const order: string[] = [];
    for (let tabs = 0; tabs < 9; tabs += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order.at(0)).toBe('pass-hour');
    expect(order.at(-1)).toBe('consent');
  });

  it('tells a screen reader of changes alone', async () => {
    await sound.system.rotate({ trigger: 'operator' });
    const next = (await generation()) + 1;
    const page = await open(sound);
    await page.evaluate(`
      window.heard = [];
      for (const region of document.querySelectorAll('[role=status], [aria-live]')) {
        new MutationObserver(() => window.heard.push(region.textContent)).observe(region, {
          childList: true, characterData: true, subtree: true,
        });
      }
    `);
    await press(page, 'Let 1 hour pass');
    await sees(page, '.left', '23 h left');
    await press(page, 'Rotate now');
    await sees(page, '#generation', `Generation ${next}`);
    // The page says so after it shows it.
    const heard = async () =>
      ((await page.evaluate('window.heard')) as string[]).filter(
        (text) => text !== 'Refreshing' && text !== 'Fresh',
      );
    await expect
      .poll(heard)
      .toEqual([
        'An hour has passed, the schedule looks.',
        `Refreshed: generation ${next} is published.`,
      ]);
  });

  it('kills the rotator at a step, shows what is stored, and lets the next run come', async () => {
    const page = await open(sound);
    const next = (await generation()) + 1;
    await page.getByLabel('promoted').check();
    await page.keyboard.press('Enter');
    await sees(page, '#aftermath', 'Killed: promoted');
    await sees(page, '#journal', /leaseheld by a dead process/);
    await sees(page, '#grant-versions li', new RegExp(`generation ${next}, .*AWSCURRENT`));
    await sees(page, '#token-versions li', new RegExp(`generation ${next - 1}, .*AWSCURRENT`));
    expect(await page.locator('.steps .done').count()).toBe(7);
    await sees(page, '#replay', 'npx fresco local --sandbox --kill-at promoted');
    await press(page, 'Let the next run come');
    await sees(
      page,
      '#aftermath .good',
      `generation ${next} is current and published; the refresh token was not used`,
    );
    await sees(page, '#journal', /leasefree/);
    expect(await page.locator('#next-run').isVisible()).toBe(false);
    expect(await page.evaluate('document.activeElement.id')).toBe('kill-button');
  });

  it('lets time pass for a rotator that was killed with its request on the way', async () => {
    const page = await open(await openStage());
    await page.getByLabel('request sent').check();
    await press(page, 'Kill it there');
    await sees(page, '#note', 'no answer came');
    await press(page, 'Let the next run come');
    await press(page, 'Let time pass until');
    await sees(page, '#aftermath .good', 'The next run: refreshed: generation 2 is published.');
  });

  it('says so when the local system has stopped', async () => {
    const session = new Session();
    const path = await session.folder();
    const ports = { consolePort: 0, sandboxPort: 0, webhookPort: 0 };
    const stage = await setStage(session, { path, ...ports, onError: () => undefined });
    if (browser === undefined) throw new Error('no browser was started');
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(stage.consoleUrl);
    expect(page.url()).toMatch(/:\d+\/$/);
    await sees(page, '#status.bad', 'Nobody has logged in');
    await session.end();
    await sees(page, '#status.bad', 'The local system has stopped');
    await press(page, 'Rotate now');
    await sees(page, '#answer.bad', 'That did not work: the local system does not answer.');
  });

  it.each(['light', 'dark'] as const)(
    'fits 360 pixels and is legible, whatever it says: %s',
    async (colorScheme) => {
      const page = await open(await openStage(), { width: 360, colorScheme });
      const width = () => page.evaluate('document.documentElement.scrollWidth');
      const faint = async () => {
        await page.mouse.move(0, 0);
        return page.evaluate(hardToRead);
      };
      expect(await width()).toBe(360);
      expect(await faint()).toEqual([]);
      await press(page, 'Kill it there');
      await sees(page, '#aftermath', 'Killed: sealed');
      expect(await faint()).toEqual([]);
      await press(page, 'Let the next run come');
      await sees(page, '#status.good', 'Fresh');
      await press(page, 'Break the provider');
      await press(page, 'Let 12 hours pass');
      await sees(page, '#status', 'Served, but not refreshed');
      expect(await width()).toBe(360);
      expect(await faint()).toEqual([]);
      await press(page, 'Mend the provider');
      await press(page, 'Revoke access');
      await sees(page, '#status', 'Dead, and nobody has noticed');
      expect(await faint()).toEqual([]);
      await press(page, 'Let 12 hours pass');
      await press(page, 'Rotate now');
      await press(page, 'Rotate now');
      await sees(page, '#status', 'A person is needed');
      expect(await width()).toBe(360);
      expect(await faint()).toEqual([]);
    },
  );
});
