// Goal: to believe a webhook costs what its signature costs, and to keep it what the queue costs.
// Method: processor time of one process on Lambda's Node, so that neither the queue nor other work counts.
import { duration, type Measured, ratio } from '../measured.ts';
import type { Spread } from '../rounds.ts';
import { apart } from './apart.ts';

/** What the process for this row tells. */
export type WebhookCpu = Readonly<Record<'bare' | 'verified' | 'sent' | 'received', Spread>>;

/** Row 4. */
export async function webhookCpu(): Promise<Measured> {
  const { bare, verified, sent, received } = await apart<WebhookCpu>('webhook-cpu-process.ts');
  const verification = verified.median / bare.median;
  const receiver = received.median / sent.median;
  const row = (name: string, seen: Spread, beside: Spread) => [
    name,
    duration(seen.median),
    `${duration(seen.low)} to ${duration(seen.high)}`,
    ratio(seen.median / beside.median),
  ];
  return {
    name: 'webhook-cpu',
    title: 'CPU of one webhook',
    goal: 'verification at most 1.1 × of jose’s bare `jwtVerify`; receiver at most 1.2 × of that and the SQS send',
    isReached: verification <= 1.1 && receiver <= 1.2,
    summary: `verification ${ratio(verification)}, receiver ${ratio(receiver)}`,
    head: ['work', 'median', 'middle half', 'ratio'],
    rows: [
      row('`jwtVerify`', bare, bare),
      row('Fresco’s verification: key, issuer, sink, event, company', verified, bare),
      row('`jwtVerify` and the SQS send', sent, sent),
      row('Fresco’s receiver: parsing, log and metric too', received, sent),
    ],
    plot: {
      unit: 'µs, logarithmic',
      series: [
        {
          name: 'median',
          points: [
            ['jwtVerify', bare.median / 1000],
            ['verification', verified.median / 1000],
            ['jwtVerify + SQS', sent.median / 1000],
            ['receiver', received.median / 1000],
          ],
        },
      ],
    },
  };
}
