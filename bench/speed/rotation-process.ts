// Rotations over doubles with a delay, in a process whose output goes nowhere.
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { buildRotator } from '../../src/lambda/rotator.ts';
import { nanosecondsEach, spreadOf } from '../rounds.ts';
import { bareCalls } from './bare-calls.ts';
import type { RotationRuns, Rotations } from './rotation.ts';
import { startRotationWorld } from './rotation-world.ts';

const latencies = JSON.parse(process.argv[2] ?? '[]') as RotationRuns;
const arn = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:operator';

const world = await startRotationWorld();
Object.assign(process.env, world.variables);
const rotator = buildRotator(world.config);
const rotate = async () => {
  const invocation = { invokedFunctionArn: arn, remainingMs: () => 50_000 };
  const answer = await rotator({ connection: 'default' }, invocation);
  const outcome = (answer as { outcome?: { kind?: string } } | undefined)?.outcome;
  if (outcome?.kind !== 'refreshed')
    throw new Error(`the rotation ended ${JSON.stringify(answer)}`);
};
const bare = bareCalls(world.config.providerUrl, world.refreshToken.reveal());
const secrets = new SecretsManagerClient({});
for (const kind of ['client', 'grant', 'access-token']) {
  await secrets.send(new CreateSecretCommand({ Name: `bench/${kind}`, SecretString: '{}' }));
}
await rotate();
await bare();
const requests = () => world.delays.reduce((sum, delay) => sum + delay.requests, 0);
const before = requests();
await rotate();
const calls = requests() - before;

const seen: Rotations['seen'][number][] = [];
for (const { latencyMs, rounds } of latencies) {
  for (const delay of world.delays) delay.ms = latencyMs;
  const pairs: { readonly ours: number; readonly bare: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    pairs.push({ ours: await nanosecondsEach(1, rotate), bare: await nanosecondsEach(1, bare) });
  }
  const { low, high } = spreadOf(pairs.map((pair) => pair.ours / pair.bare));
  const ours = spreadOf(pairs.map((pair) => pair.ours)).median;
  seen.push({
    latencyMs,
    ours,
    bare: spreadOf(pairs.map((pair) => pair.bare)).median,
    spread: [low, high],
  });
}
const told: Rotations = { calls, seen };
process.send?.(told);
secrets.destroy();
await world.stop();
