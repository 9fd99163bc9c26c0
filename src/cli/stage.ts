import type { FrescoEvent } from '../core/report.ts';
import { Secret } from '../core/secret.ts';
import { sandboxApplication } from '../sandbox/application.ts';
import { listen } from '../sandbox/listen.ts';
import { createSandbox } from '../sandbox/sandbox.ts';
import { type LocalSystem, openLocalSystem } from '../wiring/local-system.ts';
import { localConnection } from './local-connection.ts';
import { listenLocally, localApp, onFreePort, webhookPath } from './local-server.ts';
import { createMoments, eventHappening, happeningOf, tellOfSandbox } from './moments.ts';
import { approveInSandbox } from './sandbox-consent.ts';

/** The whole system with a provider to break, in one process. */
export interface Stage {
  readonly connectionName: string;
  readonly sandboxUrl: string;
  readonly consoleUrl: string;
  readonly sink: string;
  readonly system: LocalSystem;
  /** What has come out on the bus, oldest first. */
  readonly events: readonly FrescoEvent[];
  /** Logs in with the sandbox's application; a person's approval is given for them. */
  connect(): Promise<void>;
  /** Moves the clocks of both on. */
  advance(seconds: number): void;
  /** Lets the provider deliver and the handler work until nothing more is due. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** Where a stage is set up; of each port the next free one is taken. */
export interface StageOptions {
  readonly path: string;
  readonly connection: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly consolePort: number;
  readonly sandboxPort: number;
  readonly onError: (error: unknown) => void;
}

const handleEveryMs = 250;

const application = {
  clientId: sandboxApplication.clientId,
  clientSecret: new Secret(sandboxApplication.clientSecret),
  redirectUri: sandboxApplication.redirectUri,
};

/** Sets the stage: sandbox, local system, console page, webhook receiver, and the handler at its queue. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const { path, connection, env, onError } = options;
  const sandbox = createSandbox();
  const listening = await onFreePort(options.sandboxPort, (port) => listen(sandbox, { port }));
  const server = await onFreePort(options.consolePort, listenLocally);
  const moments = createMoments(() => sandbox.nowMs());
  const events: FrescoEvent[] = [];
  const sink = `${server.url}${webhookPath}`;
  const publicKeys = [sandbox.publicKeyPem];
  const system = await openLocalSystem({
    path,
    connection,
    providerUrl: listening.url,
    env,
    webhook: { sink, publicKeys, applicationId: String(sandbox.applicationId) },
    onReport: (report) => moments.tell(happeningOf(report)),
    onEvent: (event) => {
      events.push(event);
      moments.tell(eventHappening(event));
    },
    onError,
  });
  tellOfSandbox(sandbox, moments);
  const advance = (seconds: number) => {
    system.clock.advance(seconds * 1000);
    sandbox.advance(seconds);
    moments.tell({ kind: 'time', tone: 'plain', text: `${seconds / 3600} hours have passed` });
  };
  const look = localConnection(connection, { system, advance, moments });
  server.serve(localApp(system, look, listening.url));
  const handler = oneAtATime(() => handleAll(system));
  const polling = setInterval(() => void handler().catch(onError), handleEveryMs);
  return {
    connectionName: connection,
    sandboxUrl: listening.url,
    consoleUrl: server.url,
    sink,
    system,
    events,
    connect: async () => void (await system.login(application, approveInSandbox)),
    advance,
    settle: async () => {
      await sandbox.settle();
      await handler();
    },
    stop: async () => {
      clearInterval(polling);
      await Promise.all([server.close(), listening.close()]);
    },
  };
}

async function handleAll(system: LocalSystem): Promise<void> {
  let handled: Awaited<ReturnType<LocalSystem['handle']>>;
  do handled = await system.handle();
  while (handled.some((end) => end.kind === 'done'));
}

/** Runs `work` after any run that is under way, so that nobody misses what came in during that one. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.catch(() => undefined).then(work);
    return last;
  };
}
