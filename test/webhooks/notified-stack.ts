import { filePorts } from '../../src/connection/file.ts';
import { localWebhooks } from '../../src/connection/local/webhooks.ts';
import { storeApplication } from '../../src/connection/login/application.ts';
import { openProvider } from '../../src/connection/provider.ts';
import { answerOf } from '../../src/core/consumers/rotator.ts';
import { createTokenSource } from '../../src/core/consumers/token-source.ts';
import type { EventBus } from '../../src/core/events/event.ts';
import { login } from '../../src/core/operations/login.ts';
import type { Clock } from '../../src/core/ports.ts';
import { rotate } from '../../src/core/rotation/rotate.ts';
import { Secret } from '../../src/core/secret.ts';
import { apiClient } from '../../src/fatture-in-cloud/api/client.ts';
import { systemRandom } from '../../src/local/clock.ts';
import { type FileStore, openFileStore } from '../../src/local/file-store/file-store.ts';
import { sandboxApplication } from '../../src/sandbox/oauth/application.ts';
import { company, sink } from './faulty-provider.ts';

/** What the provider's token endpoint answers, as far as a login needs it. */
export interface NewGrant {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

export interface StackOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly providerUrl: string;
  readonly fetch: typeof globalThis.fetch;
  readonly publicKeyPem: string;
  readonly applicationId: number;
  readonly bus: EventBus;
  /** What the store's records are replaced by. */
  readonly records?: (store: FileStore) => FileStore;
}

export type NotifiedStack = Awaited<ReturnType<typeof notifiedStack>>;

/** Receiver, queue, handler, token source and rotator of the local stack, over a file store. */
export async function notifiedStack(options: StackOptions) {
  const { path, clock, providerUrl, fetch, bus } = options;
  const provider = await openProvider({ providerUrl, providerFile: undefined }, { clock, env: {} });
  const opened = await openFileStore(path, { clock, create: true });
  const store = options.records?.(opened) ?? opened;
  const connection = 'default';
  const stored = store.connection(connection);
  const reporter = { report: async () => undefined };
  const ports = () => ({ ...filePorts(store, { name: connection, provider, reporter }), clock });
  const tokens = createTokenSource({
    clock,
    accessToken: stored.accessToken,
    rotator: {
      ask: async (wish) => answerOf(await rotate(ports(), { trigger: 'consumer', ...wish })),
    },
  });
  const api = apiClient({ baseUrl: providerUrl, tokens, fetch, requestMs: 10_000 });
  const webhooks = localWebhooks(
    {
      url: sink,
      publicKeys: [options.publicKeyPem],
      applicationId: String(options.applicationId),
    },
    { store, connection, clock, tokens, api, bus },
  );
  return {
    api,
    webhooks,
    /** What a person's consent brought goes in as `fresco login` puts it there. */
    async login(grant: NewGrant): Promise<void> {
      const client = {
        clientId: sandboxApplication.clientId,
        clientSecret: new Secret(sandboxApplication.clientSecret),
      };
      await storeApplication(stored.client, client, systemRandom);
      await login(ports(), {
        refreshToken: new Secret(grant.refresh_token),
        accessToken: new Secret(grant.access_token),
        requestedAtMs: clock.nowMs(),
        expiresInSeconds: grant.expires_in,
        companies: [{ id: company, name: 'Studio Esempio' }],
      });
    },
    async generation(): Promise<number> {
      const obtained = await tokens.obtain();
      return obtained.kind === 'token' ? obtained.token.generation : 0;
    },
  };
}
