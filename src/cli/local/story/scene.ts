import { sandboxControl } from '../../../console/sandbox-control.ts';
import type { Tone } from '../../../console/view.ts';
import type { TokenFacts } from '../../../core/outcome/outcome.ts';
import { tryAgain } from '../../failure.ts';
import type { Stage } from './demo.ts';

/** One line of the story: what happens, and what comes of it. */
export interface StoryLine {
  /** Begins a part with this title. */
  readonly act?: string;
  readonly happening: string;
  /** One line each. */
  readonly results: readonly string[];
  readonly tone: Tone;
}

/** A stage, and where to report what happens on it. */
export interface Scene {
  readonly stage: Stage;
  /** Resolves when the reader has had the time; rejects to end the story. */
  readonly narrate: (line: StoryLine) => Promise<void>;
}

/** Without the provider's prefix. */
export const clientType = 'entities.clients.update';

/** What is published now; rejects with `Failure` where nothing is. */
export async function facts(stage: Stage): Promise<TokenFacts> {
  const token = await stage.system.published();
  if (token === undefined) throw tryAgain`the story broke off: no token is published`;
  return token;
}

/** The published token in a few words. */
export async function standing(stage: Stage): Promise<string> {
  const { generation, expiresAtMs } = await facts(stage);
  const hours = Math.round(((expiresAtMs ?? 0) - stage.system.clock.nowMs()) / 3_600_000);
  return `generation ${generation}, good for ${hours} h`;
}

/** Whether consumers get a token, and the provider accepts it. */
export async function isServed(stage: Stage): Promise<boolean> {
  return (await stage.system.tryToken()) === 'accepted';
}

/** Changes a client at the provider and tells what its webhook brought; whether its event came out. */
export async function tellOfChange({ stage, narrate }: Scene): Promise<boolean> {
  const before = stage.events.length;
  await sandboxControl(stage.sandboxUrl).post('changes', { type: clientType, count: 1 });
  await stage.settle();
  const event = stage.events.slice(before).find((each) => each.detailType === 'Entity Changed');
  const results =
    event === undefined
      ? ['no event came out']
      : [
          `refreshed on demand: ${await standing(stage)}`,
          `client ${event.detail['id']} is read with it and on the bus`,
        ];
  const tone = event === undefined ? 'bad' : 'good';
  await narrate({ happening: 'a client changes, a webhook comes in', results, tone });
  return event !== undefined;
}
