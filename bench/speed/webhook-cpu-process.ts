// What is measured of webhooks, in a process whose output goes nowhere: the receiver writes log and metric.
import { createPublicKey } from 'node:crypto';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { jwtVerify } from 'jose';
import { bounded } from '../../src/aws/failures.ts';
import { encodeNotification } from '../../src/core/webhooks/notification.ts';
import { webhookVerifier } from '../../src/fatture-in-cloud/webhooks/signature.ts';
import { buildWebhookReceiver } from '../../src/lambda/webhook-receiver.ts';
import { systemClock } from '../../src/local/clock.ts';
import { webhookSigner } from '../../src/sandbox/webhooks/signer.ts';
import { cpuNanosecondsEach, inTurn } from '../rounds.ts';
import { startAnswering } from './answering-server.ts';
import type { WebhookCpu } from './webhook-cpu.ts';

const times = 100;
const webhookSink = 'https://hooks.example.com/webhooks';
const sink = `${webhookSink}/default`;
const eventId = '198:invented';
const subject = 'company:108061';

const queue = await startAnswering(`
  const taken = ({ Id, MessageBody }) => {
    const MD5OfMessageBody = require('node:crypto').createHash('md5').update(MessageBody).digest('hex');
    return { Id, MessageId: 'invented', MD5OfMessageBody };
  };
  const input = JSON.parse(body);
  if (input.Entries) return JSON.stringify({ Successful: input.Entries.map(taken) });
  return JSON.stringify(input.MessageBody ? taken(input) : {});`);
process.env['AWS_ENDPOINT_URL_SQS'] = queue.url;
process.env['AWS_ENDPOINT_URL_DYNAMODB'] = queue.url;
const queueUrl = `${queue.url}/000000000000/notifications`;

const signer = webhookSigner();
const seconds = Math.floor(Date.now() / 1000);
const issuer = 'https://api-v2.fattureincloud.it';
const token = signer.sign({
  jti: eventId,
  sub: subject,
  aud: [sink],
  aid: 1234,
  iss: issuer,
  iat: seconds,
  exp: seconds + 3600,
});
const key = createPublicKey(signer.publicKeyPem);
const about = { applicationId: '1234' };
const verifier = webhookVerifier({ clock: systemClock, publicKeys: [signer.publicKeyPem] });
const receive = buildWebhookReceiver({
  prefix: 'fresco',
  connections: ['default'],
  watching: 'small',
  table: 'fresco',
  queueUrl,
  webhookSink,
  webhookPublicKeys: [signer.publicKeyPem],
  ...about,
});
const body = JSON.stringify({ data: { ids: [3062001] } });
const request = {
  method: 'POST',
  path: '/webhooks/default',
  query: '',
  headers: {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'ce-id': eventId,
    'ce-type': 'it.fattureincloud.webhooks.entities.clients.update',
    'ce-subject': subject,
    'ce-time': new Date().toISOString(),
    'ce-specversion': '1.0',
  },
  body,
};
const message = encodeNotification({
  id: eventId,
  companyId: 108061,
  type: request.headers['ce-type'],
  resource: 'clients',
  change: 'update',
  time: request.headers['ce-time'],
  ids: [3062001],
  connection: 'default',
  part: 0,
});
const client = new SQSClient(bounded);
const bare = () => jwtVerify(token, key, { algorithms: ['ES256'] });
const send = async () => {
  await bare();
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: message }));
};
const receiving = async () => {
  const { status } = await receive(request);
  if (status !== 202) throw new Error(`the receiver answered ${status}`);
};
const verifying = async () => {
  const { kind } = await verifier.verify({ token, sink, eventId, subject });
  if (kind !== 'genuine') throw new Error('the signature was not believed');
};

// As long as it takes until what runs often is compiled for good.
for (const action of [verifying, send, receiving]) await cpuNanosecondsEach(1500, action);
// Each pair by itself: what the SDK leaves behind is collected at the expense of whoever comes next.
const seen: WebhookCpu = {
  ...(await inTurn(
    {
      bare: () => cpuNanosecondsEach(10 * times, bare),
      verified: () => cpuNanosecondsEach(10 * times, verifying),
    },
    15,
  )),
  ...(await inTurn(
    {
      sent: () => cpuNanosecondsEach(times, send),
      received: () => cpuNanosecondsEach(times, receiving),
    },
    15,
  )),
};
process.send?.(seen);
client.destroy();
await queue.stop();
