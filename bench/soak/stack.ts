// The local stack of `fresco local`, as a process of its own that tells its parent how it is.

import { hostLocally } from '../../src/cli/local/host.ts';
import { listenLocally } from '../../src/cli/local/server.ts';
import { approveInSandbox } from '../../src/cli/login/sandbox-consent.ts';
import { Session } from '../../src/cli/session.ts';
import { Secret } from '../../src/core/secret.ts';
import { sandboxApplication } from '../../src/sandbox/oauth/application.ts';

/** What the parent starts a stack with. */
export interface StackOptions {
  readonly path: string;
  readonly providerUrl: string;
  readonly publicKeyPem: string;
  readonly applicationId: string;
  /** How often the schedule looks, and how often an operator rotates whether or not that is due. */
  readonly checkEveryMs: number;
  readonly rotateEveryMs: number;
}

/** What the parent asks for: how it is now, that a person consents by the link, and to end. */
export type Ask =
  | { readonly kind: 'sample' }
  | { readonly kind: 'consent' }
  | { readonly kind: 'end' };

/** What the stack tells. */
export type Told =
  | { readonly kind: 'ready'; readonly sink: string; readonly consoleUrl: string }
  | { readonly kind: 'reconnected' }
  | { readonly kind: 'published'; readonly events: readonly (readonly [number, number])[] }
  | Sample;

/** How the stack is at one moment, right after a collection of garbage. */
export interface Sample {
  readonly kind: 'sample';
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  /** Open handles by their kind, such as `TCPSocketWrap`. */
  readonly handles: Readonly<Record<string, number>>;
  readonly files: number;
  readonly errors: number;
  readonly generation: number;
  readonly waiting: number;
}

const tell = (told: Told) => process.send?.(told);
const options = JSON.parse(process.argv[2] ?? '{}') as StackOptions;
const session = new Session();
let errors = 0;
const onError = (error: unknown) => {
  errors += 1;
  if (errors <= 20)
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
};

const server = await listenLocally(0);
await session.closes(server.close);
const { path, providerUrl, publicKeyPem, applicationId } = options;
const sink = { url: `${server.url}/webhooks`, publicKeys: [publicKeyPem], applicationId };
const provider = { providerUrl, providerFile: undefined };
const host = await hostLocally(session, {
  system: { path, create: true, connection: 'default', provider, env: {}, onError },
  consolePort: 0,
  receiver: { server, sink },
});
const { system } = host;
const { clientId, clientSecret, redirectUri } = sandboxApplication;
const client = { clientId, clientSecret: new Secret(clientSecret), redirectUri };
const login = await system.login(client, approveInSandbox);
if (login.kind !== 'connected') throw new Error(login.why);

// Events are seen a few milliseconds late at most: their order is that of the bus.
let last = host.events.at(-1);
setInterval(() => {
  const from = last === undefined ? 0 : host.events.lastIndexOf(last) + 1;
  const fresh = host.events.slice(from);
  last = host.events.at(-1);
  const atMs = Date.now();
  const events = fresh.flatMap(({ detailType, detail }) =>
    detailType === 'Entity Changed' ? [[Number(detail['id']), atMs] as const] : [],
  );
  if (events.length > 0) tell({ kind: 'published', events });
}, 10);

const rotations = [
  ['schedule', options.checkEveryMs],
  ['operator', options.rotateEveryMs],
] as const;
for (const [trigger, everyMs] of rotations) {
  const timer = setInterval(() => void system.rotate({ trigger }).catch(onError), everyMs);
  await session.closes(() => clearInterval(timer));
}

process.on('message', (ask: Ask) => {
  if (ask.kind === 'sample') void sample().then(tell);
  else if (ask.kind === 'consent')
    void consent().then(() => tell({ kind: 'reconnected' }), onError);
  else void session.end().then(() => process.exit(0));
});
process.on('disconnect', () => process.exit(1));
tell({ kind: 'ready', sink: sink.url, consoleUrl: host.consoleUrl });

/** Does what a person does whose browser opens the link that needs no ticket while access is revoked. */
async function consent(): Promise<void> {
  const link = new URL('/connect/default', host.consoleUrl);
  const { origin } = link;
  const begun = await fetch(link, { method: 'POST', headers: { origin }, redirect: 'manual' });
  const [cookie = ''] = (begun.headers.get('set-cookie') ?? '').split(';');
  const redirect = await approveInSandbox(begun.headers.get('location') ?? '');
  const page = await fetch(redirect, { headers: { cookie } });
  await page.text();
  if (!page.ok) throw new Error(`the consent by link ended with ${page.status}`);
}

async function sample(): Promise<Sample> {
  const { readdirSync } = await import('node:fs');
  const waiting = (await system.webhooks?.waiting().catch(() => -1)) ?? 0;
  const published = await system.published().catch(() => undefined);
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const handles: Record<string, number> = {};
  // Node tells requests with the handles: a file that is closing right now keeps nothing open.
  const open = process.getActiveResourcesInfo().filter((kind) => !/Req/.test(kind));
  for (const kind of open) handles[kind] = (handles[kind] ?? 0) + 1;
  return {
    kind: 'sample',
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    externalBytes: external,
    handles,
    files: readdirSync('/proc/self/fd').length,
    errors,
    generation: published?.generation ?? 0,
    waiting,
  };
}
