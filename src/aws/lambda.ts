import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import type { RefreshAnswer, RefreshWish, Rotator } from '../core/consumers/token-source.ts';
import { StoreRefused } from '../core/ports.ts';
import { isPassing } from '../core/retry.ts';
import { call } from './failures.ts';

/** What the rotator's consumers alias is invoked with. */
export type ConsumerRequest = RefreshWish & { readonly connection: string };

/** Asks the rotator of a connection through the alias that consumers may invoke, and waits for its answer. */
export function rotatorClient(
  client: LambdaClient,
  consumersAlias: string,
  connection: string,
): Rotator {
  return {
    ask: async (wish) => {
      try {
        return answerIn(await invoke(client, consumersAlias, { connection, ...wish }));
      } catch (error) {
        if (!(error instanceof StoreRefused)) throw error;
        return { kind: isPassing(error) ? 'unavailable' : 'person-needed', detail: error.message };
      }
    },
  };
}

function invoke(
  client: LambdaClient,
  alias: string,
  request: ConsumerRequest,
): Promise<InvokeCommandOutput> {
  return call('ask the rotator', () =>
    client.send(new InvokeCommand({ FunctionName: alias, Payload: JSON.stringify(request) })),
  );
}

/** A function that failed, or that says what no rotator says, is unavailable; its words are not passed on. */
function answerIn({ FunctionError, Payload }: InvokeCommandOutput): RefreshAnswer {
  const answer = FunctionError === undefined ? parsed(Payload) : undefined;
  if (isRefreshAnswer(answer)) return answer;
  return { kind: 'unavailable', detail: 'the rotator failed: its log tells why' };
}

function parsed(payload: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(payload ?? []).toString('utf8'));
  } catch {
    return undefined;
  }
}

function isRefreshAnswer(value: unknown): value is RefreshAnswer {
  const { kind, detail, position, expiresAtMs } = (value ?? {}) as Record<string, unknown>;
  if (kind === 'busy') return true;
  if (kind === 'unavailable' || kind === 'person-needed') return typeof detail === 'string';
  const { grant, generation, attempt } = (position ?? {}) as Record<string, unknown>;
  return (
    kind === 'published' &&
    [grant, generation, attempt].every(Number.isSafeInteger) &&
    (expiresAtMs === null || typeof expiresAtMs === 'number')
  );
}
