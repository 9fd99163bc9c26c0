import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../http/client-config.ts';
import { type SecretsManagerDouble, startSecretsManager } from './secrets-manager.ts';

const SecretId = 'fresco/default/grant';
const hourMs = 3600 * 1000;

let nowMs: number;
let double: SecretsManagerDouble;
let client: SecretsManagerClient;

beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 23, 2);
  double = await startSecretsManager({ nowMs: () => nowMs });
  client = new SecretsManagerClient(clientConfig(double.endpoint));
});

afterEach(async () => {
  client.destroy();
  await double.stop();
});

/** A version id of legal length. */
function id(name: string): string {
  return `invented-version-${name}`.padEnd(36, '-');
}

function create(value?: string) {
  const text = value === undefined ? {} : { SecretString: value };
  return client.send(
    new CreateSecretCommand({ Name: SecretId, ClientRequestToken: id('a'), ...text }),
  );
}

function put(name: string, value = name, VersionStages?: string[]) {
  return client.send(
    new PutSecretValueCommand({
      SecretId,
      ClientRequestToken: id(name),
      SecretString: value,
      ...(VersionStages === undefined ? {} : { VersionStages }),
    }),
  );
}

function get(asked: { VersionId?: string; VersionStage?: string } = {}) {
  return client.send(new GetSecretValueCommand({ SecretId, ...asked }));
}

function move(label: string, from?: string, to?: string) {
  return client.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: label,
      ...(from === undefined ? {} : { RemoveFromVersionId: from }),
      ...(to === undefined ? {} : { MoveToVersionId: to }),
    }),
  );
}

async function stages(): Promise<Record<string, string[]>> {
  const answer = await client.send(new DescribeSecretCommand({ SecretId }));
  return answer.VersionIdsToStages ?? {};
}

describe('versions', () => {
  it('are created once: the same token with the same data does nothing', async () => {
    await create('a');
    await put('b', 'b', ['next']);
    await move('next', id('b'));

    const again = await put('b', 'b', ['next']);

    expect(again.VersionStages).toEqual([]);
    expect(await stages()).toEqual({ [id('a')]: ['AWSCURRENT'] });
  });

  it('are created once: the same token with other data is refused', async () => {
    await create('a');
    await put('b', 'b', ['next']);

    await expect(put('b', 'other', ['next'])).rejects.toMatchObject({
      name: 'ResourceExistsException',
    });
    expect((await get({ VersionId: id('b') })).SecretString).toBe('b');
  });

  it('keep one value out of 50 creates at the same time under one token', async () => {
    await create('a');
    const ended = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => put('b', `value ${n}`, ['next'])),
    );
    expect(ended.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });

  it('take AWSCURRENT when no label is given, and AWSPREVIOUS follows by itself', async () => {
    await create('a');
    await put('b');
    expect(await stages()).toEqual({ [id('a')]: ['AWSPREVIOUS'], [id('b')]: ['AWSCURRENT'] });
  });

  it('leave AWSCURRENT alone when another label is given', async () => {
    await create('a');
    await put('b', 'b', ['next']);
    expect((await get()).VersionId).toBe(id('a'));
    expect((await get({ VersionStage: 'next' })).SecretString).toBe('b');
  });

  it('become AWSCURRENT when they are the first of an empty secret, whatever label is given', async () => {
    await create();
    const answer = await put('b', 'b', ['next']);
    expect(answer.VersionStages).toEqual(['AWSCURRENT', 'next']);
  });

  it('come back as bytes when they were given as bytes', async () => {
    await create('a');
    const SecretBinary = new Uint8Array([0, 255, 7]);
    await client.send(
      new PutSecretValueCommand({ SecretId, ClientRequestToken: id('b'), SecretBinary }),
    );
    const answer = await get();
    expect(answer.SecretBinary).toEqual(SecretBinary);
    expect(answer.SecretString).toBeUndefined();
    expect(answer.CreatedDate?.getTime()).toBe(nowMs);
  });

  it.each([
    { name: 'a token of 31 characters', input: { ClientRequestToken: 'x'.repeat(31) } },
    { name: 'a token of 65 characters', input: { ClientRequestToken: 'x'.repeat(65) } },
    { name: 'one byte more than 64 KiB', input: { SecretString: 'x'.repeat(65_537) } },
    { name: 'no value', input: { SecretString: undefined } },
    { name: 'text and bytes', input: { SecretBinary: new Uint8Array([1]) } },
    { name: 'an empty list of labels', input: { VersionStages: [] } },
    { name: '21 labels', input: { VersionStages: Array.from({ length: 21 }, (_, n) => `l${n}`) } },
  ])('refuse $name', async ({ input }) => {
    await create('a');
    const fine = { SecretId, ClientRequestToken: id('b'), SecretString: 'b' };
    await expect(
      client.send(new PutSecretValueCommand({ ...fine, ...input })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('are named by ids of 32 to 64 characters, and secrets by 1 to 2048', async () => {
    await create('a');
    const refused = { name: 'InvalidParameterException' };
    for (const wrong of ['x'.repeat(31), 'x'.repeat(65)]) {
      await expect(get({ VersionId: wrong })).rejects.toMatchObject(refused);
      await expect(move('AWSCURRENT', id('a'), wrong)).rejects.toMatchObject(refused);
    }
    for (const wrong of ['', 'x'.repeat(2049)]) {
      const call = new GetSecretValueCommand({ SecretId: wrong });
      await expect(client.send(call)).rejects.toMatchObject(refused);
    }
  });

  it('may have 64 KiB', async () => {
    await create('a');
    await put('b', 'x'.repeat(65_536));
    expect((await get()).SecretString).toHaveLength(65_536);
  });

  it('without a label are listed on request only, and may vanish after 24 hours', async () => {
    await create('a');
    await put('b', 'b', ['next']);
    await put('c', 'c', ['next']);
    const list = (IncludeDeprecated: boolean) =>
      client
        .send(new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated }))
        .then((answer) => answer.Versions?.map((version) => version.VersionId));
    expect(await list(false)).toEqual([id('a'), id('c')]);
    expect(await list(true)).toEqual([id('a'), id('b'), id('c')]);

    double.model.dropDeprecated(SecretId);
    expect((await get({ VersionId: id('b') })).SecretString).toBe('b');
    nowMs += 24 * hourMs;
    double.model.dropDeprecated(SecretId);
    await expect(get({ VersionId: id('b') })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('are listed page by page', async () => {
    await create('a');
    await put('b', 'b', ['next']);
    const first = await client.send(new ListSecretVersionIdsCommand({ SecretId, MaxResults: 1 }));
    const rest = await client.send(
      new ListSecretVersionIdsCommand({
        SecretId,
        ...(first.NextToken === undefined ? {} : { NextToken: first.NextToken }),
      }),
    );
    expect(first.Versions).toHaveLength(1);
    expect(rest.Versions?.map((version) => version.VersionId)).toEqual([id('b')]);
  });
});

describe('quotas', () => {
  it('refuse the 101st version of a day, and let it in when older ones can go', async () => {
    await create('a');
    for (let n = 1; n < 100; n += 1) await put(`v${n}`, 'v', ['next']);
    await expect(put('late', 'v', ['next'])).rejects.toMatchObject({
      name: 'LimitExceededException',
    });

    nowMs += 24 * hourMs;
    await put('late', 'v', ['next']);
    expect((await get()).VersionId).toBe(id('a'));
    await expect(get({ VersionId: id('v1') })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('refuse a 21st label on a secret, however it comes', async () => {
    await create('a');
    const labels = Array.from({ length: 19 }, (_, n) => `label-${n}`);
    await put('b', 'b', labels);
    await expect(put('c', 'c', ['one-more'])).rejects.toMatchObject({
      name: 'LimitExceededException',
    });
    await expect(move('one-more', undefined, id('b'))).rejects.toMatchObject({
      name: 'LimitExceededException',
    });
    await expect(get({ VersionId: id('c') })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('labels', () => {
  beforeEach(async () => {
    await create('a');
    await put('b', 'b', ['next']);
    await put('c', 'c', ['other']);
  });

  it('given in a put are moved off another version without a check', async () => {
    await put('d', 'd', ['next']);
    expect(await stages()).toEqual({
      [id('a')]: ['AWSCURRENT'],
      [id('c')]: ['other'],
      [id('d')]: ['next'],
    });
  });

  it('move from the version named, and AWSPREVIOUS follows AWSCURRENT', async () => {
    await move('AWSCURRENT', id('a'), id('b'));
    expect(await stages()).toEqual({
      [id('a')]: ['AWSPREVIOUS'],
      [id('b')]: ['AWSCURRENT', 'next'],
      [id('c')]: ['other'],
    });
  });

  it.each([
    { name: 'no version is named', from: undefined, to: id('c') },
    { name: 'another version is named', from: id('b'), to: id('c') },
    { name: 'a version is named that does not exist', from: id('missing'), to: id('c') },
    { name: 'the target is named as the source', from: id('c'), to: id('c') },
    { name: 'neither source nor target is given', from: undefined, to: undefined },
  ])('stay where they are when $name', async ({ from, to }) => {
    const before = await stages();
    await expect(move('AWSCURRENT', from, to)).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    expect(await stages()).toEqual(before);
  });

  it('stay where they are when the target does not exist', async () => {
    const before = await stages();
    await expect(move('AWSCURRENT', id('a'), id('missing'))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    expect(await stages()).toEqual(before);
  });

  it('let one of 50 compare-and-sets at the same time through', async () => {
    const ended = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) =>
        move('AWSCURRENT', id('a'), n % 2 === 0 ? id('b') : id('c')),
      ),
    );
    expect(ended.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });

  it('refuse a compare-and-set that is carried out already, so that a caller has to look', async () => {
    await move('AWSCURRENT', id('a'), id('b'));
    await expect(move('AWSCURRENT', id('a'), id('b'))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  it('come off the version named, save AWSCURRENT', async () => {
    await expect(move('next', id('c'))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    await move('next', id('b'));
    await expect(move('AWSCURRENT', id('a'))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    expect(await stages()).toEqual({ [id('a')]: ['AWSCURRENT'], [id('c')]: ['other'] });
  });

  it('that are new need no source', async () => {
    await move('kept', undefined, id('a'));
    expect((await get({ VersionStage: 'kept' })).VersionId).toBe(id('a'));
  });

  it('and id of one read must belong together', async () => {
    await expect(get({ VersionId: id('a'), VersionStage: 'next' })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
    expect((await get({ VersionId: id('b'), VersionStage: 'next' })).SecretString).toBe('b');
  });
});

describe('secrets', () => {
  it('are found by name, by ARN and by an ARN without its last six characters', async () => {
    const { ARN = '' } = await create('a');
    for (const secretId of [SecretId, ARN, ARN.slice(0, -7)]) {
      const answer = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
      expect(answer.Name).toBe(SecretId);
    }
  });

  it('are created once: again with the same token and data is fine, else refused', async () => {
    const first = await create('a');
    expect((await create('a')).ARN).toBe(first.ARN);
    await expect(create('other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });

  it('without a version have no value', async () => {
    await create();
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await stages()).toEqual({});
  });

  it('scheduled for deletion refuse everything until they are restored', async () => {
    await create('a');
    await client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    for (const call of [() => get(), () => put('b'), () => move('AWSCURRENT', id('a'), id('a'))]) {
      await expect(call()).rejects.toMatchObject({ name: 'InvalidRequestException' });
    }
    await expect(create('a')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    const described = await client.send(new DescribeSecretCommand({ SecretId }));
    expect(described.DeletedDate?.getTime()).toBe(nowMs + 7 * 24 * hourMs);

    await client.send(new RestoreSecretCommand({ SecretId }));
    expect((await get()).SecretString).toBe('a');
  });

  it('are gone when their window has passed, or at once by force', async () => {
    await create('a');
    await client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
    nowMs += 7 * 24 * hourMs;
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });

    await create('again');
    const force = { SecretId, ForceDeleteWithoutRecovery: true };
    await client.send(new DeleteSecretCommand(force));
    await client.send(new DeleteSecretCommand(force));
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('are listed by the beginning of their names', async () => {
    await create('a');
    const list = (prefix: string) =>
      client
        .send(new ListSecretsCommand({ Filters: [{ Key: 'name', Values: [prefix] }] }))
        .then((answer) => answer.SecretList?.map((secret) => secret.Name));
    expect(await list('fresco/')).toEqual([SecretId]);
    expect(await list('other/')).toEqual([]);
  });

  it('keep description and tags', async () => {
    await create('a');
    await client.send(new UpdateSecretCommand({ SecretId, Description: 'a grant' }));
    await client.send(new TagResourceCommand({ SecretId, Tags: [{ Key: 'k', Value: 'v' }] }));
    const answer = await client.send(new DescribeSecretCommand({ SecretId }));
    expect(answer).toMatchObject({ Description: 'a grant', Tags: [{ Key: 'k', Value: 'v' }] });
  });

  it('updated with a value always move AWSCURRENT, and never under a known token', async () => {
    await create('a');
    const update = (name: string) =>
      client.send(
        new UpdateSecretCommand({ SecretId, ClientRequestToken: id(name), SecretString: name }),
      );
    await update('b');
    expect((await get()).VersionId).toBe(id('b'));
    await expect(update('b')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });
});
