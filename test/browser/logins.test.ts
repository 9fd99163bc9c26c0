import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hasTerminal, keys, seat } from '../cli/pseudo-terminal.ts';
import { createSandboxWorkspace, freePort } from '../cli/workspace.ts';
import { chromiumPath, launchChromium } from './chromium.ts';

const companies = [
  { id: 108061, name: 'Studio Esempio', type: 'accountant' },
  { id: 108062, name: 'Ditta Esempio', type: 'company' },
] as const;

describe.skipIf(chromiumPath === undefined || !hasTerminal)('a person at a terminal', () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function open(address: string): Promise<Page> {
    if (browser === undefined) throw new Error('no browser was started');
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(address);
    return page;
  }

  it('ticks scopes, consents in a browser, chooses a company, and has a token that is refreshed', async () => {
    const workspace = await createSandboxWorkspace({ companies });
    const login = seat(workspace, ['login'], {
      FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
      FATTUREINCLOUD_CLIENT_SECRET: 'sandbox-secret',
      FATTUREINCLOUD_REDIRECT_URI: `http://localhost:${await freePort()}/callback`,
    });
    await login.shows(/What may jobs do\?/);
    await login.shows(/entity\.suppliers:r/);
    // The first is ticked already; the third is reading suppliers.
    login.types(keys.down);
    login.types(keys.down);
    login.types(keys.space);
    login.types(keys.enter);
    await login.shows(/logging in to \S+ for entity.clients:r entity.suppliers:r/);
    const page = await open(await login.shows(/(http:\S+authorize\S+)/));
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('heading', { name: 'Connected' }).waitFor();
    await login.shows(/Which company do jobs work for\?/);
    login.types(keys.down);
    login.types(keys.enter);
    await login.shows(/companies +108062 Ditta Esempio/);
    expect(await login.ended).toMatchObject({ code: 0 });

    expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
    const show = 'process.stdout.write(process.env.FATTUREINCLOUD_COMPANY_ID)';
    const job = await workspace.run(['exec', '--', process.execPath, '-e', show]);
    expect(job).toMatchObject({ code: 0, stdout: '108062' });
  });

  it('types the code of a device in a browser, and has a token that is refreshed without a secret', async () => {
    const workspace = await createSandboxWorkspace({ settings: { deviceIntervalSeconds: 1 } });
    const login = seat(workspace, ['login', '--device', '--scopes', 'entity.clients:r'], {
      FATTUREINCLOUD_CLIENT_ID: 'sandbox-client',
    });
    const page = await open(await login.shows(/(http:\S+connetti)/));
    const code = await login.shows(/│ {3}([A-Z -]+?) {3}│/);
    await page.getByLabel('Code shown by your device').fill(code);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('heading', { name: 'Device connected' }).waitFor();
    await login.shows(/connected/);
    expect(await login.ended).toMatchObject({ code: 0 });

    expect(await workspace.run(['rotate'])).toMatchObject({ code: 0 });
    const { stdout: token } = await workspace.run(['token']);
    const used = await workspace.sandbox.get('/user/info', token.trim());
    expect(used.status).toBe(200);
  });
});
