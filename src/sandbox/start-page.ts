import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Application } from './oauth/application.ts';
import { sendPage } from './page.ts';

/** `/`: tells people who open the sandbox in a browser what it is and where to continue. */
export function startPage(application: Application): Hono {
  const app = new Hono();
  app.get('/', (c) =>
    sendPage(c, {
      title: 'The API answers here',
      body: html`
<p>Point your client at this address instead of https://api-v2.fattureincloud.it.</p>
<dl>
  <dt>Client id</dt><dd><code>${application.clientId}</code></dd>
  <dt>Redirect URI</dt><dd><code>${application.redirectUri}</code></dd>
</dl>
<p class="small"><a href="/_sandbox/state">State and last requests</a> · <a href="/connetti">Connect a device</a></p>`,
    }),
  );
  return app;
}
