import { InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import {
  answerOfRefusal,
  type RefreshAnswer,
  type RefreshWish,
  type Rotator,
} from '../core/consumers/rotator.ts';
import { StoreRefused } from '../core/ports.ts';
import { orRefusal } from '../core/store-refusal.ts';
import { jsonIn } from '../core/text/json.ts';
import { boundedInvoke, call } from './failures.ts';

/** A client that waits for a function's answer: as long as a pass may take. */
export function waitingLambda(settings: LambdaClientConfig = {}): LambdaClient {
  return new LambdaClient({ ...boundedInvoke, ...settings });
}

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
      const request: ConsumerRequest = { connection, ...wish };
      const answer = await orRefusal(() => invoke(client, consumersAlias, request));
      return answer instanceof StoreRefused ? answerOfRefusal(answer) : answerIn(answer);
    },
  };
}

/** What the rotator answers through one of its aliases; `undefined` where it failed. Rejects with `StoreRefused`. */
export async function invoke(
  client: LambdaClient,
  alias: string,
  request: object,
): Promise<unknown> {
  const { FunctionError, Payload } = await call('ask the rotator', () =>
    client.send(new InvokeCommand({ FunctionName: alias, Payload: JSON.stringify(request) })),
  );
  return FunctionError === undefined
    ? jsonIn(Buffer.from(Payload ?? []).toString('utf8'))
    : undefined;
}

/** A rotator that failed, or that says what no rotator says, is unavailable; its words are not passed on. */
function answerIn(answer: unknown): RefreshAnswer {
  if (isRefreshAnswer(answer)) return answer;
  return { kind: 'unavailable', detail: 'the rotator failed: its log tells why' };
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
