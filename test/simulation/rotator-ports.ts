// Goal: the core's ports over one world, for one process.
// Method: each method is one suspended call; the ledger hears of every presentation, issue and answer.
import type { RotationPorts, RotationSettings } from '../../src/core/pass.ts';
import type {
  ClientSource,
  JournalStore,
  PendingSecret,
  TokenAnswer,
  TokenEndpoint,
} from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import type { FaultKind, SecretName } from './faults.ts';
import { times } from './history.ts';
import type { Ledger, Presentation } from './ledger.ts';
import { Prng } from './prng.ts';
import type { Issue } from './provider.ts';
import type { Process } from './scheduler.ts';
import type { World } from './world.ts';

/** The only connection, provider and environment of a history. */
export const place = {
  connection: 'default',
  environment: 'simulation',
  provider: 'https://provider.invalid',
} as const;

const client = { clientId: 'simulated', clientSecret: new Secret('c/0001invented') };

/** Everything that a pass touches; with the label pending, for native rotation. */
export interface SimulatedPorts extends RotationPorts {
  readonly grant: PendingSecret;
}

/** The ports of one process. */
export function portsOf(world: World, ledger: Ledger, process: Process): SimulatedPorts {
  const random = new Prng(world.history.seed, 100 + process.id);
  const { host, policy } = world.history;
  const settings: RotationSettings = { ...place, ...times, policy };
  return {
    clock: world.scheduler.clockOf(process),
    random: { bytes: (count) => random.bytes(count) },
    owner: {
      id: `p${process.id}`,
      isDead: (owner) =>
        host === 'machine' &&
        world.scheduler.processes[Number(owner.slice(1))]?.state !== 'running',
    },
    journal: journalOf(world, ledger, process),
    grant: secretOf(world, process, 'grant'),
    accessToken: secretOf(world, process, 'accessToken'),
    client: clientOf(world, process),
    endpoint: endpointOf(world, ledger, process),
    canary: {
      check: (accessToken) =>
        world.call(process, {
          label: 'canary.check',
          effect: () => {
            ledger.onCanary(accessToken.reveal());
            const isAccepted = world.provider.isAccessAccepted(accessToken.reveal(), world.nowMs);
            return isAccepted ? 'accepted' : 'rejected';
          },
          onFault: (kind) => {
            if (kind === 'canary cannot ask') return () => 'unknown';
            return kind === 'canary is wrong' ? () => 'rejected' : undefined;
          },
        }),
    },
    reporter: {
      report: (report) =>
        world.call(process, {
          label: 'reporter.report',
          effect: () => ledger.onReport(process, report),
        }),
    },
    settings,
  };
}

function journalOf(world: World, ledger: Ledger, process: Process): JournalStore {
  return {
    read: () =>
      world.call(process, {
        label: 'journal.read',
        onRefused: () => ledger.calls.onReadRefused(process),
        effect: () => ({
          journal: world.journal,
          revision: world.revision,
          ...(world.history.host === 'lambda' ? { dateMs: world.nowMs } : {}),
        }),
      }),
    write: (journal, revision) =>
      world.call(process, {
        label: 'journal.write',
        onRefused: () => ledger.calls.onRefused(process, journal),
        effect: () => {
          if (revision !== world.revision) return 'conflict';
          world.journal = journal;
          world.revision += 1;
          return 'written';
        },
      }),
  };
}

function secretOf(world: World, process: Process, name: SecretName): PendingSecret {
  const secret = world.secrets[name];
  return {
    current: () =>
      world.call(process, { label: `${name}.current`, effect: () => secret.readCurrent() }),
    version: (id) =>
      world.call(process, { label: `${name}.version`, effect: () => secret.readVersion(id) }),
    put: (id, value) =>
      world.call(process, { label: `${name}.put`, effect: () => secret.put(id, value, 'next') }),
    promote: (id, from) =>
      world.call(process, { label: `${name}.promote`, effect: () => secret.promote(id, from) }),
    putPending: (id, value) =>
      world.call(process, {
        label: `${name}.putPending`,
        effect: () => secret.put(id, value, 'AWSPENDING'),
      }),
    dropPending: (id) =>
      world.call(process, { label: `${name}.dropPending`, effect: () => secret.dropPending(id) }),
  };
}

function clientOf(world: World, process: Process): ClientSource {
  return {
    read: () =>
      world.call(process, {
        label: 'client.read',
        effect: () => ({ client, versionId: `c${world.clientVersion}` }),
      }),
  };
}

function endpointOf(world: World, ledger: Ledger, process: Process): TokenEndpoint {
  return {
    refresh: (refreshToken) => {
      let presentation: Presentation | undefined;
      const present = (): Issue | undefined => {
        presentation = ledger.present(process, refreshToken.reveal());
        return ledger.commit(presentation);
      };
      return world.call<TokenAnswer>(process, {
        label: 'endpoint.refresh',
        effect: () => answerOf(world, present()),
        onAnswer: (answer) => presentation && ledger.answered(presentation, answer),
        onFault: (kind) =>
          requestFault(world, ledger, kind, {
            present,
            presentLate: () => {
              const late = ledger.present(process, refreshToken.reveal());
              presentation = late;
              world.later(world.chance.between(10_000, 70_000), () => ledger.commit(late));
            },
            presentOnly: () => {
              presentation = ledger.present(process, refreshToken.reveal());
            },
          }),
      });
    },
  };
}

function answerOf(world: World, issue: Issue | undefined): TokenAnswer {
  if (issue === undefined) return { kind: 'invalid-grant' };
  const { omitsRefreshToken, mode, accessTokenSeconds } = world.provider.settings;
  const omits = omitsRefreshToken && mode === 'same';
  return {
    kind: 'granted',
    tokens: {
      accessToken: new Secret(issue.accessToken),
      ...(omits ? {} : { refreshToken: new Secret(issue.refreshToken) }),
      expiresInSeconds: accessTokenSeconds,
      lifetimeAssumed: false,
    },
  };
}

/** How a request goes wrong: whether its bytes arrive, whether the server commits, and what comes back. */
function requestFault(
  world: World,
  ledger: Ledger,
  kind: FaultKind,
  ways: {
    readonly present: () => Issue | undefined;
    readonly presentLate: () => void;
    readonly presentOnly: () => void;
  },
): (() => TokenAnswer) | undefined {
  const afterwards = (way: () => unknown, answer: TokenAnswer) => () => {
    way();
    return answer;
  };
  switch (kind) {
    case 'answer is lost':
      return afterwards(ways.present, { kind: 'uncertain', cause: 'reset' });
    case 'server fails after commit':
      return afterwards(ways.present, { kind: 'uncertain', cause: '5xx', status: 502 });
    case 'server commits late':
      return afterwards(ways.presentLate, { kind: 'uncertain', cause: 'timeout' });
    case 'request is lost':
      return afterwards(ways.presentOnly, { kind: 'uncertain', cause: 'timeout' });
    case 'server fails before commit':
      return afterwards(ways.presentOnly, { kind: 'uncertain', cause: '5xx', status: 500 });
    case 'server throttles':
      return () => ({
        kind: 'throttled',
        status: 429,
        retryAfterMs: world.chance.between(1, 5000) * 1000,
      });
    case 'nothing is sent':
      return () => ({ kind: 'never-sent', cause: 'ECONNREFUSED' });
    case 'client is refused':
      return () => ({ kind: 'invalid-client', error: 'invalid_client' });
    case 'answer is odd':
      return () => ({ kind: 'unexpected', status: 403, contentType: 'text/html' });
    case 'lifetime is odd':
      return () => odd(answerOf(world, ways.present()));
    case 'consent is revoked':
      return () => {
        ledger.revokeConsent();
        return answerOf(world, ways.present());
      };
    default:
      return undefined;
  }
}

function odd(answer: TokenAnswer): TokenAnswer {
  if (answer.kind !== 'granted') return answer;
  return { ...answer, tokens: { ...answer.tokens, lifetimeAssumed: true } };
}
