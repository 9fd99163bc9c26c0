import { onTestFinished } from 'vitest';
import { listen } from '../../src/sandbox/listen.ts';
import { seededRandom } from '../../src/sandbox/oauth/mint.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SandboxOptions } from '../../src/sandbox/world.ts';

/** A sandbox on a free port at a fixed moment, closed when the test ends. */
export interface SandboxServer {
  readonly sandbox: Sandbox;
  readonly url: string;
  /** A request; a body that is an object goes out as JSON, and redirects are not followed. */
  request(
    method: string,
    path: string,
    body?: object | string,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** The same with an access token. */
  get(path: string, accessToken: string): Promise<Answer>;
  /** A grant of these scopes, all of them if none are named. */
  grant(scope?: string): Promise<Tokens>;
  refresh(refreshToken: string): Promise<Answer>;
  /** Before the test ends. */
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON came back, for assertions
  readonly json: any;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

export const startedAtMs = Date.parse('2026-04-04T10:54:21Z');
export const application = { client_id: 'sandbox-client', client_secret: 'sandbox-secret' };
export const redirectUri = 'http://localhost:8787/callback';

export async function startSandbox(options: SandboxOptions = {}): Promise<SandboxServer> {
  const sandbox = createSandbox({
    clock: { nowMs: () => startedAtMs },
    random: seededRandom(1),
    ...options,
  });
  const { url, close } = await listen(sandbox, { port: 0 });
  onTestFinished(close);
  const request: SandboxServer['request'] = async (method, path, body, headers = {}) => {
    const type = typeof body === 'object' ? { 'content-type': 'application/json' } : {};
    const control = path.startsWith('/_sandbox/') ? { 'sandbox-control': '1' } : {};
    const response = await fetch(url + path, {
      method,
      headers: { ...type, ...control, ...headers },
      redirect: 'manual',
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  };
  return {
    sandbox,
    url,
    close,
    request,
    get: (path, accessToken) => request('GET', path, undefined, bearer(accessToken)),
    grant: async (scope) => {
      const wanted = scope === undefined ? { direct: true } : { scope, direct: true };
      return (await request('POST', '/_sandbox/grants', wanted)).json;
    },
    refresh: (refreshToken) =>
      request('POST', '/oauth/token', {
        grant_type: 'refresh_token',
        ...application,
        refresh_token: refreshToken,
      }),
  };
}

export function bearer(accessToken: string): Record<string, string> {
  return { authorization: `Bearer ${accessToken}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
