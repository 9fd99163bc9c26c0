import { sandboxControl } from '../../../console/sandbox-control.ts';
import type { Outcome } from '../../../core/outcome/outcome.ts';
import { describeOutcome } from '../../../core/outcome/outcome-text.ts';
import { facts, isServed, type Scene, standing, tellOfChange } from './scene.ts';

/** What a provider did to us, whether consumers were served meanwhile, and whether it healed by itself. */
export interface FaultTold {
  readonly fault: 'outage' | 'answer-lost' | 'token-forgotten';
  readonly served: boolean;
  readonly healed: boolean;
}

const hourSeconds = 3_600;
const tokenEndpoint = 'POST /oauth/token';

/** The token endpoint is down for hours: the access token is served meanwhile. */
export async function outage(scene: Scene): Promise<FaultTold> {
  const { stage, narrate } = scene;
  const control = sandboxControl(stage.sandboxUrl);
  await control.post('faults', [
    { on: tokenEndpoint, kind: 'status', status: 503, retryAfter: 600 },
  ]);
  stage.advance(12 * hourSeconds);
  const broken = await stage.system.rotate({ trigger: 'schedule' });
  const served = await isServed(stage);
  await narrate({
    act: 'Broken and repaired',
    happening: 'the token endpoint answers 503',
    results: [inShort(broken), servedText(served)],
    tone: 'bad',
  });
  await control.post('faults', []);
  stage.advance(hourSeconds);
  const healed = await heal(scene, 'it answers again, and an hour passes');
  return { fault: 'outage', served, healed };
}

/** The server commits and its answer is lost: nobody knows whether the token is spent. */
export async function lostAnswer(scene: Scene): Promise<FaultTold> {
  const { stage, narrate } = scene;
  const fault = { on: tokenEndpoint, kind: 'reset-after', times: 1 };
  await sandboxControl(stage.sandboxUrl).post('faults', [fault]);
  stage.advance(12 * hourSeconds);
  const broken = await stage.system.rotate({ trigger: 'schedule' });
  const served = await isServed(stage);
  await narrate({
    happening: 'an answer is lost on its way',
    results: [inShort(broken), servedText(served)],
    tone: 'bad',
  });
  stage.advance(10 * hourSeconds);
  const healed = await heal(scene, 'two hours before the token ends');
  return { fault: 'answer-lost', served, healed };
}

/** The provider no longer knows an access token that ought to be good: a consumer's 401 heals it. */
export async function forgottenToken(scene: Scene): Promise<FaultTold> {
  const { stage, narrate } = scene;
  const { generation } = await facts(stage);
  stage.advance(2 * hourSeconds);
  await sandboxControl(stage.sandboxUrl).post('expire', {});
  await narrate({
    happening: 'the provider forgets the access token',
    results: ['calls get 401'],
    tone: 'bad',
  });
  const served = await tellOfChange(scene);
  const healed = (await facts(stage)).generation > generation && (await isServed(stage));
  return { fault: 'token-forgotten', served, healed };
}

async function heal({ stage, narrate }: Scene, happening: string): Promise<boolean> {
  const outcome = await stage.system.rotate({ trigger: 'schedule' });
  const healed = outcome.kind === 'refreshed' && (await isServed(stage));
  const result = healed ? `refreshed: ${await standing(stage)}` : describeOutcome(outcome);
  await narrate({ happening, results: [result], tone: healed ? 'good' : 'bad' });
  return healed;
}

function inShort(outcome: Outcome): string {
  if (outcome.kind === 'waiting') return 'rate-limited, the refresh token was not used';
  if (outcome.kind === 'uncertain') return 'the response was lost: retried later';
  return describeOutcome(outcome);
}

function servedText(served: boolean): string {
  return served ? 'the access token is still served' : 'no token is served';
}
