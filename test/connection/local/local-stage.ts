import { onTestFinished } from 'vitest';
import { approveInSandbox } from '../../../src/cli/login/sandbox-consent.ts';
import {
  type LocalSystem,
  type LocalSystemOptions,
  openLocalSystem,
} from '../../../src/connection/local/system.ts';
import type { FrescoEvent } from '../../../src/core/events/event.ts';
import type { Report } from '../../../src/core/outcome/report.ts';
import { Secret } from '../../../src/core/secret.ts';
import { systemClock } from '../../../src/local/clock.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';
import { redirectUri, type SandboxServer, startSandbox } from '../../sandbox/sandbox-server.ts';

export const client = {
  clientId: 'sandbox-client',
  clientSecret: new Secret('sandbox-secret'),
  redirectUri,
};

/** A local system whose provider is a sandbox, and all that was heard of it. */
export interface LocalStage {
  readonly system: LocalSystem;
  readonly sandbox: SandboxServer;
  readonly reports: Report[];
  readonly events: FrescoEvent[];
  readonly errors: unknown[];
  /** Logs in; a person's approval is given for them. */
  connect(): Promise<void>;
  /** Moves the clocks of both on. */
  advance(seconds: number): void;
  setFaults(...faults: readonly object[]): Promise<void>;
}

/** Opens a system over a store of its own. */
export async function openStage(
  options: Partial<LocalSystemOptions> = {},
  sandbox?: SandboxServer,
): Promise<LocalStage> {
  const server = sandbox ?? (await startSandbox({ clock: systemClock }));
  const heard = { reports: [] as Report[], events: [] as FrescoEvent[], errors: [] as unknown[] };
  const system = await openLocalSystem({
    path: `${await temporaryFolder()}/store`,
    create: true,
    connection: 'default',
    provider: { providerUrl: server.url, providerFile: undefined },
    env: {},
    onReport: (report) => void heard.reports.push(report),
    onEvent: (event) => void heard.events.push(event),
    onError: (error) => void heard.errors.push(error),
    ...options,
  });
  onTestFinished(async () => {
    if (heard.errors.length > 0) throw new AggregateError(heard.errors, 'the system had errors');
  });
  return {
    ...heard,
    system,
    sandbox: server,
    connect: async () => {
      const login = await system.login(client, approveInSandbox);
      if (login.kind === 'failed') throw new Error(login.why);
    },
    advance: (seconds) => {
      system.clock.advance(seconds * 1000);
      server.sandbox.advance(seconds);
    },
    setFaults: async (...faults) => {
      await server.request('POST', '/_sandbox/faults', faults as object);
    },
  };
}
