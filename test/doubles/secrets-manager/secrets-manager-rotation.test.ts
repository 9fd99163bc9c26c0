import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../http/client-config.ts';
import { type SecretsManagerDouble, startSecretsManager } from './secrets-manager.ts';
import type { RotationConduct, RotationEvent } from './secrets-manager-rotation.ts';

const SecretId = 'fresco/default/grant';
const first = 'invented-version-a'.padEnd(36, '0');
const second = 'invented-version-b'.padEnd(36, '0');
const third = 'invented-version-c'.padEnd(36, '0');
const RotationLambdaARN = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator';

const open: { stop(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

async function start(conduct?: Partial<RotationConduct> & Pick<RotationConduct, 'invoke'>) {
  const double = await startSecretsManager(conduct === undefined ? {} : { rotation: conduct });
  const client = new SecretsManagerClient(clientConfig(double.endpoint));
  open.push(double, { stop: () => client.destroy() });
  await client.send(
    new CreateSecretCommand({ Name: SecretId, ClientRequestToken: first, SecretString: 'first' }),
  );
  return { double, client };
}

function rotate(client: SecretsManagerClient, token = second, more = {}) {
  return client.send(
    new RotateSecretCommand({ SecretId, ClientRequestToken: token, RotationLambdaARN, ...more }),
  );
}

async function stages(client: SecretsManagerClient): Promise<Record<string, string[]>> {
  const answer = await client.send(new DescribeSecretCommand({ SecretId }));
  return answer.VersionIdsToStages ?? {};
}

/** A rotation function as AWS's template has it. */
function template(of: () => SecretsManagerDouble) {
  return async (event: RotationEvent): Promise<void> => {
    const { model } = of();
    if (event.Step === 'createSecret') {
      model.putSecretValue({
        SecretId: event.SecretId,
        ClientRequestToken: event.ClientRequestToken,
        SecretString: 'made by rotation',
        VersionStages: ['AWSPENDING'],
      });
    }
    if (event.Step === 'finishSecret') {
      const current = model.getSecretValue({ SecretId: event.SecretId }).VersionId;
      if (current === event.ClientRequestToken) return;
      model.updateSecretVersionStage({
        SecretId: event.SecretId,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: current,
        MoveToVersionId: event.ClientRequestToken,
      });
    }
  };
}

describe('RotateSecret', () => {
  it('drives the four steps, then takes AWSPENDING off by itself', async () => {
    const events: RotationEvent[] = [];
    const seen: Record<string, string[]>[] = [];
    const { double, client } = await start({
      invoke: async (event) => {
        events.push(event);
        seen.push(await stages(client));
        await template(() => double)(event);
      },
    });

    const answer = await rotate(client);
    expect(answer.VersionId).toBe(second);
    expect(await double.rotationsEnded()).toEqual([{ kind: 'rotated', attempts: 1 }]);

    expect(events.map((event) => event.Step)).toEqual([
      'createSecret',
      'setSecret',
      'testSecret',
      'finishSecret',
    ]);
    expect(events[0]).toMatchObject({ SecretId: answer.ARN, ClientRequestToken: second });
    expect(seen[0]).toEqual({ [first]: ['AWSCURRENT'], [second]: ['AWSPENDING'] });
    expect(await stages(client)).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT'] });
    const described = await client.send(new DescribeSecretCommand({ SecretId }));
    expect(described).toMatchObject({ RotationEnabled: true, RotationLambdaARN });
    expect(described.LastRotatedDate).toBeInstanceOf(Date);
  });

  it('starts from an empty version that can be given its value once', async () => {
    const { client, double } = await start();
    await rotate(client);
    expect(() => double.model.getSecretValue({ SecretId, VersionStage: 'AWSPENDING' })).toThrow(
      expect.objectContaining({ name: 'ResourceNotFoundException' }),
    );
    const fill = (SecretString: string) =>
      client.send(
        new PutSecretValueCommand({
          SecretId,
          ClientRequestToken: second,
          SecretString,
          VersionStages: ['AWSPENDING'],
        }),
      );
    await fill('value');
    await fill('value');
    await expect(fill('other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
    expect(await stages(client)).toEqual({ [first]: ['AWSCURRENT'], [second]: ['AWSPENDING'] });
  });

  it.each([
    { delivery: 'once', want: 4 },
    { delivery: 'twice', want: 8 },
    { delivery: 'twice-at-once', want: 8 },
  ] as const)('delivers each step $delivery', async ({ delivery, want }) => {
    let calls = 0;
    const { double, client } = await start({
      delivery,
      invoke: async (event) => {
        calls += 1;
        await template(() => double)(event);
      },
    });
    await rotate(client);
    expect(await double.rotationsEnded()).toEqual([{ kind: 'rotated', attempts: 1 }]);
    expect(calls).toBe(want);
  });

  it('tries the whole process again when a step fails, under the same version id', async () => {
    const events: string[] = [];
    const { double, client } = await start({
      invoke: async (event) => {
        events.push(`${event.Step} ${event.ClientRequestToken === second}`);
        if (event.Step === 'testSecret' && events.length < 4) throw new Error('not yet');
        await template(() => double)(event);
      },
    });
    await rotate(client);
    expect(await double.rotationsEnded()).toEqual([{ kind: 'rotated', attempts: 2 }]);
    expect(events).toEqual([
      'createSecret true',
      'setSecret true',
      'testSecret true',
      'createSecret true',
      'setSecret true',
      'testSecret true',
      'finishSecret true',
    ]);
  });

  it('gives up and leaves AWSPENDING, which refuses every later rotation until it is taken off', async () => {
    const { double, client } = await start({
      attemptsMax: 2,
      invoke: async () => {
        throw new Error('never');
      },
    });
    await rotate(client);
    expect(await double.rotationsEnded()).toEqual([
      { kind: 'failed', step: 'createSecret', attempts: 2 },
    ]);
    await expect(rotate(client, third)).rejects.toMatchObject({ name: 'InvalidRequestException' });

    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSPENDING',
        RemoveFromVersionId: second,
      }),
    );
    await expect(rotate(client, third)).resolves.toMatchObject({ VersionId: third });
    await double.rotationsEnded();
  });

  it('is incomplete when every step succeeds and AWSPENDING stays on a version that is not current', async () => {
    const { double, client } = await start({ invoke: async () => {} });
    await rotate(client);
    expect(await double.rotationsEnded()).toEqual([{ kind: 'incomplete' }]);
    await expect(rotate(client, third)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('is accepted while AWSPENDING is on the version that is current', async () => {
    const { client } = await start();
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSPENDING',
        MoveToVersionId: first,
      }),
    );
    await rotate(client);
    expect(await stages(client)).toEqual({ [first]: ['AWSCURRENT'], [second]: ['AWSPENDING'] });
  });

  it('runs only testSecret when it is not to rotate at once, and removes what it made for it', async () => {
    const seen: unknown[] = [];
    const { double, client } = await start({
      invoke: async (event) => {
        seen.push(event.Step, await stages(client));
      },
    });
    await rotate(client, second, { RotateImmediately: false });
    expect(await double.rotationsEnded()).toEqual([{ kind: 'tested' }]);
    expect(seen).toEqual(['testSecret', { [first]: ['AWSCURRENT'], [second]: ['AWSPENDING'] }]);
    expect(await stages(client)).toEqual({ [first]: ['AWSCURRENT'] });
    const all = double.model.listSecretVersionIds({ SecretId, IncludeDeprecated: true });
    expect(all.Versions).toHaveLength(1);
  });

  it('needs a function the first time and remembers it', async () => {
    const { double, client } = await start({ invoke: template(() => double) });
    const bare = (token: string) =>
      client.send(new RotateSecretCommand({ SecretId, ClientRequestToken: token }));
    await expect(bare(second)).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await rotate(client);
    await double.rotationsEnded();
    await expect(bare(third)).resolves.toMatchObject({ VersionId: third });
    await double.rotationsEnded();
  });

  it('is stopped by CancelRotateSecret, which leaves the labels as they are', async () => {
    const events: string[] = [];
    const { double, client } = await start({
      invoke: async (event) => {
        events.push(event.Step);
        await client.send(new CancelRotateSecretCommand({ SecretId }));
      },
    });
    await rotate(client);
    expect(await double.rotationsEnded()).toEqual([{ kind: 'cancelled' }]);
    expect(events).toEqual(['createSecret']);
    expect(await stages(client)).toEqual({ [first]: ['AWSCURRENT'], [second]: ['AWSPENDING'] });
  });
});
