import type { ConsoleConnection } from './view.ts';

/** What an action works on. */
export interface ActionTarget {
  readonly connection: ConsoleConnection;
  readonly sandboxUrl: string | undefined;
}

type Action = (target: ActionTarget) => Promise<string>;

const breakage = [{ on: 'POST /oauth/token', kind: 'html', status: 502, times: 1_000 }];
const lostAnswer = [{ on: 'POST /oauth/token', kind: 'reset-after', times: 1 }];

/** The buttons of the page, by name; each answers with what it did, in one sentence. */
export const actions = {
  rotate: async ({ connection }) => `rotated by hand: ${(await connection.rotate()).kind}`,
  'half-a-day': async ({ connection }) => {
    await connection.advance(12 * 3_600);
    return 'twelve hours have passed';
  },
  webhook: async (target) => {
    await post(target, 'changes', { type: 'entities.clients.update', count: 1 });
    return 'a client was changed at the provider';
  },
  expire: async (target) => {
    await post(target, 'expire', {});
    return 'the provider has forgotten the access token';
  },
  revoke: async (target) => {
    await post(target, 'revoke', {});
    return 'the connection was revoked at the provider: a person has to log in again';
  },
  break: async (target) => {
    await post(target, 'faults', breakage);
    return 'the token endpoint answers 502 from now on';
  },
  'lose-answer': async (target) => {
    await post(target, 'faults', lostAnswer);
    return 'the next answer of the token endpoint will be lost on its way';
  },
  mend: async (target) => {
    await post(target, 'faults', []);
    return 'the provider works again';
  },
} satisfies Record<string, Action>;

/** Whether the page has such a button. */
export function isAction(name: string): name is keyof typeof actions {
  return Object.hasOwn(actions, name);
}

async function post({ sandboxUrl }: ActionTarget, path: string, body: unknown): Promise<void> {
  if (sandboxUrl === undefined) throw new Error('there is no sandbox to do this to');
  const response = await fetch(`${sandboxUrl}/_sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`the sandbox refused ${path} with ${response.status}`);
}
