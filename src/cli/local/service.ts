import { describeOutcome } from '../../core/outcome/outcome-text.ts';
import { Failure, wrongUsage } from '../failure.ts';
import type { Session } from '../session.ts';
import { openNamed } from '../settings/options.ts';
import { readSettings } from '../settings/settings.ts';
import { print, say } from '../terminal.ts';
import { hostLocally, type LocalHost, type Receiver } from './host.ts';
import type { LocalOptions } from './options.ts';
import { type LocalServer, listenLocally } from './server.ts';

/** Keeps a connection in a file store fresh until the session ends. Rejects with `Failure` or `StoreRefused`. */
export async function keepFresh(
  session: Session,
  options: LocalOptions,
  onError: (error: unknown) => void,
): Promise<void> {
  const settings = await readSettings(options);
  const { config, env } = settings;
  if (!config.store.startsWith('file:'))
    throw wrongUsage`local works on a file store, and this one is '${config.store}': name one with --store file:<path>, or try it with --sandbox`;
  const { name: connection } = await openNamed(settings);
  const path = config.store.slice('file:'.length);
  const receiver = await openReceiver(session, options);
  const host = await session.step(
    hostLocally(session, {
      system: { path, create: false, connection, provider: config, env, onError },
      consolePort: options.port,
      onConsoleUrl: (url) => say(`page:     ${url}`),
      ...(receiver && { receiver }),
      ...(options.forward && { forward: options.forward }),
    }),
  );
  const { grant, accessToken } = host.system.stored;
  // A manual token has no grant.
  if (((await grant.current()) ?? (await accessToken.current())) === undefined) {
    throw new Failure('person', describeOutcome({ kind: 'not-connected', missing: 'grant' }));
  }
  tell(host, { connection, options, receiver });
  const schedule = host.system.schedule();
  await session.closes(() => schedule.stop());
  await session.ended();
}

async function openReceiver(
  session: Session,
  { sink, webhookPort }: LocalOptions,
): Promise<Receiver | undefined> {
  if (sink === undefined) return undefined;
  const server = await listenExactly(webhookPort);
  await session.closes(server.close);
  return { server, sink: { url: sink } };
}

/** What leads here from the public address cannot follow to another port. */
async function listenExactly(port: number): Promise<LocalServer> {
  try {
    return await listenLocally(port);
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${code})`;
    throw wrongUsage`port ${port} ${why}: choose another with --webhook-port`;
  }
}

function tell(
  { system, consoleUrl }: LocalHost,
  about: {
    readonly connection: string;
    readonly options: LocalOptions;
    readonly receiver: Receiver | undefined;
  },
): void {
  const { connection, options, receiver } = about;
  const { place } = system;
  const provider = system.provider.profile.baseUrl;
  const sink = receiver?.sink.url ?? null;
  if (options.json) {
    print(JSON.stringify({ connection, store: place, provider, console: consoleUrl, sink }));
  }
  say(`keeping ${connection} in ${place} fresh, with ${provider}`);
  say(`page:     ${consoleUrl}`);
  say(
    receiver === undefined
      ? 'webhooks: none; to receive them, name the public address that leads here with --sink'
      : `webhooks: ${sink}, which has to lead to ${receiver.server.url}`,
  );
  say(
    options.forward === undefined
      ? 'events:   on the page only; --forward passes them on'
      : `events:   to ${options.forward.name}, each until it is taken`,
  );
  say('Ctrl-C ends it');
}
