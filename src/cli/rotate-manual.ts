import type { AccessToken } from '../core/access-token.ts';
import type { Verdict } from '../core/ports.ts';
import type { Connection } from '../wiring/connection.ts';
import { Failure } from './failure.ts';
import { examineManualToken } from './manual-examination.ts';
import { confirm, isInteractive, print, say, strong, waiting } from './terminal.ts';
import { takeToken } from './token-intake.ts';
import { whereToMakeToken, whereToRevoke } from './web-application.ts';

const previously = { accepted: 'alive', rejected: 'dead', unknown: 'unknown' } as const;

/**
 * The guide's rotation of a token by hand: a new one is made, put in and checked before the old one is
 * revoked, so that consumers have one that works at every moment.
 */
export async function rotateManually(
  connection: Connection,
  old: AccessToken,
  json = false,
): Promise<void> {
  const step = (count: number, text: string) => {
    if (isInteractive()) say(`${strong(`${count} of 4`)}  ${text}`);
  };
  step(1, `make a new token beside the old one: ${whereToMakeToken(connection)}`);
  step(2, 'put it in');
  const accessToken = await takeToken(connection, 'manual token');
  if (accessToken.equals(old.accessToken)) {
    throw new Failure('usage', 'this is the token that is in use already: make a new one');
  }
  const manual = await examineManualToken(connection, accessToken, old.scopes ?? []);
  mustReach(old, manual.companies);
  const { position, warnings } = await connection.putManualToken(manual);
  for (const warning of warnings) say(`warning: ${warning}`);
  step(3, `checked, and served from now on: generation ${position.generation}`);
  step(4, `revoke the old token: ${whereToRevoke(connection)}`);
  const verdict = await untilRevoked(connection, old);
  tell({ generation: position.generation, previous: previously[verdict] }, connection, json);
}

/** A token for fewer companies would break jobs that work. */
function mustReach(old: AccessToken, companies: AccessToken['companies']): void {
  const lost = old.companies.filter(({ id }) => !companies.some((company) => company.id === id));
  if (lost.length === 0) return;
  const names = lost.map(({ id, name }) => `${id} ${name}`).join(', ');
  throw new Failure(
    'person',
    `the new token does not reach ${names}, which the old one does: make it for all companies, or put it in with fresco login --manual; nothing was stored`,
  );
}

async function untilRevoked({ provider }: Connection, old: AccessToken): Promise<Verdict> {
  for (;;) {
    const isDone = isInteractive() ? await confirm('Is the old token revoked?') : true;
    const check = provider.canary.check(old.accessToken);
    const verdict = await waiting('asking the provider about the old token', check);
    if (!isDone || !isInteractive() || verdict !== 'accepted') return verdict;
    say(
      'the provider still accepts the old token: what was revoked was another one, or it takes a moment',
    );
  }
}

function tell(
  done: { readonly generation: number; readonly previous: (typeof previously)[Verdict] },
  connection: Connection,
  json: boolean,
): void {
  const next =
    done.previous === 'dead' ? null : `revoke the old token: ${whereToRevoke(connection)}`;
  const { name } = connection;
  const facts = { connection: name, outcome: 'replaced', ...done, expiresAt: null, next };
  if (json) {
    print(JSON.stringify(facts));
    return;
  }
  print(`generation ${done.generation} is published; the old token is ${oldIs[done.previous]}`);
  if (next !== null) print(`next: ${next}`);
}

const oldIs = {
  alive: 'still accepted',
  dead: 'revoked',
  unknown: 'not known to be revoked: the provider could not be asked',
} as const;
