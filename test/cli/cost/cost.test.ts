import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foundIn } from '../../../src/cli/cost/cost.ts';
import { StoreRefused } from '../../../src/core/ports.ts';
import { startSqs } from '../../doubles/aws/sqs.ts';
import { startSsm } from '../../doubles/aws/ssm.ts';
import { runHere } from '../in-process.ts';

const nowhere = { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null' };

async function costOf(args: readonly string[], env: Readonly<Record<string, string>> = nowhere) {
  const { code, stdout, stderr } = await runHere({ env }, ['cost', '--json', ...args]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return { ...JSON.parse(stdout), stderr };
}

describe('fresco cost without a stack', () => {
  it('says so, and takes a stack as it is by default: at most $3.60 without a webhook', async () => {
    const { stderr, total, lines } = await costOf([]);
    expect(stderr).toContain('no stack was looked at: there are no AWS credentials, or no region');
    expect(total).toBeLessThanOrEqual(3.6);
    const counts = Object.fromEntries(
      lines.map(({ what, count }: { what: string; count: number }) => [what, count]),
    );
    expect(counts).toMatchObject({
      secrets: 3,
      key: 1,
      'metrics that alarms watch': 10,
      'metrics of its own': 1,
      checks: 730,
    });
  });

  it('is one bill: the lines add up, and options add what they say', async () => {
    const { total, lines, adds } = await costOf(['--webhooks', '1000000', '--connections', '2']);
    const sum = lines.reduce((all: number, { dollars }: { dollars: number }) => all + dollars, 0);
    expect(sum).toBeCloseTo(total, 10);
    const full = await costOf(['--webhooks=1000000', '--connections=2', '--watching', 'full']);
    expect(full.total - total).toBeCloseTo(adds["watching: 'full'"], 10);
    const more = await costOf(['--webhooks=1000000', '--connections', '3']);
    expect(more.total - total).toBeCloseTo(adds['one more connection'], 10);
  });

  it('is printed as a table', async () => {
    const { stdout } = await runHere({ env: nowhere }, ['cost', '--webhooks', '1000']);
    expect(stdout).toMatch(/^secrets +3 +\$1\.20$/m);
    expect(stdout).toMatch(/^webhooks +1,000 +\$0\.0\d$/m);
    expect(stdout).toMatch(/^a month +\$3\.5\d$/m);
    expect(stdout).toMatch(/\n\neach of these would add:\n/);
    expect(stdout).toMatch(/^webhooks: false +-\$0\.6\d$/m);
  });

  it.each([
    [['--webhooks', 'many'], "a count must be a whole number, got 'many'"],
    [['--watching', 'none'], "--watching must be small or full, got 'none'"],
  ])('refuses %j', async (args, words) => {
    const { code, stderr } = await runHere({ env: nowhere }, ['cost', ...args]);
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining(words) });
  });
});

describe('fresco cost of a stack', () => {
  let ssm: Awaited<ReturnType<typeof startSsm>>;
  let sqs: Awaited<ReturnType<typeof startSqs>>;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    sqs = await startSqs([{ name: 'notifications' }, { name: 'dead' }]);
    const alias = 'arn:aws:lambda:eu-south-1:000000000000:function:rotator';
    const outputs = {
      v: 1,
      environment: '000000000000/eu-south-1/test',
      connections: ['default', 'second'],
      table: 'fresco',
      bus: 'fresco-bus',
      consumersAlias: `${alias}:consumers`,
      operatorAlias: `${alias}:operator`,
      queueUrl: sqs.queueUrl('notifications'),
      deadLetterQueueUrl: sqs.queueUrl('dead'),
    };
    ssm = await startSsm({ '/fresco/stack': JSON.stringify(outputs) });
    env = {
      ...nowhere,
      AWS_REGION: 'eu-south-1',
      AWS_ACCESS_KEY_ID: 'AKIAINVENTED',
      AWS_SECRET_ACCESS_KEY: 'invented',
      AWS_ENDPOINT_URL_SSM: ssm.endpoint,
      AWS_ENDPOINT_URL_SQS: sqs.endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: 'http://127.0.0.1:1',
    };
  });
  afterAll(() => Promise.all([ssm?.stop(), sqs?.stop()]));

  it('is of its connections, its alarms and the webhooks of the last 30 days', async () => {
    const alarms = (...entries: readonly string[]) =>
      entries.map((entry) => {
        const says = `invented. What to do: docs/runbook.md#${entry}`;
        return { says, state: 'OK', sinceMs: null } as const;
      });
    const asked: number[] = [];
    const found = await foundIn(
      {
        queues: async () => ({ waiting: 0, dead: 0 }),
        alarms: async () => alarms('uncertain-attempt', 'sync-not-complete'),
        received: async (days) => asked.push(days) && 402,
      },
      2,
    );
    const made = { alarms: true, watching: 'full', nightlySync: true };
    expect(found).toEqual({ connections: 2, webhooks: true, ...made, received: 402 });
    expect(asked).toEqual([30]);
    const few = alarms('no-check-is-made, #uncertain-attempt');
    const parts = { queues: async () => undefined, received: async () => 0 };
    expect(await foundIn({ ...parts, alarms: async () => few }, 1)).toMatchObject({
      webhooks: false,
      watching: 'small',
      nightlySync: false,
    });
  });

  it('takes a stack that may not be looked at for one as it is by default', async () => {
    const denied = async () => {
      throw new StoreRefused('denied', 'not allowed');
    };
    const found = await foundIn({ queues: denied, alarms: denied, received: denied }, 1);
    expect(found).toEqual({ connections: 1 });
  });

  it('says what could not be looked at, and takes the number given', async () => {
    const { webhooks, counted, setup, stderr } = await costOf(['--webhooks', '7'], env);
    expect({ webhooks, counted }).toEqual({ webhooks: 7, counted: false });
    expect(setup).toMatchObject({ connections: 2, webhooks: true, watching: 'small' });
    expect(stderr).toContain('not looked at: could not count the webhooks');
  });
});
