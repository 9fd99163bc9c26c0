import type { PassStep } from '../core/rotation/pass.ts';
import type { ControlName } from './controls.ts';
import { sandboxControl } from './sandbox-control.ts';
import type { ConsoleConnection, ConsoleSandbox, Done } from './view.ts';

/** A button cannot do what it says; the message is for people. */
export class ActionRefused extends Error {
  override readonly name = 'ActionRefused';
}

type SandboxAction = (sandbox: ConsoleSandbox) => Promise<Done>;

const tokenEndpoint = 'POST /oauth/token';
const hourSeconds = 3_600;

const sandboxActions: Readonly<Record<Exclude<ControlName, 'rotate'>, SandboxAction>> = {
  'pass-hour': (sandbox) => pass(sandbox, 1, 'an hour has passed, the schedule looks'),
  'pass-half-day': (sandbox) => pass(sandbox, 12, 'twelve hours have passed, the schedule looks'),
  'change-client': ({ url }) =>
    done(
      url,
      'changes',
      { type: 'entities.clients.update', count: 1 },
      'a client has been changed',
    ),
  expire: (sandbox) =>
    toldOf(
      sandbox,
      'expire',
      {},
      {
        tone: 'bad',
        text: 'the provider has forgotten the access token: calls with it get 401',
      },
      'access token',
    ),
  'lose-answer': (sandbox) =>
    toldOf(sandbox, 'faults', [{ on: tokenEndpoint, kind: 'reset-after', times: 1 }], {
      tone: 'bad',
      text: 'the next answer of the token endpoint will be lost on its way',
    }),
  break: (sandbox) =>
    toldOf(sandbox, 'faults', [{ on: tokenEndpoint, kind: 'html', status: 502 }], {
      tone: 'bad',
      text: 'the token endpoint answers 502 from now on',
    }),
  mend: (sandbox) =>
    toldOf(sandbox, 'faults', [], { tone: 'good', text: 'no fault is on any more' }),
  revoke: (sandbox) =>
    toldOf(
      sandbox,
      'revoke',
      {},
      {
        tone: 'bad',
        text: 'the connection is revoked at the provider: its tokens no longer work',
      },
      'access token',
    ),
  consent: (sandbox) => sandbox.consent(),
  'next-run': (sandbox) => sandbox.nextRun(),
};

/** Whether this is the name of a button. */
export function isControlName(name: string): name is ControlName {
  return name === 'rotate' || Object.hasOwn(sandboxActions, name);
}

/** Does what a button says; rejects with `ActionRefused` or `SandboxRefused`, each with the reason. */
export async function act(name: ControlName, connection: ConsoleConnection): Promise<Done> {
  if (name === 'rotate') return connection.rotate();
  return sandboxActions[name](sandboxOf(connection));
}

/** Kills a rotator at a step; rejects with `ActionRefused` where the provider is real. */
export async function kill(step: PassStep, connection: ConsoleConnection): Promise<Done> {
  return sandboxOf(connection).kill(step);
}

function sandboxOf({ sandbox }: ConsoleConnection): ConsoleSandbox {
  if (sandbox !== undefined) return sandbox;
  throw new ActionRefused('the provider is real: only a sandbox may be broken or moved in time');
}

async function pass(sandbox: ConsoleSandbox, hours: number, text: string): Promise<Done> {
  sandbox.advance(hours * hourSeconds);
  return { tone: 'plain', text };
}

async function done(url: string, path: string, body: unknown, text: string): Promise<Done> {
  await sandboxControl(url).post(path, body);
  return { tone: 'plain', text };
}

async function toldOf(
  sandbox: ConsoleSandbox,
  path: string,
  body: unknown,
  what: Done,
  kills?: 'access token',
): Promise<Done> {
  await sandboxControl(sandbox.url).post(path, body);
  await sandbox.tell(what, kills);
  return what;
}
