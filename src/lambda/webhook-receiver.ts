import { functionLog } from '../aws/reporting/function-log.ts';
import type { Log, LogFields } from '../aws/reporting/log.ts';
import { emitMetrics, metricLine } from '../aws/reporting/metric-line.ts';
import type { Config } from '../config/config.ts';
import { sinkOf } from '../config/stack-outputs.ts';
import { type Admission, admissionOf, type SenderStore } from '../core/webhooks/admission.ts';
import { type Receipt, type ReceivePorts, receiveNotification } from '../core/webhooks/receive.ts';
import { parseWebhook } from '../fatture-in-cloud/webhooks/request.ts';
import { webhookVerifier } from '../fatture-in-cloud/webhooks/signature.ts';
import { systemClock } from '../local/clock.ts';
import type { SinkRequest } from './lambda-events.ts';
import type { ReceiverStores } from './receiver-stores.ts';

export { requestIn } from './lambda-events.ts';

/** What to answer; the body is JSON. */
export interface SinkAnswer {
  readonly status: number;
  readonly body: string;
}

/** Answers one request to the sinks of a stack. */
export type WebhookReceiver = (request: SinkRequest) => Promise<SinkAnswer>;

/** Builds the receiver once for each process. */
export function buildWebhookReceiver(config: Config<'webhook-receiver'>): WebhookReceiver {
  const { webhookPublicKeys, applicationId } = config;
  const clock = systemClock;
  let loaded: Promise<ReceiverStores> | undefined;
  const stores = () => {
    loaded ??= import('./receiver-stores.ts').then((it) => it.receiverStores(config));
    return loaded;
  };
  const shared: Omit<ReceivePorts, 'admission'> = {
    verifier: webhookVerifier({
      clock,
      ...(webhookPublicKeys === undefined ? {} : { publicKeys: webhookPublicKeys }),
    }),
    queue: { send: async (messages) => (await stores()).queue.send(messages) },
  };
  const admissions = new Map(
    config.connections.map((name) => {
      const senders: SenderStore = {
        read: async () => (await stores()).sendersOf(name).read(),
        note: async (part) => (await stores()).sendersOf(name).note(part),
      };
      const known = applicationId === undefined ? {} : { application: applicationId };
      return [name, admissionOf({ senders, clock, ...known })];
    }),
  );
  const log: Log = functionLog('webhook-receiver');
  return async (request) => {
    const connection = request.path.split('/').at(-1) ?? '';
    const known = admissions.get(connection);
    const sink = { connection, url: sinkOf(config.webhookSink, connection) };
    const ports = { ...shared, admission: known ?? nobody };
    const { status, body, receipt } = await receiveNotification(ports, sink, parseWebhook(request));
    // No log and no metric for names that a caller makes up.
    if (known === undefined) return { status, body };
    log[levelOf[receipt.kind]](`webhook ${receipt.kind}`, { connection, ...fieldsOf(receipt) });
    if (config.watching === 'full') {
      emitMetrics(receiptMetric(config.prefix, connection, receipt));
    }
    return { status, body };
  };
}

/** A sink that was never registered answers as one that was: which connections exist is not told. */
const nobody: Admission = { judge: async () => 'application' };

const levelOf = {
  verified: 'info',
  queued: 'info',
  ignored: 'info',
  forged: 'warn',
  foreign: 'warn',
  'not-kept': 'error',
} as const satisfies Readonly<Record<Receipt['kind'], keyof Log>>;

function fieldsOf(receipt: Receipt): LogFields {
  switch (receipt.kind) {
    case 'verified':
      return {};
    case 'queued':
      return { eventId: receipt.eventId, type: receipt.type };
    case 'ignored':
    case 'forged':
    case 'foreign':
    case 'not-kept':
      return { reason: receipt.reason };
  }
}

function receiptMetric(prefix: string, connection: string, receipt: Receipt): string {
  const dimensions = ['prefix', 'connection', 'receipt'];
  return metricLine(systemClock.nowMs(), { prefix, connection, receipt: receipt.kind }, [
    { dimensions, unit: 'Count', values: { Receipts: 1 } },
  ]);
}
