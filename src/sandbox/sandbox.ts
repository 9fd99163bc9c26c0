import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { html } from 'hono/html';
import { notFound, refuse } from './api/answers.ts';
import { api } from './api/api.ts';
import { collectionRoutes } from './api/collection-routes.ts';
import type { Observer } from './control/activity.ts';
import { applyChanges } from './control/changes.ts';
import { control } from './control/control.ts';
import {
  type ConnectionEnv,
  ConnectionReset,
  faultMiddleware,
} from './control/fault-middleware.ts';
import { onlyByLoopbackName, onlyOwnPrograms } from './control/own-machine.ts';
import { stateOf } from './control/state.ts';
import type { Application } from './oauth/application.ts';
import { authorizationServer } from './oauth/authorization-server.ts';
import { tokenEndpoint } from './oauth/token-endpoint.ts';
import { sendPage } from './page.ts';
import { BodyTooLarge } from './request-body.ts';
import { subscriptionRoutes } from './webhooks/subscription-routes.ts';
import { createWorld, type SandboxOptions, type World } from './world.ts';

/** A stand-in for Fatture in Cloud, with faults on demand; everything in it is also behind `/_sandbox/*`. */
export interface Sandbox {
  /** Answers one request; without a connection, faults that would reset one reject with `ConnectionReset`. */
  fetch(request: Request, connection?: Partial<HttpBindings>): Promise<Response>;
  /** What webhooks are signed with, for the receiver's settings (SPKI). */
  readonly publicKeyPem: string;
  /** The claim `aid` of webhooks. */
  readonly applicationId: number;
  /** The sandbox's own time, in epoch milliseconds. */
  nowMs(): number;
  /** Moves its clock forward and starts the deliveries that become due. */
  advance(seconds: number): void;
  /** Starts the deliveries that are due; `listen` does so by itself. */
  kick(): void;
  /** Resolves when every delivery that is due has been made. */
  settle(): Promise<void>;
  /** Hears of requests, deliveries and changes of state, until the function answered with is called. */
  observe(observer: Observer): () => void;
}

/** Builds a sandbox at its beginning; nothing listens yet. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const world = createWorld(options);
  const wait = options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  const app = composeApp(world, wait);
  return {
    fetch: async (request, connection = {}) => app.fetch(request, connection),
    publicKeyPem: world.signer.publicKeyPem,
    applicationId: world.application.applicationId,
    nowMs: () => world.clock.nowMs(),
    advance: (seconds) => advance(world, seconds),
    kick: () => world.scheduler.kick(),
    settle: () => world.scheduler.settle(),
    observe: (observer) => world.activity.observe(observer),
  };
}

function composeApp(world: World, wait: (ms: number) => Promise<void>): Hono<ConnectionEnv> {
  const { faults } = world;
  const app = new Hono<ConnectionEnv>();
  app.use(onlyByLoopbackName());
  app.use('/_sandbox/*', onlyOwnPrograms());
  app.route('/_sandbox', controlOf(world));
  app.all('/_sandbox/*', (c) => notFound(c));
  app.use(recorder(world));
  app.use(faultMiddleware((method, path) => faults.strike(method, path), wait));
  app.route('/', startPage(world.application));
  app.route('/', authorizationServer(world));
  app.route('/', tokenEndpoint({ ...world, onReuse: () => world.activity.recordReuse() }));
  app.route('/', apiOf(world));
  app.route('/', subscriptionRoutes(world));
  app.route('/', collectionRoutes(world.collections));
  app.notFound((c) => notFound(c));
  app.onError((error, c) => {
    if (error instanceof ConnectionReset) throw error;
    if (error instanceof BodyTooLarge) {
      return refuse(c, { status: 413, message: 'The request body is too large.' });
    }
    return refuse(c, { status: 500, message: `The sandbox failed: ${error.message}` });
  });
  return app;
}

/** Counts and remembers what reaches the provider's own paths, and starts what a request made due. */
function recorder({ activity, clock, scheduler }: World): MiddlewareHandler<ConnectionEnv> {
  return async (c, next) => {
    activity.countArrival(c.req.path);
    const { outgoing } = c.env;
    outgoing?.setHeader('Date', new Date(clock.nowMs()).toUTCString());
    outgoing?.setHeader('Cache-Control', 'no-cache, private');
    try {
      await next();
    } finally {
      record(c, activity);
    }
    scheduler.kick();
  };
}

function record(c: Context<ConnectionEnv>, activity: World['activity']): void {
  const { method, path } = c.req;
  const fault = c.get('fault')?.kind;
  const isAnswered =
    !(c.error instanceof ConnectionReset) && !c.res.headers.has('x-hono-already-sent');
  activity.recordRequest({
    method,
    path,
    status: isAnswered ? c.res.status : 0,
    ...(fault === undefined ? {} : { fault }),
  });
}

function apiOf(world: World) {
  const credentials = new Map<number, string>();
  return api({
    ...world,
    companyCredential: (companyId) => {
      const credential = credentials.get(companyId) ?? world.mint.hex(64);
      credentials.set(companyId, credential);
      return credential;
    },
    usage: (companyId, category) => {
      const kind = category === 'documents' ? 'issued_documents' : category;
      return world.collections.list(companyId, kind).length;
    },
  });
}

function controlOf(world: World): Hono {
  const { application, companies, activity, authorizations, faults, grants, scheduler } = world;
  const companyIds = companies.map(({ id }) => id);
  const { clientId } = application;
  return control({
    activity,
    faults,
    state: () => stateOf(world),
    changeSettings: (changes) => world.changeSettings(changes),
    advance: (seconds) => advance(world, seconds),
    openGrant: (consent) => grants.open({ ...consent, clientId, companyIds }),
    issueCode: (scopes, redirectUri = application.redirectUri) =>
      authorizations.issueCode({ clientId, companyIds, scopes, method: 'code' }, redirectUri),
    changeEntities: (request) => {
      const companyId = request.companyId ?? companyIds[0] ?? 0;
      const result = applyChanges(world, { ...request, companyId });
      scheduler.kick();
      return result;
    },
    revokeAll: () => grants.revokeAll(),
    expireAccessTokens: () => grants.expireAccessTokens(),
    reset: () => world.reset(),
    settle: () => scheduler.settle(),
  });
}

function advance({ clock, scheduler }: World, seconds: number): void {
  clock.advance(seconds);
  scheduler.kick();
}

/** `/`: tells people who open the sandbox in a browser what it is and where to continue. */
function startPage(application: Application): Hono {
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
