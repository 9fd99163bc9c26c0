import {
  type LocalSystem,
  type LocalSystemOptions,
  openLocalSystem,
} from '../../connection/local/system.ts';
import type { LocalSink } from '../../connection/local/webhooks.ts';
import { consoleServer } from '../../console/console-server.ts';
import { createEntrance } from '../../console/entrance.ts';
import type { FrescoEvent } from '../../core/events/event.ts';
import type { Session } from '../session.ts';
import { type ForwardTarget, forwarder } from '../settings/forward.ts';
import { say } from '../terminal.ts';
import {
  consentHappening,
  createMoments,
  eventHappening,
  handledHappening,
  happeningOf,
  type Moments,
} from './activity.ts';
import { connectApp } from './connect-app.ts';
import { type BreakableSandbox, localConnection } from './connection.ts';
import { type LocalServer, listenLocally, onFreePort } from './server.ts';
import { webhookApp } from './webhook-app.ts';

/** Where webhooks come in: a server that is listening, and the address that the provider knows. */
export interface Receiver {
  readonly server: LocalServer;
  readonly sink: LocalSink;
}

/** What a local system is hosted with. */
export interface HostOptions {
  readonly system: Omit<LocalSystemOptions, 'sink' | 'onReport' | 'onEvent'>;
  /** Of this or the next free one is the page. */
  readonly consolePort: number;
  /** Told of a further address of the page, when somebody comes who may not see it and the last was used. */
  readonly onConsoleUrl?: (url: string) => void;
  /** Absent: nothing is received. */
  readonly receiver?: Receiver;
  /** Where each event is handed on to. */
  readonly forward?: ForwardTarget;
  /** Makes the provider one that the page may break. */
  readonly sandbox?: (system: LocalSystem, moments: Moments) => BreakableSandbox;
}

/** A local system with its page, and its webhooks being handled. */
export interface LocalHost {
  readonly system: LocalSystem;
  readonly moments: Moments;
  /** Works once, for one browser. */
  readonly consoleUrl: string;
  /** What has come out on the bus, oldest first. */
  readonly events: readonly FrescoEvent[];
  /** Handles what is in the queue until nothing more is due. */
  handle(): Promise<void>;
}

const handleEveryMs = 250;
const eventsMax = 1_000;

/** Opens a system and its page for as long as the session lasts. */
export async function hostLocally(session: Session, options: HostOptions): Promise<LocalHost> {
  const events: FrescoEvent[] = [];
  const moments = createMoments(() => system.clock.nowMs());
  const system = await openLocalSystem({
    ...options.system,
    ...(options.receiver && { sink: options.receiver.sink }),
    keepsEvents: options.forward !== undefined,
    onReport: (report) => moments.tell(happeningOf(report)),
    onEvent: (event) => {
      events.push(event);
      events.splice(0, events.length - eventsMax);
      if (event.detailType === 'Entity Changed') moments.count('published');
      moments.tell(eventHappening(event));
    },
  });
  const server = await onFreePort(options.consolePort, listenLocally);
  await session.closes(server.close);
  const sandbox = options.sandbox?.(system, moments);
  const { connection, onError } = options.system;
  const parts = { system, moments, ...(sandbox && { sandbox }) };
  const entrance = createEntrance((path) => options.onConsoleUrl?.(server.url + path));
  const connectUrl = `${server.url}/connect`;
  const page = localConnection(connection, { ...parts, connectUrl });
  const pages = system.pages({
    connectUrl,
    onEnd: (end) => {
      const happening = consentHappening(end);
      if (happening !== undefined) moments.tell(happening);
    },
    onNote: (why) => moments.tell({ kind: 'login', tone: 'bad', text: `no consent: ${why}` }),
  });
  server.serve(connectApp(pages).route('/', consoleServer(page, entrance)));
  const handler = receive(options.receiver, { system, moments });
  await poll(session, handler, onError);
  if (options.forward !== undefined && system.outbox !== undefined) {
    const { signal } = session;
    const onRefused = (text: string) => {
      moments.tell({ kind: 'event', tone: 'bad', text });
      say(text);
    };
    const { clock, outbox } = system;
    const { run } = forwarder({ outbox, target: options.forward, clock, signal, onRefused });
    const running = oneAtATime(run);
    await poll(session, { run: running, stop: () => running().catch(() => undefined) }, onError);
  }
  return { system, moments, consoleUrl: server.url + entrance.path, events, handle: handler.run };
}

interface Handler {
  /** Handles until nothing more is due. */
  run(): Promise<void>;
  /** Resolves once nothing is being handled, and never will be again. */
  stop(): Promise<void>;
}

/** Runs it again and again until the session ends, and then waits for the run under way. */
async function poll(
  session: Session,
  { run, stop }: Handler,
  onError: (error: unknown) => void,
): Promise<void> {
  const polling = setInterval(() => void run().catch(onError), handleEveryMs);
  await session.closes(() => {
    clearInterval(polling);
    return stop();
  });
}

/** Lets the receiver take webhooks, and handles what it took. */
function receive(
  receiver: Receiver | undefined,
  { system, moments }: { readonly system: LocalSystem; readonly moments: Moments },
): Handler {
  const { webhooks } = system;
  if (receiver === undefined || webhooks === undefined) {
    return { run: async () => undefined, stop: async () => undefined };
  }
  receiver.server.serve(webhookApp(webhooks, new URL(receiver.sink.url).pathname));
  let isStopped = false;
  const run = oneAtATime(async () => {
    let isMore = true;
    while (isMore && !isStopped) {
      const ends = await webhooks.handle();
      for (const happening of ends.flatMap((end) => handledHappening(end) ?? [])) {
        moments.tell(happening);
      }
      isMore = ends.some((end) => end.kind === 'done');
    }
  });
  return {
    run,
    stop: () => {
      isStopped = true;
      return run().catch(() => undefined);
    },
  };
}

/** Runs `work` once after any run that is under way, so that nobody misses what came in during that one. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  return () => {
    waiting ??= last
      .catch(() => undefined)
      .then(() => {
        waiting = undefined;
        return work();
      });
    last = waiting;
    return waiting;
  };
}
