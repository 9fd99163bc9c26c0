// Goal: each link that can break in a deployed stack is found, and is the first that is named.
// Method: one stack over the doubles; each test breaks one link, looks, and mends it. Nothing is ever spent.
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { examine, examineConnection } from '../../../src/cli/inspect/doctor.ts';
import { connect } from '../../../src/cli/settings/options.ts';
import { emptyJournal, type Journal } from '../../../src/core/journal/journal.ts';
import { clientConfig } from '../../doubles/http/client-config.ts';
import type { FaultKind, Faults } from '../../doubles/http/faults.ts';
import { inProcess } from '../../doubles/lambda/lambda-invoke.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';
import { controlSandbox } from '../../sandbox/sandbox-control.ts';
import { type DeployedStack, startDeployed } from '../deployed.ts';
import { withVariables } from '../surroundings.ts';

let whole: DeployedStack;

beforeAll(async () => {
  whole = await startDeployed({ connectUrl: 'https://api.example/connect' });
  await whole.stack.logIn();
});
afterAll(() => whole?.stop());

beforeEach(async () => {
  withVariables({
    ...whole.env,
    XDG_CONFIG_HOME: await temporaryFolder(),
    AWS_EC2_METADATA_DISABLED: 'true',
    FRESCO_PROVIDER_URL: whole.stack.providerUrl,
  });
});

async function firstBroken(options: Parameters<typeof examine>[0] = {}) {
  const found = (await examine(options)).find(({ state }) => state === 'broken');
  return { check: found?.check, detail: found?.detail, next: found?.next };
}

const always = (faults: Faults, on: string, kind: FaultKind) => faults.add({ on, kind, times: 99 });

/** Puts a value that the command would not write as the current one of a secret. */
async function putCurrent(kind: string, text: string): Promise<void> {
  const input = { SecretId: `fresco/default/${kind}`, SecretString: text };
  await whole.stack.secretsClient.send(new PutSecretValueCommand(input));
}

async function currentText(secret: 'client' | 'grant' | 'accessToken'): Promise<string> {
  return (await whole.stack[secret].current())?.value.reveal() ?? '';
}

/** Breaks one link for as long as the test lasts. */
async function changed(kind: 'client' | 'grant' | 'access-token', to: (now: string) => string) {
  const before = await currentText(kind === 'access-token' ? 'accessToken' : kind);
  await putCurrent(kind, to(before));
  return () => putCurrent(kind, before);
}

async function journalled(change: Partial<Journal>) {
  const { journal: before, revision } = await whole.stack.journal.read();
  await whole.stack.journal.write({ ...before, ...change }, revision);
  return async () => {
    const now = await whole.stack.journal.read();
    await whole.stack.journal.write(before, now.revision);
  };
}

const sandbox = (path: string, body: object) => controlSandbox(whole.stack.providerUrl, path, body);

it('a stack of which nothing is broken holds at every link, and its rotator has answered', async () => {
  const findings = await examine({ scopes: 'entity.clients:r' });
  expect(findings.at(-1)).toMatchObject({ check: 'webhooks', state: 'unknown' });
  expect(findings.slice(0, -1).map(({ check, state }) => `${check} ${state}`)).toEqual(
    [
      ...['config', 'credentials', 'stack', 'client', 'grant', 'access-token', 'key', 'table'],
      ...['clock', 'attempt', 'provider', 'application', 'token', 'company', 'permissions'],
      ...['licence', 'schedule', 'rotator', 'bus'],
    ].map((check) => `${check} ok`),
  );
  const asked = whole.lambda.calls.all.map(({ ids }) => Object.values(ids).join(' '));
  expect(asked).toEqual([expect.stringContaining('consumers')]);
});

describe('what is broken is found, and nothing is spent on it:', () => {
  type Break = () => Promise<() => unknown> | (() => unknown);
  const faulty =
    (faults: () => Faults, on: string, kind: FaultKind): Break =>
    () => {
      always(faults(), on, kind);
      return () => faults().clear();
    };
  const { secrets, table, bus } = {
    secrets: () => whole.stack.secrets.faults,
    table: () => whole.stack.table.faults,
    bus: () => whole.stack.bus.faults,
  };

  it.each<[string, Break, string, string, string]>([
    [
      'no right to the parameter',
      faulty(() => whole.ssm.faults, 'GetParameter', 'access-denied'),
      'stack',
      'AccessDeniedException',
      'operators',
    ],
    [
      'a parameter that cannot be read',
      () => {
        const before = whole.ssm.parameters.get('/fresco/stack') ?? '';
        whole.ssm.parameters.set('/fresco/stack', '{"v":1}');
        return () => whole.ssm.parameters.set('/fresco/stack', before);
      },
      'stack',
      'cannot be trusted',
      'deploy',
    ],
    [
      'a parameter that leads to another account',
      () => {
        const before = whole.ssm.parameters.get('/fresco/stack') ?? '';
        const stranger = before.replace(
          '000000000000:function:rotator:op',
          '999999999999:function:rotator:op',
        );
        whole.ssm.parameters.set('/fresco/stack', stranger);
        return () => whole.ssm.parameters.set('/fresco/stack', before);
      },
      'stack',
      '"operatorAlias" must be an alias of a function of account 000000000000, eu-south-1',
      'deploy',
    ],
    [
      'nothing stored yet',
      async () => {
        const stored = await Promise.all((['client', 'grant'] as const).map(currentText));
        const { model } = whole.stack.secrets;
        const renew = (kind: string) => {
          const SecretId = `fresco/default/${kind}`;
          model.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true });
          model.createSecret({ Name: SecretId });
        };
        for (const kind of ['client', 'grant']) renew(kind);
        return async () => {
          await putCurrent('client', stored[0] ?? '');
          await putCurrent('grant', stored[1] ?? '');
        };
      },
      'client',
      'no client is stored yet',
      'fresco login',
    ],
    [
      'no right to the secrets',
      faulty(secrets, 'GetSecretValue', 'access-denied'),
      'client',
      'AccessDeniedException',
      'operators',
    ],
    [
      'a key that is disabled',
      () => {
        whole.stack.secrets.model.disableKey();
        return () => whole.stack.secrets.model.disableKey(false);
      },
      'key',
      'DecryptionFailure',
      'enable the KMS key',
    ],
    [
      'a secret that is gone',
      () => {
        const SecretId = 'fresco/default/grant';
        const { model } = whole.stack.secrets;
        model.deleteSecret({ SecretId, RecoveryWindowInDays: 7 });
        return () => model.restoreSecret({ SecretId });
      },
      'grant',
      'fresco/default/grant',
      'deploy the stack',
    ],
    [
      'a grant that is none',
      () => changed('grant', () => '{"v":1}'),
      'grant',
      '"connection" must be a text',
      'fresco recover',
    ],
    [
      'an application that is none',
      () => changed('client', () => 'client'),
      'client',
      'is not JSON',
      'fresco login --application-only',
    ],
    [
      'a grant of another stage',
      () => changed('grant', (now) => now.replace('/test"', '/staging"')),
      'grant',
      '000000000000/eu-south-1/staging',
      'fresco login',
    ],
    [
      'a grant of another provider',
      () =>
        changed('grant', (now) =>
          JSON.stringify({ ...JSON.parse(now), provider: 'https://other.example' }),
        ),
      'grant',
      'https://other.example',
      'fresco login',
    ],
    [
      'no right to the table',
      faulty(table, 'GetItem', 'access-denied'),
      'table',
      'AccessDeniedException',
      'operators',
    ],
    [
      'an attempt without an answer',
      async () => {
        const { journal } = await whole.stack.journal.read();
        const parent = journal.known ?? { grant: 1, generation: 1, attempt: 0 };
        const send = { versionId: '0'.repeat(32), attempt: 7, sentAtMs: Date.now() };
        return journalled({ dispatch: { parent, sends: [send] } });
      },
      'attempt',
      'was lost',
      'fresco recover',
    ],
    [
      'a client secret that the provider refuses',
      async () => {
        const clientVersionId = (await whole.stack.client.current())?.versionId ?? '';
        const asked = { sinceMs: 5, atMs: 6, needsPerson: true, inDoubt: false };
        const refused = { kind: 'application-refused', said: 'invalid_client', ...asked } as const;
        return journalled({ badAnswer: { ...refused, clientVersionId } });
      },
      'application',
      'invalid_client',
      'fresco login --application-only',
    ],
    [
      'a refresh token that is revoked',
      async () => {
        const { journal } = await whole.stack.journal.read();
        const position = journal.known ?? { grant: 0, generation: 0, attempt: 0 };
        return journalled({ latch: { kind: 'revoked', position, sinceMs: 5 } });
      },
      'token',
      'no longer accepts the refresh token',
      'fresco login, or the owner of the account at: https://api.example/connect/default',
    ],
    [
      'a pause',
      () => journalled({ pausedAtMs: 5 }),
      'schedule',
      'paused since 1970-01-01T00:00:00Z',
      'fresco resume',
    ],
    [
      'a schedule that is off',
      () => {
        whole.scheduler.schedules.set('fresco-checks/default', 'DISABLED');
        return () => whole.scheduler.schedules.set('fresco-checks/default', 'ENABLED');
      },
      'schedule',
      'fresco-checks/default is switched off',
      'enable fresco-checks/default',
    ],
    [
      'a schedule that is gone',
      () => {
        whole.scheduler.schedules.clear();
        return () => whole.scheduler.schedules.set('fresco-checks/default', 'ENABLED');
      },
      'schedule',
      'fresco-checks/default is gone',
      'deploy',
    ],
    [
      'no right to the schedule',
      faulty(() => whole.scheduler.faults, 'GetSchedule', 'access-denied'),
      'schedule',
      'AccessDeniedException',
      'operators',
    ],
    [
      'a bus that is gone',
      () => {
        whole.stack.bus.buses.delete('fresco-bus');
        return () => whole.stack.bus.buses.add('fresco-bus');
      },
      'bus',
      'fresco-bus is gone',
      'deploy',
    ],
    [
      'no right to the bus',
      faulty(bus, 'DescribeEventBus', 'access-denied'),
      'bus',
      'Denied',
      'op',
    ],
    [
      'a subscription that the provider has taken back',
      async () => {
        const { subscriptions } = await connect({});
        const types = ['it.fattureincloud.webhooks.entities.clients.update'];
        const sink = 'https://hooks.example.com/webhooks/default';
        await subscriptions.change(() => [{ id: 'SUB1', companyId: 108061, sink, types }]);
        return () => subscriptions.change(() => []);
      },
      'webhooks',
      'the subscription SUB1 is gone',
      'fresco webhooks create --company 108061',
    ],
    [
      'a licence that has expired',
      async () => {
        await sandbox('state', { licenceExpired: true });
        return () => sandbox('state', { licenceExpired: false });
      },
      'licence',
      'the licence of company 108061 has expired',
      'renew',
    ],
    [
      'a company that the token no longer reaches',
      () => changed('access-token', (now) => now.replace('108061', '108099')),
      'company',
      'company 108099',
      'fresco login',
    ],
  ])('%s', async (_, brk, check, detail, next) => {
    const before = await whole.tokenRequests();
    const mend = await brk();
    try {
      expect(await firstBroken()).toEqual({
        check,
        detail: expect.stringContaining(detail),
        next: expect.stringContaining(next),
      });
    } finally {
      await mend();
    }
    expect(await whole.tokenRequests()).toBe(before);
  });

  it('a table that is gone', async () => {
    const facts = whole.ssm.parameters.get('/fresco/stack') ?? '';
    whole.ssm.parameters.set('/fresco/stack', facts.replace('"fresco"', '"gone"'));
    const found = await firstBroken();
    whole.ssm.parameters.set('/fresco/stack', facts);
    expect(found).toMatchObject({ check: 'table', next: expect.stringContaining('deploy') });
  });

  it('no credentials, and no region', async () => {
    const HOME = await temporaryFolder();
    const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, HOME };
    withVariables(none);
    expect(await firstBroken()).toMatchObject({
      check: 'credentials',
      next: expect.stringContaining('aws sso login'),
    });
    withVariables({ AWS_REGION: undefined });
    expect(await firstBroken()).toMatchObject({
      check: 'credentials',
      next: expect.stringContaining('AWS_REGION'),
    });
  });

  it('a clock that is off', async () => {
    const connection = await connect({});
    const clock = { ...connection.clock, nowMs: () => connection.clock.nowMs() - 90_000 };
    const findings = await examineConnection({ ...connection, clock });
    expect(findings.find(({ state }) => state === 'broken')).toMatchObject({
      check: 'clock',
      detail: expect.stringMatching(/-(8[5-9]|90) s off/),
    });
  });

  it('a permission that is missing', async () => {
    const { access_token } = await sandbox('grants', { scope: 'settings:r', direct: true });
    const mend = await changed('access-token', (now) =>
      JSON.stringify({ ...JSON.parse(now), accessToken: access_token }),
    );
    const found = await firstBroken({ scopes: 'settings:r receipts:r' });
    await mend();
    expect(found).toEqual({
      check: 'permissions',
      detail: 'the token lacks receipts:r in company 108061',
      next: 'fresco login --scopes with receipts:r among them',
    });
  });

  it('the permissions that subscriptions take are asked for by themselves', async () => {
    const { access_token } = await sandbox('grants', { scope: 'settings:r', direct: true });
    const connection = await connect({});
    const type = 'it.fattureincloud.webhooks.products.update';
    const sink = 'https://hooks.example.com/webhooks/default';
    await connection.subscriptions.change(() => [
      { id: 'SUB1', companyId: 108061, sink, types: [type] },
    ]);
    const mend = await changed('access-token', (now) =>
      JSON.stringify({ ...JSON.parse(now), accessToken: access_token }),
    );
    const found = await firstBroken();
    await mend();
    await connection.subscriptions.change(() => []);
    expect(found).toMatchObject({
      check: 'permissions',
      detail: expect.stringContaining('products:r'),
    });
  });

  it('a token that was revoked', async () => {
    const mend = await changed('access-token', (now) => now.replace(/a\/[^"]+/, 'a/0001invented'));
    const found = await firstBroken();
    await mend();
    expect(found).toMatchObject({
      check: 'token',
      detail: expect.stringContaining('rejects the access token before it expires'),
      next: expect.stringContaining('fresco login'),
    });
  });

  it('a provider, and a proxy, that is not reached', async () => {
    const none = 'http://127.0.0.1:9';
    const elsewhere = 'https://provider.invalid';
    const moved = (now: string) => now.replaceAll(whole.stack.providerUrl, elsewhere);
    const mends = [await changed('grant', moved), await changed('access-token', moved)];
    // Whatever is not on loopback goes through the proxy.
    const through = { FRESCO_PROVIDER_URL: elsewhere, HTTPS_PROXY: none };
    withVariables(through);
    const found = await firstBroken();
    for (const mend of mends) await mend();
    expect(found).toMatchObject({
      check: 'provider',
      detail: expect.stringContaining('ECONNREFUSED'),
      next: expect.stringContaining('the proxy in HTTPS_PROXY'),
    });
    const silent = (now: string) => now.replaceAll(whole.stack.providerUrl, none);
    const mendsAgain = [await changed('grant', silent), await changed('access-token', silent)];
    withVariables({ FRESCO_PROVIDER_URL: none, HTTPS_PROXY: undefined });
    const direct = await firstBroken();
    for (const mend of mendsAgain) await mend();
    expect(direct).toMatchObject({
      check: 'provider',
      next: expect.stringContaining('the network of this machine'),
    });
  });

  it('a function that fails, and one that is gone', async () => {
    const works = (event: unknown) => whole.stack.through('consumers', event);
    whole.lambda.route(
      'rotator:consumers',
      inProcess(async () => {
        throw new Error('Cannot find module');
      }),
    );
    const failing = await firstBroken();
    whole.lambda.route('rotator:consumers', works);
    expect(failing).toMatchObject({ check: 'rotator', next: expect.stringContaining('log') });
    const facts = whole.ssm.parameters.get('/fresco/stack') ?? '';
    whole.ssm.parameters.set('/fresco/stack', facts.replace(':consumers', ':gone'));
    const gone = await firstBroken();
    whole.ssm.parameters.set('/fresco/stack', facts);
    expect(gone).toMatchObject({ check: 'rotator', detail: expect.stringContaining('NotFound') });
  });

  it('a journal that is damaged', async () => {
    const client = new DynamoDBClient(clientConfig(whole.stack.table.endpoint));
    const { revision } = await whole.stack.journal.read();
    const item = (journal: string) =>
      client.send(
        new PutItemCommand({
          TableName: 'fresco',
          Item: {
            pk: { S: 'journal#default' },
            v: { N: '1' },
            journal: { S: journal },
            revision: { N: String(revision) },
          },
        }),
      );
    const { journal } = await whole.stack.journal.read();
    await item('{"fence":"invented"}');
    const found = await firstBroken();
    await item(JSON.stringify({ ...emptyJournal, ...journal }));
    client.destroy();
    expect(found).toMatchObject({
      check: 'table',
      detail: expect.stringContaining('fence'),
      next: expect.stringContaining('restore the table'),
    });
  });
});
