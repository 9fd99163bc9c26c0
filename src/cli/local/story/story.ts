import { sandboxControl } from '../../../console/sandbox-control.ts';
import { toRfc3339 } from '../../../core/time.ts';
import type { Stage } from './demo.ts';
import { type FaultTold, forgottenToken, lostAnswer, outage } from './faults.ts';
import { clientType, facts, type Scene, standing, tellOfChange } from './scene.ts';

/** The figures at the end: the line that `--once --json` prints. */
export interface StoryEnd {
  readonly connection: string;
  readonly generation: number;
  readonly tokenRequests: number;
  readonly accessTokenExpiresAt: string | null;
  readonly webhooks: { readonly delivered: number; readonly published: number };
  readonly faults: readonly FaultTold[];
}

const hourSeconds = 3_600;
const companyId = 108061;

/** Plays the whole life of a connection on a stage, from login to a provider that breaks and heals. */
export async function tellStory(scene: Scene): Promise<StoryEnd> {
  await loggedInOnce(scene);
  await rotatedForEver(scene);
  const faults = [await outage(scene), await lostAnswer(scene), await forgottenToken(scene)];
  return figures(scene.stage, faults);
}

/** Whether everything went as it should: each fault served and healed, each webhook published. */
export function endedWell({ webhooks, faults }: StoryEnd): boolean {
  const { delivered, published } = webhooks;
  return published === delivered && faults.every(({ served, healed }) => served && healed);
}

async function loggedInOnce({ stage, narrate }: Scene): Promise<void> {
  await stage.connect();
  await narrate({
    act: 'Logged in once',
    happening: 'a person consents',
    results: [await standing(stage)],
    tone: 'good',
  });
  const subscribed = await stage.system.subscribe(companyId, [
    `it.fattureincloud.webhooks.${clientType}`,
  ]);
  await stage.settle();
  const isSubscribed = subscribed.kind === 'subscribed';
  await narrate({
    happening: 'webhooks are subscribed',
    results: [isSubscribed ? `${subscribed.id}, verified by a handshake` : subscribed.why],
    tone: isSubscribed ? 'good' : 'bad',
  });
}

async function rotatedForEver(scene: Scene): Promise<void> {
  const { stage, narrate } = scene;
  stage.advance(12 * hourSeconds);
  const { kind } = await stage.system.rotate({ trigger: 'schedule' });
  await narrate({
    act: 'Refreshed on schedule',
    happening: 'half its life is over, a check comes',
    results: [`${kind}: ${await standing(stage)}`],
    tone: kind === 'refreshed' ? 'good' : 'bad',
  });
  stage.advance(25 * hourSeconds);
  await narrate({
    happening: '25 hours pass without a check',
    results: ['the access token has expired'],
    tone: 'plain',
  });
  await tellOfChange(scene);
}

async function figures(stage: Stage, faults: readonly FaultTold[]): Promise<StoryEnd> {
  const { generation, expiresAtMs } = await facts(stage);
  const { tokenRequests, webhooksDelivered } = await sandboxControl(stage.sandboxUrl).counters();
  const published = stage.events.filter(({ detailType }) => detailType === 'Entity Changed').length;
  return {
    connection: stage.connectionName,
    generation,
    tokenRequests,
    accessTokenExpiresAt: expiresAtMs === null ? null : toRfc3339(expiresAtMs),
    webhooks: { delivered: webhooksDelivered, published },
    faults,
  };
}
