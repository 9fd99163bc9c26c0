import type { LocalSystem } from '../../../connection/local/system.ts';
import type { Done, KilledView } from '../../../console/view.ts';
import type { FrescoEvent } from '../../../core/events/event.ts';
import type { PassStep } from '../../../core/rotation/pass.ts';
import { Secret } from '../../../core/secret.ts';
import { listen } from '../../../sandbox/listen.ts';
import { sandboxApplication } from '../../../sandbox/oauth/application.ts';
import { createSandbox, type Sandbox } from '../../../sandbox/sandbox.ts';
import { Failure, failureOf } from '../../failure.ts';
import { approveInSandbox } from '../../login/sandbox-consent.ts';
import type { Session } from '../../session.ts';
import { type Moments, tellOfSandbox } from '../activity.ts';
import type { BreakableSandbox } from '../connection.ts';
import { hostLocally, type Receiver } from '../host.ts';
import { type KilledRotator, killedRotator } from '../killed-rotator.ts';
import { listenLocally, onFreePort } from '../server.ts';

/** The whole system with a provider to break, in one process. */
export interface Stage {
  readonly connectionName: string;
  readonly sandboxUrl: string;
  readonly consoleUrl: string;
  /** The address that webhooks are sent to. */
  readonly sink: string;
  readonly system: LocalSystem;
  /** What has come out on the bus, oldest first. */
  readonly events: readonly FrescoEvent[];
  /** Logs in with the sandbox's application; a person's approval is given for them. Rejects with `Failure`. */
  connect(): Promise<void>;
  /** The rotator that was killed last, and what has become of its work. */
  readonly killed: KilledView | null;
  /** Starts a rotator as a process of its own and kills it when this step is done. */
  kill(step: PassStep): Promise<Done>;
  /** Lets the next run come, at the moment when it may do something. */
  nextRun(): Promise<Done>;
  /** Moves the clocks of both on. */
  advance(seconds: number): void;
  /** Lets the provider deliver and the handler work until nothing more is due. */
  settle(): Promise<void>;
}

/** Where a stage is set up; of each port the next free one is taken. */
export interface StageOptions {
  /** Of the file store. */
  readonly path: string;
  readonly consolePort: number;
  readonly sandboxPort: number;
  readonly webhookPort: number;
  /** The built command, from which rotators are started that are to be killed; by default this one. */
  readonly script?: string;
  readonly onError: (error: unknown) => void;
  readonly onConsoleUrl?: (url: string) => void;
}

const connection = 'default';
const sinkPath = '/webhooks';
const hourSeconds = 3_600;

/** Sets up sandbox, local system, page and webhook receiver, for as long as the session lasts. */
export async function setStage(session: Session, options: StageOptions): Promise<Stage> {
  const { path, onError, onConsoleUrl } = options;
  const sandbox = createSandbox();
  const listening = await onFreePort(options.sandboxPort, (port) => listen(sandbox, { port }));
  await session.closes(listening.close);
  const receiver = await openReceiver(session, sandbox, options.webhookPort);
  const { url } = listening;
  const provider = { providerUrl: url, providerFile: undefined };
  const { script = process.argv[1] ?? '' } = options;
  const killer = killedRotator({ script, path, connection, sandboxUrl: url });
  const host = await hostLocally(session, {
    // Nothing of the surroundings, a proxy say, comes between two ends of one machine.
    system: { path, create: true, connection, provider, env: {}, onError },
    consolePort: options.consolePort,
    ...(onConsoleUrl && { onConsoleUrl }),
    receiver,
    sandbox: (system, moments) => breakable(url, { sandbox, system, moments, killer }),
  });
  const { system, moments } = host;
  const parts = { sandbox, system, moments, killer };
  await session.closes(tellOfSandbox(sandbox, moments));
  return {
    connectionName: connection,
    sandboxUrl: url,
    consoleUrl: host.consoleUrl,
    sink: receiver.sink.url,
    system,
    events: host.events,
    connect: async () => {
      const done = await connect(system, moments);
      if (done.tone === 'bad') throw new Failure('retry', done.text);
    },
    get killed() {
      return killer.killed;
    },
    kill: (step) => kill(parts, step),
    nextRun: () => nextRun(parts),
    advance: (seconds) => advance(parts, seconds),
    settle: async () => {
      await sandbox.settle();
      await host.handle();
    },
  };
}

async function openReceiver(session: Session, sandbox: Sandbox, port: number): Promise<Receiver> {
  const server = await onFreePort(port, listenLocally);
  await session.closes(server.close);
  const sink = {
    url: `${server.url}${sinkPath}`,
    publicKeys: [sandbox.publicKeyPem],
    applicationId: String(sandbox.applicationId),
  };
  return { server, sink };
}

interface Parts {
  readonly sandbox: Sandbox;
  readonly system: LocalSystem;
  readonly moments: Moments;
  readonly killer: KilledRotator;
}

function breakable(url: string, parts: Parts): BreakableSandbox {
  const { system, moments, killer } = parts;
  let forgotten: string | null = null;
  return {
    url,
    get forgotten() {
      return forgotten;
    },
    get killed() {
      return killer.killed;
    },
    advance: (seconds) => advance(parts, seconds),
    consent: () => connect(system, moments),
    tell: async (done, kills) => {
      moments.tell({ kind: 'provider', ...done });
      if (kills === undefined) return;
      forgotten = (await system.published())?.accessToken.fingerprint() ?? null;
    },
    kill: (step) => kill(parts, step),
    nextRun: () => nextRun(parts),
  };
}

async function kill({ killer, system, moments }: Parts, step: PassStep): Promise<Done> {
  const done = await killer.kill(step, system);
  moments.tell({ kind: 'rotation', ...done });
  return done;
}

function nextRun(parts: Parts): Promise<Done> {
  return parts.killer.nextRun(parts.system, (seconds) => advance(parts, seconds));
}

function advance({ sandbox, system, moments }: Parts, seconds: number): void {
  system.clock.advance(seconds * 1000);
  const hours = Math.round(seconds / hourSeconds);
  moments.tell({
    kind: 'time',
    tone: 'plain',
    text: hours === 1 ? 'an hour has passed' : `${hours} hours have passed`,
  });
  sandbox.advance(seconds);
}

async function connect(system: LocalSystem, moments: Moments): Promise<Done> {
  const { clientId, clientSecret, redirectUri } = sandboxApplication;
  const client = { clientId, clientSecret: new Secret(clientSecret), redirectUri };
  const login = await system.login(client, approveInSandbox).catch((error: unknown) => {
    return { kind: 'failed', why: failureOf(error).message } as const;
  });
  const done: Done =
    login.kind === 'connected'
      ? { tone: 'good', text: `logged in: generation ${login.position.generation} is published` }
      : { tone: 'bad', text: `not logged in: ${login.why}` };
  moments.tell({ kind: 'login', ...done });
  return done;
}
