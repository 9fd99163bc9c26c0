import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import * as v from 'valibot';
import { isScope, parseScopes, type Scope, scopes } from '../../fatture-in-cloud/oauth/scopes.ts';
import { dialectNames } from '../oauth/dialects.ts';
import type { Consent, TokenAnswer } from '../oauth/grants.ts';
import { bodyText } from '../request-body.ts';
import type { Activity } from './activity.ts';
import type { ChangeRequest, ChangeResult } from './changes.ts';
import { type Faults, faultList } from './faults.ts';
import { rotationModes, type Settings } from './settings.ts';

/** What the control API can see and do. */
export interface ControlParts {
  readonly activity: Activity;
  readonly faults: Faults;
  /** Everything that `GET /_sandbox/state` shows. */
  readonly state: () => object;
  readonly changeSettings: (changes: Partial<Settings>) => void;
  readonly advance: (seconds: number) => void;
  readonly openGrant: (consent: Omit<Consent, 'clientId' | 'companyIds'>) => TokenAnswer;
  readonly issueCode: (scopes: readonly Scope[], redirectUri?: string) => string;
  readonly changeEntities: (
    request: Omit<ChangeRequest, 'companyId'> & { companyId?: number | undefined },
  ) => ChangeResult;
  readonly revokeAll: () => number;
  readonly expireAccessTokens: () => void;
  readonly reset: () => void;
  /** Resolves when every delivery that is due has been made. */
  readonly settle: () => Promise<void>;
}

const whole = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000_000));
const stateChange = v.strictObject({
  rotationMode: v.optional(v.picklist(rotationModes)),
  graceSeconds: v.optional(whole),
  accessTokenSeconds: v.optional(whole),
  refreshKillsAccessToken: v.optional(v.boolean()),
  omitRefreshToken: v.optional(v.boolean()),
  expiresInAnswer: v.optional(v.nullable(v.union([v.number(), v.string()]))),
  deviceIntervalSeconds: v.optional(v.pipe(whole, v.minValue(1))),
  invalidClientStatus: v.optional(v.picklist([400, 401])),
  refusalDialect: v.optional(v.picklist(dialectNames)),
  licenceExpired: v.optional(v.boolean()),
  hourlyLimit: v.optional(whole),
  monthlyLimit: v.optional(whole),
  shortTermLimit: v.optional(whole),
  allowHttpSinks: v.optional(v.boolean()),
  allowRemoteSinks: v.optional(v.boolean()),
  advanceSeconds: v.optional(whole),
});
const grantRequest = v.strictObject({
  scope: v.optional(v.string()),
  direct: v.optional(v.boolean(), false),
  manual: v.optional(v.boolean(), false),
  redirectUri: v.optional(v.string()),
});
const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000));
const changeRequest = v.strictObject({
  type: v.string(),
  count: v.optional(count, 1),
  companyId: v.optional(v.number()),
  idsPerEvent: v.optional(count, 1),
  copies: v.optional(v.pipe(count, v.maxValue(10)), 1),
  shuffle: v.optional(v.boolean(), false),
});

const streamsMax = 16;
const unsentMax = 1_000;

/** `/_sandbox/*`: what a test or the console page does to the sandbox, and sees of it. */
export function control(parts: ControlParts): Hono {
  const app = new Hono();
  app.get('/state', (c) => c.json(parts.state()));
  app.post('/state', (c) => withBody(c, stateChange, (change) => changeState(c, parts, change)));
  app.get('/faults', (c) => c.json(parts.faults.list()));
  app.post('/faults', (c) => withBody(c, faultList, (faults) => setFaults(c, parts, faults)));
  app.delete('/faults', (c) => setFaults(c, parts, []));
  app.post('/grants', (c) => withBody(c, grantRequest, (request) => grant(c, parts, request)));
  app.post('/changes', (c) =>
    withBody(c, changeRequest, (request) => changeEntities(c, parts, request)),
  );
  app.post('/revoke', (c) => done(c, parts, { revoked: parts.revokeAll() }));
  app.post('/expire', (c) => {
    parts.expireAccessTokens();
    return done(c, parts, {});
  });
  app.post('/reset', (c) => {
    parts.reset();
    return done(c, parts, {});
  });
  app.post('/settle', async (c) => {
    await parts.settle();
    return c.json({});
  });
  let streams = 0;
  app.get('/events', (c) => {
    if (streams >= streamsMax)
      return problem(c, `no more than ${streamsMax} may listen at once`, 429);
    streams += 1;
    return stream(c, parts.activity, () => {
      streams -= 1;
    });
  });
  return app;
}

function changeState(
  c: Context,
  parts: ControlParts,
  { advanceSeconds = 0, ...settings }: v.InferOutput<typeof stateChange>,
): Response {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  parts.changeSettings(Object.fromEntries(given));
  parts.advance(advanceSeconds);
  return done(c, parts, parts.state());
}

function setFaults(
  c: Context,
  parts: ControlParts,
  faults: v.InferOutput<typeof faultList>,
): Response {
  parts.faults.set(faults);
  return done(c, parts, parts.faults.list());
}

function grant(
  c: Context,
  parts: ControlParts,
  request: v.InferOutput<typeof grantRequest>,
): Response {
  const parsed = parseScopes(request.scope ?? scopes.filter(isScope).join(' '));
  if (parsed.kind !== 'scopes') {
    const names = parsed.kind === 'unknown' ? parsed.names.join(' ') : '';
    return problem(c, `scope names something that does not exist: '${names}'`);
  }
  if (request.manual) return c.json(parts.openGrant({ scopes: parsed.scopes, method: 'manual' }));
  if (request.direct) return c.json(parts.openGrant({ scopes: parsed.scopes, method: 'code' }));
  return c.json({ code: parts.issueCode(parsed.scopes, request.redirectUri) });
}

function changeEntities(
  c: Context,
  parts: ControlParts,
  request: v.InferOutput<typeof changeRequest>,
): Response {
  const result = parts.changeEntities(request);
  if (result.kind === 'unknown-type') {
    return problem(
      c,
      `type must be an event type such as entities.clients.update, got '${request.type}'`,
    );
  }
  return done(c, parts, { ids: result.ids, events: result.events });
}

/** Server-sent events; a listener that does not keep up misses some. */
function stream(c: Context, activity: Activity, onEnd: () => void): Response {
  return streamSSE(c, async (sse) => {
    let unsent = 0;
    const stop = activity.observe((event) => {
      if (unsent >= unsentMax) return;
      unsent += 1;
      void sse.writeSSE({ event: event.kind, data: JSON.stringify(event) }).finally(() => {
        unsent -= 1;
      });
    });
    // Something at once, so that the listener knows that it is connected.
    await sse.writeSSE({ event: 'open', data: '{}' });
    await new Promise<void>((resolve) => sse.onAbort(resolve));
    stop();
    onEnd();
  });
}

async function withBody<T extends v.GenericSchema>(
  c: Context,
  schema: T,
  act: (body: v.InferOutput<T>) => Response,
): Promise<Response> {
  let body: unknown;
  try {
    body = JSON.parse((await bodyText(c)) || '{}');
  } catch {
    return problem(c, 'the body must be JSON');
  }
  const parsed = v.safeParse(schema, body);
  if (parsed.success) return act(parsed.output);
  const [issue] = parsed.issues;
  return problem(c, `${v.getDotPath(issue) ?? 'the body'}: ${issue.message}`);
}

function done(c: Context, parts: ControlParts, body: object): Response {
  parts.activity.recordStateChange();
  return c.json(body);
}

function problem(c: Context, message: string, status: ContentfulStatusCode = 400): Response {
  return c.json({ error: { message } }, status);
}
