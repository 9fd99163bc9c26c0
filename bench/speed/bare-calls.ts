import { randomUUID } from 'node:crypto';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { bounded } from '../../src/aws/failures.ts';
import { sandboxApplication } from '../../src/sandbox/oauth/application.ts';

/** The calls of one rotation and nothing between them, in the protocol's order: 20, of which two go out together. */
export function bareCalls(providerUrl: string, refreshToken: string): () => Promise<void> {
  const secrets = new SecretsManagerClient(bounded);
  const dynamo = new DynamoDBClient(bounded);
  const bus = new EventBridgeClient(bounded);
  const TableName = 'fresco';
  const Key = { pk: { S: 'bench' } };
  const item = (text: string) => ({ ...Key, text: { S: text } });
  const write = () => dynamo.send(new PutItemCommand({ TableName, Item: item('x'.repeat(1500)) }));
  const nameOf = (kind: string) => `bench/${kind}`;
  const read = (kind: string) =>
    secrets.send(new GetSecretValueCommand({ SecretId: nameOf(kind) }));
  const install = async (kind: string) => {
    const ClientRequestToken = randomUUID();
    const SecretId = nameOf(kind);
    await secrets.send(
      new PutSecretValueCommand({
        SecretId,
        ClientRequestToken,
        SecretString: 'x'.repeat(400),
        VersionStages: ['next'],
      }),
    );
    const { VersionId } = await read(kind);
    await secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: ClientRequestToken,
        RemoveFromVersionId: VersionId,
      }),
    );
  };
  const refresh = async () => {
    const { clientId: client_id, clientSecret: client_secret } = sandboxApplication;
    const fields = { client_id, client_secret, refresh_token: refreshToken };
    const answer = await fetch(`${providerUrl}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'refresh_token', ...fields }),
    });
    const { access_token } = (await answer.json()) as { access_token?: string };
    if (access_token === undefined) throw new Error(`the sandbox answered ${answer.status}`);
    return access_token;
  };
  return async () => {
    await dynamo.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    await Promise.all([read('access-token'), read('grant')]);
    await write();
    await read('grant');
    await read('access-token');
    await read('client');
    await write();
    const token = await refresh();
    await write();
    await install('grant');
    await install('access-token');
    await write();
    const canary = await fetch(`${providerUrl}/user/info`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await canary.arrayBuffer();
    await write();
    const entry = { EventBusName: 'bench', Source: 'bench', DetailType: 'bench', Detail: '{}' };
    await bus.send(new PutEventsCommand({ Entries: [entry] }));
  };
}
