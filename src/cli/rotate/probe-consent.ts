import type { Connection } from '../../connection/connection.ts';
import { askForConsent } from '../../connection/local/login.ts';
import type { Client } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import { openByWay } from '../browser.ts';
import { personNeeded, wrongUsage } from '../failure.ts';
import { isLoopbackRedirect, listenForRedirect } from '../login/redirect-listener.ts';
import { endedPage } from '../login/redirect-page.ts';
import { isInteractive, say, strong } from '../terminal.ts';

/** Takes a person through one consent, whose tokens are stored nowhere; resolves with its refresh token. */
export async function throwAwayConsent(
  connection: Connection,
  client: Client,
  browser: boolean,
): Promise<Secret> {
  const registered = client.redirectUri ?? '';
  if (!isLoopbackRedirect(registered))
    throw wrongUsage`the redirect ${registered} does not lead to this machine: use --refresh-token`;
  const listener = await listenForRedirect(registered, false);
  try {
    const { redirectUri } = listener;
    const asked = await askForConsent(connection, { ...client, redirectUri }, async (url, owns) => {
      const way = browser && isInteractive() ? await openByWay(url, connection.random) : undefined;
      try {
        say('open this page and consent, with an account that is not in use:');
        say('', ['  ', strong(url)], '');
        const { redirect, reply } = await listener.arrival(owns);
        await reply(endedPage());
        return redirect;
      } finally {
        await way?.close();
      }
    });
    if (asked.kind === 'consent') return asked.consent.refreshToken;
    throw personNeeded`${asked.why}; nothing was measured`;
  } finally {
    await listener.close();
  }
}
