// Two handlers of webhooks in one process, whose services and API answer from another one.
import { encodeAccessToken } from '../../src/core/records/access-token.ts';
import { Secret } from '../../src/core/secret.ts';
import { encodeNotification } from '../../src/core/webhooks/notification.ts';
import { buildWebhookHandler } from '../../src/lambda/webhook-handler.ts';
import { cpuNanosecondsEach, inTurn, nanosecondsEach } from '../rounds.ts';
import { startAnswering } from './answering-server.ts';
import { refreshingHandler } from './refreshing-handler.ts';
import type { WebhookRates } from './webhook-rate.ts';

const [latencyMs, batch, batches, rounds] = JSON.parse(process.argv[2] ?? '[]') as [
  number,
  number,
  number,
  number,
];
const published = encodeAccessToken({
  connection: 'default',
  grant: 1,
  generation: 1,
  attempt: 0,
  accessToken: new Secret('a/0001invented'),
  issuedAtMs: Date.now(),
  expiresAtMs: Date.now() + 86_400_000,
  companies: [{ id: 108061, name: 'Studio Esempio' }],
}).reveal();
const server = await startAnswering(
  `
  const entity = { id: 3062001, name: 'Cliente', vat_number: 'IT00000000000', updated_at: '2026-11-24 10:00:00' };
  if (target === undefined) {
    const tokens = { access_token: 'a/0002invented', refresh_token: 'r/0002invented', expires_in: 86400 };
    return JSON.stringify(path.startsWith('/oauth') ? tokens : { data: entity });
  }
  const operation = target.split('.')[1];
  if (operation === 'GetSecretValue') {
    return JSON.stringify({ VersionId: 'invented', SecretString: ${JSON.stringify(published)}.replace('{', '{"origin":"http://127.0.0.1:' + server.address().port + '",') });
  }
  if (operation === 'UpdateItem') return JSON.stringify({ Attributes: { state: { S: 'claimed' } } });
  if (operation !== 'PutEvents') return '{}';
  const { Entries } = JSON.parse(body);
  return JSON.stringify({ FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'invented' })) });`,
  latencyMs,
);
process.env['AWS_ENDPOINT_URL'] = server.url;

const handle = buildWebhookHandler({
  webhookSink: undefined,
  prefix: 'fresco',
  connections: ['default'],
  watching: 'small',
  queueUrl: `${server.url}/000000000000/notifications`,
  table: 'fresco',
  bus: 'fresco-bus',
  providerUrl: server.url,
  consumersAlias: 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:consumers',
  entity: 'full',
});
const messages = Array.from({ length: batch }, (_, n) => ({
  messageId: `message-${n}`,
  receiptHandle: `receipt-${n}`,
  receiveCount: 1,
  body: encodeNotification({
    id: `198:invented-${n}`,
    companyId: 108061,
    type: 'it.fattureincloud.webhooks.entities.clients.update',
    resource: 'clients',
    change: 'update',
    ids: [3062001 + n],
    connection: 'default',
    part: 0,
  }),
}));
const fresco = async () => {
  const failed = await handle(messages, () => 60_000);
  if (failed.length > 0) throw new Error(`${failed.length} messages failed`);
};
const refreshing = refreshingHandler(server.url);
const ids = messages.map((_, n) => 3062001 + n);
// Where nothing waits, only the process's own work counts, once it is compiled for good.
const measured = latencyMs === 0 ? cpuNanosecondsEach : nanosecondsEach;
if (latencyMs === 0) {
  for (const action of [fresco, () => refreshing(ids)]) await nanosecondsEach(60, action);
}
const seen: WebhookRates = await inTurn(
  {
    fresco: async () => (await measured(batches, fresco)) / batch,
    refreshing: async () => (await measured(batches, () => refreshing(ids))) / batch,
  },
  rounds,
);
process.send?.(seen);
await server.stop();
process.exit();
