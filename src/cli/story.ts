import { toRfc3339 } from '../core/instant.ts';
import type { TokenFacts } from '../core/outcome.ts';
import { describeOutcome } from '../core/outcome-text.ts';
import type { Stage } from './stage.ts';

/** What a provider did to us, whether consumers were served meanwhile, and whether it healed by itself. */
export interface FaultTold {
  readonly fault: string;
  readonly served: boolean;
  readonly healed: boolean;
}

/** The figures at the end: the line that `--once --json` prints. */
export interface StoryEnd {
  readonly connection: string;
  readonly generation: number;
  readonly tokenRequests: number;
  readonly accessTokenExpiresAt: string | null;
  readonly webhooks: { readonly delivered: number; readonly published: number };
  readonly faults: readonly FaultTold[];
}

/** Takes one line of the story: what happens, and what came of it. */
export type Narrator = (happening: string, result: string) => void;

const hourSeconds = 3_600;
const companyId = 108061;
const clientType = 'entities.clients.update';

/** Plays the whole life of a connection on a stage, from login to a provider that breaks and heals. */
export async function tellStory(stage: Stage, narrate: Narrator): Promise<StoryEnd> {
  await stage.connect();
  narrate('a person consents, once', `${await standing(stage)}`);
  const types = [`it.fattureincloud.webhooks.${clientType}`];
  const subscription = await stage.system.subscribe(companyId, types);
  await stage.settle();
  narrate('webhooks are subscribed', `${subscription} to ${stage.sink}, verified`);

  stage.advance(12 * hourSeconds);
  await stage.system.rotate({ door: 'schedule' });
  narrate('12 hours later the schedule looks', `rotated: ${await standing(stage)}`);

  stage.advance(25 * hourSeconds);
  narrate('25 hours pass without a check', 'the access token has expired');
  const before = stage.events.length;
  await change(stage);
  narrate('a client changes, a signed webhook arrives', await tellOfWebhook(stage, before));

  const faults = [await outage(stage, narrate), await lostAnswer(stage, narrate)];
  faults.push(await forgottenToken(stage, narrate));
  return end(stage, faults);
}

/** The token endpoint is down for hours: the access token is served meanwhile. */
async function outage(stage: Stage, narrate: Narrator): Promise<FaultTold> {
  const fault = { on: 'POST /oauth/token', kind: 'status', status: 503, retryAfter: 600 };
  await setFaults(stage, [fault]);
  stage.advance(12 * hourSeconds);
  const broken = await stage.system.rotate({ door: 'schedule' });
  const served = await works(stage);
  narrate('the token endpoint answers 503', `${describeOutcome(broken)}; ${servedText(served)}`);
  await setFaults(stage, []);
  stage.advance(hourSeconds);
  return heal(stage, narrate, {
    fault: 'outage',
    served,
    happening: 'it is mended, an hour passes',
  });
}

/** The server commits and its answer is lost: nobody knows whether the token is spent. */
async function lostAnswer(stage: Stage, narrate: Narrator): Promise<FaultTold> {
  await setFaults(stage, [{ on: 'POST /oauth/token', kind: 'reset-after', times: 1 }]);
  stage.advance(12 * hourSeconds);
  const broken = await stage.system.rotate({ door: 'schedule' });
  const served = await works(stage);
  const sent =
    broken.kind === 'uncertain' ? 'sent, and no answer: not sent again at once' : broken.kind;
  narrate('an answer is lost on its way', `${sent}; ${servedText(served)}`);
  stage.advance(10 * hourSeconds);
  const happening = 'two hours before the token ends';
  return heal(stage, narrate, { fault: 'answer-lost', served, happening });
}

/** The provider no longer knows an access token that ought to be good: a consumer's 401 heals it. */
async function forgottenToken(stage: Stage, narrate: Narrator): Promise<FaultTold> {
  const generation = (await facts(stage)).generation;
  stage.advance(2 * hourSeconds);
  await control(stage, 'expire', {});
  const before = stage.events.length;
  await change(stage);
  const healed = (await facts(stage)).generation > generation && (await works(stage));
  narrate('the provider forgets the access token', await tellOfWebhook(stage, before));
  return { fault: 'token-forgotten', served: stage.events.length > before, healed };
}

async function heal(
  stage: Stage,
  narrate: Narrator,
  told: { readonly fault: string; readonly served: boolean; readonly happening: string },
): Promise<FaultTold> {
  const outcome = await stage.system.rotate({ door: 'schedule' });
  const healed = outcome.kind === 'refreshed' && (await works(stage));
  narrate(told.happening, healed ? `healed: ${await standing(stage)}` : describeOutcome(outcome));
  return { fault: told.fault, served: told.served, healed };
}

async function end(stage: Stage, faults: readonly FaultTold[]): Promise<StoryEnd> {
  const { generation, expiresAtMs } = await facts(stage);
  const { counters } = await sandboxState(stage);
  return {
    connection: stage.connectionName,
    generation,
    tokenRequests: counters.tokenRequests,
    accessTokenExpiresAt: expiresAtMs === null ? null : toRfc3339(expiresAtMs),
    webhooks: {
      delivered: counters.webhooksDelivered,
      published: stage.events.filter(({ detailType }) => detailType === 'Entity Changed').length,
    },
    faults,
  };
}

async function facts(stage: Stage): Promise<TokenFacts> {
  const token = await stage.system.published();
  if (token === undefined) throw new Error('no access token is published');
  return token;
}

async function standing(stage: Stage): Promise<string> {
  const { generation, expiresAtMs } = await facts(stage);
  const hours = Math.round(((expiresAtMs ?? 0) - stage.system.clock.nowMs()) / 3_600_000);
  return `generation ${generation}, good for ${hours} h`;
}

async function works(stage: Stage): Promise<boolean> {
  return (await stage.system.tryToken()) === 'accepted';
}

function servedText(served: boolean): string {
  return served ? 'the access token is still served' : 'no token is served';
}

async function change(stage: Stage): Promise<void> {
  await control(stage, 'changes', { type: clientType, count: 1 });
  await stage.settle();
}

async function tellOfWebhook(stage: Stage, before: number): Promise<string> {
  const event = stage.events
    .slice(before)
    .find(({ detailType }) => detailType === 'Entity Changed');
  if (event === undefined) return 'no event came out';
  const { id } = event.detail;
  return `refreshed on demand: ${await standing(stage)}; client ${id} read and on the bus`;
}

async function setFaults(stage: Stage, faults: readonly object[]): Promise<void> {
  await control(stage, 'faults', faults);
}

async function control(stage: Stage, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${stage.sandboxUrl}/_sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the sandbox refused ${path}: ${answer.status}`);
}

async function sandboxState(stage: Stage): Promise<{
  readonly counters: { readonly tokenRequests: number; readonly webhooksDelivered: number };
}> {
  return (await fetch(`${stage.sandboxUrl}/_sandbox/state`)).json() as never;
}
