import type { Connection } from '../../connection/connection.ts';
import type { Verdict } from '../../core/ports.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { confirm, isInteractive, say, waiting } from '../terminal.ts';

/** What became of the token that another one has replaced, as `--json` tells it. */
export type OldToken = 'dead' | 'alive' | 'unknown';

const fates = { accepted: 'alive', rejected: 'dead', unknown: 'unknown' } as const;

/** The same in words, after `the old token is`. */
export const oldTokenIs: Readonly<Record<OldToken, string>> = {
  alive: 'still accepted',
  dead: 'no longer accepted',
  unknown: 'not known to be revoked: the provider could not be asked',
};

/** Asks the provider about the old token, and tells nobody. */
export async function fateOf(
  { provider }: Pick<Connection, 'provider'>,
  old: AccessToken | undefined,
): Promise<OldToken> {
  if (old === undefined) return 'unknown';
  const check: Promise<Verdict> = provider.canary.check(old.accessToken);
  return fates[await waiting('asking the provider about the old token', check)];
}

/**
 * Asks a person until the provider says that the old token is dead, or they say that they have not revoked
 * it; without a person, asks the provider once.
 */
export async function untilRevoked(
  connection: Pick<Connection, 'provider'>,
  old: AccessToken | undefined,
  { question, ifCancelled }: { readonly question: string; readonly ifCancelled?: string },
): Promise<{ readonly said: boolean; readonly fate: OldToken }> {
  for (;;) {
    const isDone = isInteractive() ? await confirm(question, ifCancelled) : false;
    const fate = await fateOf(connection, old);
    if (!isDone || fate !== 'alive') return { said: isDone, fate };
    say(
      'the provider still accepts the old token: what was revoked was another one, or it takes a moment',
    );
  }
}
