import { secretsManager, secretsManagerSecret } from '../aws/secrets-manager.ts';
import type { Config } from '../config/config.ts';
import { secretName } from '../config/stack-outputs.ts';
import { createTokenSource, type TokenSource } from '../core/consumers/token-source.ts';
import { boundByGrant } from '../core/records/stored-origin.ts';
import { type ApiClient, apiClient } from '../fatture-in-cloud/api/client.ts';
import { systemClock } from '../local/clock.ts';

const requestMs = 10_000;

/** The API by a connection's name; its token source keeps its token for as long as the process lives. */
export function connectionApis(
  config: Pick<Config<'webhook-handler'>, 'prefix' | 'consumersAlias' | 'providerUrl'>,
): (connection: string) => { readonly tokens: TokenSource; readonly api: ApiClient } {
  const secrets = secretsManager();
  return (connection) => {
    const name = secretName(config.prefix, connection, 'access-token');
    const tokens = createTokenSource({
      clock: systemClock,
      accessToken: boundByGrant(secretsManagerSecret(secrets, name)),
      // The published token is nearly always good: what asks for another is loaded when one does.
      rotator: {
        ask: async (wish) => {
          const { stackRotator } = await import('./stack-rotator.ts');
          return stackRotator(config.consumersAlias, connection).ask(wish);
        },
      },
    });
    const baseUrl = config.providerUrl;
    return { tokens, api: apiClient({ baseUrl, tokens, fetch: globalThis.fetch, requestMs }) };
  };
}
