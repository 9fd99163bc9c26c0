import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { propsIn } from '../../infra/context.ts';
import type { FrescoProps } from '../../infra/fresco.ts';
import { acknowledged } from '../../infra/permissions/acknowledged.ts';
import { built } from '../bundles/built.ts';
import { frescoIn } from './assembly.ts';

// CloudFormation's own rules take ten seconds: with FRESCO_FULL=1, and each time by `npm run synth`.
const isFull = process.env['FRESCO_FULL'] === '1';
const root = fileURLToPath(new URL('../../', import.meta.url));
const outdir = mkdtempSync(join(tmpdir(), 'fresco-app-'));

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

interface ValidationReport {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly { readonly ruleName: string; readonly severity: string }[];
  }[];
}

/** The app as cdk.json starts it, with no AWS variable and no network to ask. */
async function synthesizeApp(context: Readonly<Record<string, string>>): Promise<void> {
  const cdk = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
  const [command = '', ...args] = String(cdk.app).split(' ');
  expect(command).toBe('node');
  await promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      CDK_OUTDIR: outdir,
      CDK_VALIDATION: isFull ? undefined : 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...cdk.context, ...context }),
    },
  });
}

describe('the app', () => {
  it('synthesizes without network and credentials, and keeps to cdk-nag and CloudFormation’s own rules', async () => {
    await built('functions');
    await synthesizeApp({
      prefix: 'acme',
      connections: 'one, two',
      alarmEmail: 'ops@example.com',
      operators:
        'arn:aws:iam::123456789012:role/ops,arn:aws:iam::123456789012:user/ann,arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-south-1/AWSReservedSSO_Ops_0001',
    });
    const template = readFileSync(join(outdir, 'fresco.template.json'), 'utf8');
    const { Resources } = JSON.parse(template) as {
      Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
    };
    const policy = Object.values(Resources).find(({ Type }) => Type === 'AWS::IAM::ManagedPolicy');
    expect(policy?.Properties).toMatchObject({ Roles: ['ops'], Users: ['ann'] });
    expect(template).toContain('/acme/stack');
    expect(violationsIn(readFileSync(join(outdir, 'validation-report.json'), 'utf8'))).toEqual([]);
  });
});

describe('an option of cdk deploy -c', () => {
  const docs = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
  const read = (context: Readonly<Record<string, unknown>>, account?: string) =>
    propsIn(context, { stack: new Stack(new App(), 'fresco'), account });
  const pem = (body: string) => `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----`;
  const arn = (rest: string) => `arn:aws:iam::111122223333:${rest}`;

  const rows: readonly [keyof FrescoProps, unknown, unknown][] = [
    ['prefix', 'acme/test', 'acme/test'],
    ['connections', 'one, two', ['one', 'two']],
    ['operators', [arn('role/ops'), arn('user/team/ann')], [expect.anything(), expect.anything()]],
    ['rotateEvery', '12h', Duration.hours(12)],
    ['rotateNativelyEvery', '30d', Duration.days(30)],
    ['alarmEmail', 'ops@example.com', 'ops@example.com'],
    ['watching', 'full', 'full'],
    ['alarms', 'false', false],
    ['webhooks', 'false', false],
    ['webhookWait', '5s', Duration.seconds(5)],
    ['renewSubscriptions', true, true],
    ['reconnect', 'false', false],
    ['applicationId', 12_345, '12345'],
    ['webhookPublicKeys', `${pem('OLD')}\n${pem('NEW')}\n`, [pem('OLD'), pem('NEW')]],
    ['nightlySync', '01:30', '01:30'],
    [
      'nightlyJobs',
      '03:30/3h, 00:10/45m/two',
      [
        { at: '03:30', lasts: Duration.hours(3) },
        { at: '00:10', lasts: Duration.minutes(45), connection: 'two' },
      ],
    ],
    ['entity', 'reference', 'reference'],
    ['providerUrl', 'https://provider.example.com', 'https://provider.example.com'],
    ['reservedConcurrency', '1', 1],
    ['tracing', 'true', true],
    ['logRetention', '365', RetentionDays.ONE_YEAR],
  ];

  it.each(rows)('%s is read from %j, and is in the table of the docs', (name, given, props) => {
    expect(read({ [name]: given })).toEqual({ [name]: props });
    expect(docs).toMatch(new RegExp(`^\\| \`${name}\` \\|`, 'm'));
  });

  it('there is for each prop that is plain data, in code, here and in the table', () => {
    const choices = readFileSync(join(root, 'infra/choices.ts'), 'utf8');
    const [, body = ''] = /interface FrescoProps \{([\s\S]*?)\n\}/.exec(choices) ?? [];
    const props = [...body.matchAll(/readonly (\w+)\?: (.*);/g)];
    const plain = props.flatMap(([, name, type = '']) => (/^I[A-Z]/.test(type) ? [] : [name]));
    expect(rows.map(([name]) => name)).toEqual(plain);
    const inTable = [...docs.matchAll(/^\| `([a-z]\w+)` \|/gm)].map(([, name]) => name);
    expect(inTable).toEqual(plain);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ nightlysync: '01:30' }, "no option 'nightlysync' to give with -c: there are prefix, connec"],
    [{ webhooks: 'yes' }, "-c webhooks: must be true or false, got 'yes'"],
    [
      { rotateEvery: '12' },
      "-c rotateEvery: must be a length of time such as 90m, 12h or 30d, got '12'",
    ],
    [{ nightlyJobs: '03:30' }, '-c nightlyJobs: a job is <time>/<how long>'],
    [
      { logRetention: '31' },
      '-c logRetention: must be a number of days that CloudWatch Logs knows',
    ],
    [{ entity: 'none' }, "-c entity: must be full or reference, got 'none'"],
    [{ reservedConcurrency: '-1' }, '-c reservedConcurrency: must be a whole number'],
    [{ prefix: { is: 'an object' } }, '-c prefix: must be a text or a list of texts'],
    [{ operators: arn('root') }, `-c operators: an operator must be the ARN of a role or a user`],
    [
      { operators: 'arn:aws:sts::111122223333:assumed-role/ops/ann' },
      'session of a role: give the ARN of the role itself',
    ],
  ])('that is not one is refused, with what it must be: %j', (context, says) => {
    expect(() => read(context)).toThrow(says);
  });

  it('is refused for an operator of another account than the one that is deployed to', () => {
    expect(read({ operators: arn('role/ops') }, '111122223333')).toHaveProperty('operators');
    expect(() => read({ operators: arn('role/ops') }, '444455556666')).toThrow(
      'is of another account than the stack (444455556666)',
    );
  });

  it('leaves to CDK what is CDK’s, and takes an empty text for none', () => {
    const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
    expect(read({ ...context, 'cli-telemetry': false, prefix: '' })).toEqual({});
  });
});

describe('what is acknowledged of cdk-nag', () => {
  it('is what it finds and no more', async () => {
    await built('functions');
    const out = mkdtempSync(join(tmpdir(), 'fresco-nag-'));
    const app = new App({
      outdir: out,
      context: { '@aws-cdk/core:failSynthOnValidationErrors': false },
    });
    frescoIn(app);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    app.synth();
    const found = violationsIn(readFileSync(join(out, 'validation-report.json'), 'utf8'));
    rmSync(out, { recursive: true, force: true });
    expect(new Set(found.map((id) => id.replace(/\[.*\]$/, '')))).toEqual(
      new Set(acknowledged.map(({ id }) => id)),
    );
  });
});

function violationsIn(report: string): string[] {
  const { pluginReports } = JSON.parse(report) as ValidationReport;
  return pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
}
