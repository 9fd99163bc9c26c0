import type { Connection } from '../../connection/connection.ts';
import { readPublished } from '../../core/rotation/promote.ts';
import { tryAgain } from '../failure.ts';
import { examineManualToken } from '../rotate/manual-examination.ts';
import { confirm, isInteractive, say, waiting } from '../terminal.ts';
import { whereToMakeToken, whereToRevoke } from '../web-application.ts';
import { factsOfLogin, type LoginFacts } from './facts.ts';
import { takeToken } from './token-intake.ts';

/** Takes a token that never expires, has the provider say that it works, and has consumers served with it. */
export async function logInManually(
  connection: Connection,
  scopes: readonly string[],
): Promise<LoginFacts> {
  const before = (await readPublished(connection.accessToken))?.token;
  if (isInteractive()) {
    say(`make a token: ${whereToMakeToken(connection)}`);
    say(
      `with the client id of your application${scopes.length > 0 ? `, for ${scopes.join(' ')}` : ''}`,
    );
  }
  const accessToken = await takeToken(connection, 'manual token');
  if (before !== undefined && isInteractive()) {
    const question = `Connection ${connection.name} has a token (generation ${before.generation}). Replace it?`;
    if (!(await confirm(question))) throw tryAgain`kept the token that is stored`;
  }
  const manual = await examineManualToken(connection, accessToken, scopes);
  const put = connection.putManualToken(manual);
  const { position, warnings } = await waiting('storing the token', put);
  for (const warning of warnings) say(`warning: ${warning}`);
  if (before !== undefined && before.expiresAtMs !== null) {
    say(
      `the connection from before is not refreshed any more: revoke it, ${whereToRevoke(connection)}`,
    );
  }
  const { companies } = manual;
  return factsOfLogin(connection, { ...position, expiresAtMs: null, companies });
}
