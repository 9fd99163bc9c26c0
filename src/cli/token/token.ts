import type { Command } from 'commander';
import type { Connection } from '../../connection/connection.ts';
import type { AccessToken } from '../../core/records/access-token.ts';
import { toRfc3339 } from '../../core/time.ts';
import { Failure, wrongUsage } from '../failure.ts';
import { durationOption, durationText } from '../settings/duration.ts';
import { connect, connectionCommand } from '../settings/options.ts';
import type { ConnectionOptions } from '../settings/settings.ts';
import { print, waiting } from '../terminal.ts';

interface TokenOptions extends ConnectionOptions {
  readonly minValidity: number;
}

/** `fresco token`: the one command whose output is a secret. */
export function tokenCommand(): Command {
  return connectionCommand('token', {
    summary: 'print an access token that works',
    description:
      'Prints an access token, and nothing else. Uses the stored one; refreshes only if that one does not last long enough.',
    examples: [
      "fresco token --store aws --connection default | sed 's/^/Authorization: Bearer /' | curl -H @- https://api-v2.fattureincloud.it/user/info",
      'fresco token --store aws --connection default --min-validity 3h',
      'fresco token --store aws --connection default --json | jq -r .expiresAt',
    ],
  })
    .addOption(durationOption('--min-validity', 'how long it must last, such as 5m or 3h', '5m'))
    .action(async (options: TokenOptions) => {
      const connection = await connect(options);
      const token = await obtainToken(connection, options.minValidity);
      print(options.json ? JSON.stringify(tokenJson(token)) : token.accessToken.reveal());
    });
}

/** A token that lasts `minValidityMs`; rejects with `Failure` or `StoreRefused` where there is none. */
export async function obtainToken(
  { tokens, accessToken, clock }: Connection,
  minValidityMs: number,
): Promise<AccessToken> {
  const obtained = await waiting('asking for a token', tokens.obtain({ minValidityMs }));
  switch (obtained.kind) {
    case 'token':
      return obtained.token;
    case 'too-long': {
      const leftMs = obtained.expiresAtMs - clock.nowMs();
      throw wrongUsage`no token lasts ${durationText(minValidityMs)}: the newest one lasts ${durationText(leftMs)}; use a shorter --min-validity`;
    }
    case 'unavailable': {
      // A store that refuses for good says so itself; the token source only knows that there is no token.
      const { decodeAccessToken } = await import('../../core/records/access-token.ts');
      const version = await accessToken.current();
      if (version !== undefined) decodeAccessToken(version.value);
      throw new Failure('retry', obtained.detail);
    }
    case 'person-needed':
      throw new Failure('person', obtained.detail);
  }
}

function tokenJson(token: AccessToken): object {
  return {
    accessToken: token.accessToken.reveal(),
    tokenType: 'Bearer',
    generation: token.generation,
    expiresAt: token.expiresAtMs === null ? null : toRfc3339(token.expiresAtMs),
    companies: token.companies,
  };
}
