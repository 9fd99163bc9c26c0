import type { Connection } from '../../connection/connection.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { Failure, wrongUsage } from '../failure.ts';
import { takeToken } from '../login/token-intake.ts';
import { isInteractive, print, say, strong } from '../terminal.ts';
import { whereToMakeToken, whereToRevoke } from '../web-application.ts';
import { examineManualToken } from './manual-examination.ts';
import { type OldToken, oldTokenIs, untilRevoked } from './old-token.ts';

/** How a token is replaced by hand. */
export interface ManualRotation {
  readonly json?: boolean | undefined;
  /** Others may have the old token: it is not done before that one is dead. */
  readonly isCompromised?: boolean;
}

/**
 * The guide's rotation of a token by hand: a new one is made, put in and checked before the old one is
 * revoked, so that consumers have one that works at every moment.
 */
export async function rotateManually(
  connection: Connection,
  old: AccessToken,
  { json = false, isCompromised = false }: ManualRotation = {},
): Promise<void> {
  const step = (count: number, text: string) => {
    if (isInteractive()) say([strong(`${count} of 4`), `  ${text}`]);
  };
  step(1, `make a new token beside the old one: ${whereToMakeToken(connection)}`);
  step(2, 'put it in');
  const accessToken = await takeToken(connection, 'manual token');
  if (accessToken.equals(old.accessToken))
    throw wrongUsage`this is the token that is in use already: make a new one`;
  const manual = await examineManualToken(connection, accessToken, old.scopes ?? []);
  const companies = companiesAsBefore(old, manual.companies);
  const { position, warnings } = await connection.putManualToken({ ...manual, companies });
  for (const warning of warnings) say(`warning: ${warning}`);
  step(3, `checked, and served from now on: generation ${position.generation}`);
  step(4, `revoke the old token: ${whereToRevoke(connection)}`);
  const { fate } = await untilRevoked(connection, old, {
    question: 'Is the old token revoked?',
    ifCancelled: `the new token is served; whether the old one is revoked was not asked: ${whereToRevoke(connection)}`,
  });
  tell({ generation: position.generation, previous: fate }, connection, { json, isCompromised });
}

/** Jobs work for the companies that they worked for; a token for fewer would break some. */
function companiesAsBefore(
  { companies: before }: AccessToken,
  reached: AccessToken['companies'],
): AccessToken['companies'] {
  if (before.length === 0) return reached;
  const kept = reached.filter(({ id }) => before.some((company) => company.id === id));
  if (kept.length === before.length) return kept;
  const lost = before.filter(({ id }) => !kept.some((company) => company.id === id));
  const names = lost.map(({ id, name }) => `${id} ${name}`).join(', ');
  throw new Failure(
    reached.length === 0 ? 'retry' : 'person',
    `the new token does not reach ${names}, which the old one does: make it for all companies, or put it in with fresco login --manual; nothing was stored`,
  );
}

function tell(
  done: { readonly generation: number; readonly previous: OldToken },
  connection: Connection,
  { json = false, isCompromised = false }: ManualRotation,
): void {
  const next =
    done.previous === 'dead' ? null : `revoke the old token: ${whereToRevoke(connection)}`;
  const { name } = connection;
  const facts = { connection: name, outcome: 'replaced', ...done, expiresAt: null, next };
  const text = `generation ${done.generation} is published; the old token is ${oldTokenIs[done.previous]}`;
  if (isCompromised && next !== null)
    throw new Failure('person', `${text}; ${next}`, { details: facts });
  print(json ? JSON.stringify(facts) : text);
  if (!json && next !== null) print(`next: ${next}`);
}
