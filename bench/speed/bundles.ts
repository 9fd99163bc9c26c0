// Goal: a cold start carries little: each bundle beside the same work written with what people would import.
// Method: theirs bundled by esbuild's own defaults for Node; all loaded in turn, each in a fresh Node 24, by
// processor time, which other work on the machine disturbs least.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { toEnvironment } from '../../src/config/config.ts';
import { webhookSigner } from '../../src/sandbox/webhooks/signer.ts';
import { builtFunction, bytesOf } from '../../test/bundles/built.ts';
import { node24Path } from '../../test/doubles/lambda/node24.ts';
import { duration, type Measured, ratio, significant } from '../measured.ts';
import { inTurn } from '../rounds.ts';
import { awsEnvironment } from './environment.ts';

const limit = 0.75;
const startLimit = 0.35;
const rounds = 11;

/** What each function needs besides; the official SDK takes the place of our own code, as far as it has one. */
const asks = {
  rotator: {
    'client-secrets-manager':
      'SecretsManagerClient GetSecretValueCommand PutSecretValueCommand UpdateSecretVersionStageCommand',
    'client-dynamodb': 'DynamoDBClient GetItemCommand PutItemCommand',
    'client-eventbridge': 'EventBridgeClient PutEventsCommand',
  },
  'webhook-receiver': {
    'client-sqs': 'SQSClient SendMessageCommand',
    'client-dynamodb': 'DynamoDBClient GetItemCommand UpdateItemCommand',
    jose: 'importSPKI jwtVerify',
  },
  'webhook-handler': {
    'client-secrets-manager': 'SecretsManagerClient GetSecretValueCommand',
    'client-dynamodb': 'DynamoDBClient GetItemCommand UpdateItemCommand',
    'client-eventbridge': 'EventBridgeClient PutEventsCommand',
    'client-lambda': 'LambdaClient InvokeCommand',
    'client-sqs': 'SQSClient ChangeMessageVisibilityCommand',
  },
  sync: {
    'client-secrets-manager': 'SecretsManagerClient GetSecretValueCommand',
    'client-dynamodb': 'DynamoDBClient GetItemCommand UpdateItemCommand',
    'client-eventbridge': 'EventBridgeClient PutEventsCommand',
    'client-lambda': 'LambdaClient InvokeCommand',
    'client-sqs': 'SQSClient SendMessageCommand',
  },
} as const;
type Edge = keyof typeof asks;

const reading =
  'Configuration ClientsApi SuppliersApi ProductsApi IssuedDocumentsApi ReceivedDocumentsApi ReceiptsApi';
const ofTheOfficialSdk: Readonly<Record<Edge, string>> = {
  rotator: 'OAuth2AuthorizationCodeManager',
  'webhook-receiver': 'EventType',
  'webhook-handler': reading,
  sync: reading,
};
const edges = Object.keys(asks) as Edge[];
const bareHandlers = {
  powertools: 'with four Powertools',
  'hand-signed': 'with hand-signed fetch',
};

/** Row 3. */
export async function bundles(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'fresco-bundles-'));
  const files: Record<string, string> = { empty: await bundled('empty', folder) };
  for (const edge of edges) {
    files[edge] = await builtFunction(edge);
    files[`official ${edge}`] = await withOfficialSdk(edge, folder);
  }
  for (const name of Object.keys(bareHandlers)) files[name] = await bundled(name, folder);
  const bytes = Object.fromEntries(
    Object.entries(files).map(([name, file]) => [
      name,
      // Ours is alone in its folder, with what it loads late beside it.
      name in asks ? bytesOf(file) : statSync(file).size,
    ]),
  );
  const answered = ['webhook-receiver', 'official webhook-receiver'];
  const seen = await inTurn(
    Object.fromEntries([
      ...Object.entries(files).map(([name, file]) => [name, () => loadNanoseconds(file)]),
      ...answered.map((name) => [
        `${name} to its answer`,
        () => loadNanoseconds(files[name] ?? '', forgedAnswer),
      ]),
    ]),
    rounds,
  );
  rmSync(folder, { recursive: true, force: true });
  const sizeOf = (name: string) => bytes[name] ?? Number.NaN;
  const loadOf = (name: string) =>
    (seen[name]?.median ?? Number.NaN) - (seen['empty']?.median ?? 0);
  const rowOf = (name: string, label: string, beside: string) => [
    label,
    significant(sizeOf(name)),
    ratio(sizeOf(name) / sizeOf(beside)),
    duration(loadOf(name)),
    ratio(loadOf(name) / loadOf(beside)),
  ];
  const worst = {
    bytes: Math.max(...edges.map((edge) => sizeOf(edge) / sizeOf(`official ${edge}`))),
    load: Math.max(...edges.map((edge) => loadOf(edge) / loadOf(`official ${edge}`))),
  };
  const starts = [
    loadOf('rotator') / loadOf('official rotator'),
    loadOf('webhook-receiver to its answer') / loadOf('official webhook-receiver to its answer'),
  ] as const;
  return {
    name: 'bundles',
    title: 'Bundles: bytes, and load time over an empty handler',
    goal: `at most ${limit} × of the same handler with the official SDK; ${startLimit} × until the rotator is loaded, and until the receiver has turned a forgery away`,
    isReached: Math.max(worst.bytes, worst.load) <= limit && Math.max(...starts) <= startLimit,
    summary: `at most ${ratio(worst.bytes)} the bytes and ${ratio(worst.load)} the time; rotator ${ratio(starts[0])}, a forgery ${ratio(starts[1])}`,
    head: ['handler', 'bytes', 'beside the official SDK', 'load over empty', 'beside it'],
    rows: edges.flatMap((edge) => [
      rowOf(edge, `**${edge}**`, `official ${edge}`),
      rowOf(`official ${edge}`, `${edge} with the official SDK`, `official ${edge}`),
      ...(edge === 'webhook-receiver'
        ? answered.map((name) => [
            `${name.replace(/^official (.*)/, '$1 with the official SDK')}, to the answer to a forgery`,
            '',
            '',
            duration(loadOf(`${name} to its answer`)),
            ratio(
              loadOf(`${name} to its answer`) / loadOf('official webhook-receiver to its answer'),
            ),
          ])
        : []),
      ...(edge === 'rotator'
        ? Object.entries(bareHandlers).map(([name, how]) =>
            rowOf(name, `its bare work ${how}`, 'official rotator'),
          )
        : []),
    ]),
    remark:
      'Bytes count what is loaded late, load time does not: AWS’s clients in the receiver, EventBridge’s in the rotator, Lambda’s in handler and sync. The receiver asks the official SDK for names of events alone, which load in 0.1 ms. Bare work is read the secret, refresh, put the secret: no lease, no journal, no events. Hand-signed fetch is smaller than any SDK; it has no retries, no endpoints, and signing is ours to keep right.',
    plot: {
      unit: 'kB',
      series: [
        { name: 'Fresco', points: edges.map((edge) => [edge, sizeOf(edge) / 1000] as const) },
        {
          name: 'official SDK',
          points: edges.map((edge) => [edge, sizeOf(`official ${edge}`) / 1000] as const),
        },
      ],
    },
  };
}

const settings: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  minify: true,
  mainFields: ['module', 'main'],
  legalComments: 'none',
  logLevel: 'error',
};

async function bundled(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${name}.cjs`);
  const entry = fileURLToPath(new URL(`handlers/${name}.ts`, import.meta.url));
  await build({ ...settings, entryPoints: [entry], outfile });
  return outfile;
}

async function withOfficialSdk(edge: Edge, folder: string): Promise<string> {
  const outfile = join(folder, `official-${edge}.cjs`);
  const imports = [
    ...Object.entries(asks[edge]).map(
      ([from, names]) => [from.replace(/^client-/, '@aws-sdk/client-'), names] as const,
    ),
    ['@fattureincloud/fattureincloud-ts-sdk', ofTheOfficialSdk[edge]] as const,
  ];
  const named = imports.map(([from, names]) => [from, names.split(' ').join(', ')] as const);
  const contents = [
    ...named.map(([from, names]) => `import { ${names} } from '${from}';`),
    `export const imported = () => [${named.map(([, names]) => names).join(', ')}];`,
    edge === 'webhook-receiver' ? verifyingFirst : 'export const handler = async () => imported();',
  ].join('\n');
  const resolveDir = fileURLToPath(new URL('.', import.meta.url));
  await build({ ...settings, stdin: { contents, resolveDir, loader: 'ts' }, outfile });
  return outfile;
}

/** As much of a receiver as a forged request meets. */
const verifyingFirst = `
  const [queue, table] = [new SQSClient({}), new DynamoDBClient({})];
  export const handler = async ({ headers, body }) => {
    const key = await importSPKI(process.env.FRESCO_WEBHOOK_PUBLIC_KEYS, 'ES256');
    try {
      await jwtVerify(headers.authorization.slice(7), key, { algorithms: ['ES256'] });
    } catch (error) {
      console.log(JSON.stringify({ level: 'WARN', message: 'webhook forged', reason: error.code }));
      return { statusCode: 401, body: '{}' };
    }
    await table.send(new GetItemCommand({ TableName: 'senders', Key: { pk: { S: 'default' } } }));
    await queue.send(new SendMessageCommand({ QueueUrl: process.env.FRESCO_QUEUE_URL, MessageBody: body }));
    return { statusCode: 202, body: '{}' };
  };`;

const [signer, forger] = [webhookSigner(), webhookSigner()];
const webhookSink = 'https://hooks.example.com/webhooks';
const forgedRequest = {
  rawPath: '/webhooks/default',
  rawQueryString: '',
  requestContext: { http: { method: 'POST' } },
  headers: {
    authorization: `Bearer ${forger.sign({
      jti: 'forged',
      sub: 'company:108061',
      aud: [`${webhookSink}/default`],
      aid: 1234,
      iss: 'https://api-v2.fattureincloud.it',
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 3600,
    })}`,
    'content-type': 'application/json',
    'ce-id': 'forged',
    'ce-type': 'it.fattureincloud.webhooks.entities.clients.update',
    'ce-subject': 'company:108061',
  },
  body: JSON.stringify({ data: { ids: [3062001] } }),
};
const receiverEnvironment = toEnvironment('webhook-receiver', {
  prefix: 'fresco',
  connections: ['default'],
  watching: 'small',
  table: 'fresco',
  queueUrl: 'https://sqs.example.com/notifications',
  webhookSink,
  applicationId: undefined,
  webhookPublicKeys: [signer.publicKeyPem],
});
const forgedAnswer = `.handler(${JSON.stringify(forgedRequest)}).then(({statusCode})=>{if(statusCode!==401)throw new Error();tell()})`;

/** Processor time until a bundle is loaded, or until what is done with it calls \`tell\`. */
function loadNanoseconds(file: string, then = ';tell()'): number {
  const program = `const tell=()=>{const{user,system}=process.cpuUsage();require('node:fs').writeSync(1,'#'+(user+system)*1000+'#');process.exit()};require(${JSON.stringify(file)})${then}`;
  const env = { PATH: process.env['PATH'], ...awsEnvironment, ...receiverEnvironment };
  const node = node24Path() ?? process.execPath;
  const told = execFileSync(node, ['-e', program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  return Number(/#(\d+)#/.exec(told.toString())?.[1]);
}
