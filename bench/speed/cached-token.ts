// Goal: a token that is still good costs what a constant costs.
// Method: token() of the library over a secret that was read once, between the things people use instead. What
// never waits is measured in processor time, which other work on the machine does not change; the loopback call
// waits, and its better quarter counts.

import { Agent, request } from 'node:http';
import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { tokenSource } from '../../src/index.ts';
import { startRotatorStack } from '../../test/bundles/rotator-stack.ts';
import { clientConfig } from '../../test/doubles/http/client-config.ts';
import { duration, type Measured, ratio } from '../measured.ts';
import { cpuNanosecondsEach, inTurn, nanosecondsEach } from '../rounds.ts';
import { startAnswering } from './answering-server.ts';
import { awsEnvironment, withEnvironment } from './environment.ts';

const times = 100_000;

/** Row 2. */
export async function cachedToken(): Promise<Measured> {
  const stack = await startRotatorStack();
  await stack.logIn();
  const { endpoint } = stack.secrets;
  const source = tokenSource({ store: 'aws' });
  const restore = withEnvironment({
    ...awsEnvironment,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
  });
  const provider = new SecretsProvider({
    awsSdkV3Client: new SecretsManagerClient(clientConfig(endpoint)),
  });
  const loopback = await startAnswering(`return JSON.stringify({ SecretString: 'a/invented' })`);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const constant = async () => 'a/invented';
  const seen = await inTurn(
    {
      constant: () => cpuNanosecondsEach(times, constant),
      fresco: () => cpuNanosecondsEach(times, () => source.token()),
      powertools: () =>
        cpuNanosecondsEach(times, () =>
          provider.get('fresco/default/access-token', { maxAge: 3600 }),
        ),
      loopback: () => nanosecondsEach(1000, () => get(loopback.url, agent)),
    },
    11,
  );
  agent.destroy();
  restore();
  await Promise.all([loopback.stop(), stack.stop()]);

  const overConstant = seen.fresco.median - seen.constant.median;
  const faster = seen.loopback.low / seen.fresco.median;
  const rowOf = (name: string, { median, low, high }: (typeof seen)['fresco']) => [
    name,
    duration(median),
    `${duration(low)} to ${duration(high)}`,
    ratio(median / seen.constant.median),
  ];
  return {
    name: 'cached-token',
    title: 'A token that is still good',
    goal: 'within 1 µs of a constant; at least 100 × faster than a loopback call',
    isReached: overConstant <= 1000 && faster >= 100,
    summary: `${duration(overConstant)} more than a constant; ${ratio(faster)} faster than loopback`,
    head: ['await', 'median', 'middle half', 'beside a constant'],
    rows: [
      rowOf('a constant', seen.constant),
      rowOf('`token()` of Fresco', seen.fresco),
      rowOf('Powertools parameters, cached', seen.powertools),
      rowOf('a loopback call, as the AWS extension makes', seen.loopback),
    ],
    plot: {
      unit: 'ns, logarithmic',
      series: [
        {
          name: 'median',
          points: [
            ['a constant', seen.constant.median],
            ['Fresco', seen.fresco.median],
            ['Powertools', seen.powertools.median],
            ['loopback', seen.loopback.median],
          ],
        },
      ],
    },
  };
}

function get(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}
