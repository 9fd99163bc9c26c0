import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { acknowledged } from '../../infra/acknowledged.ts';
import { built } from '../bundles/built.ts';
import { frescoIn } from './assembly.ts';

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
    const policy = Object.entries(Resources).find(([id]) => /FrescoOperators/.test(id));
    expect(policy?.[1].Properties).toMatchObject({ Roles: ['ops'], Users: ['ann'] });
    expect(template).toContain('/acme/stack');
    expect(violationsIn(readFileSync(join(outdir, 'validation-report.json'), 'utf8'))).toEqual([]);
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
    expect(new Set(found)).toEqual(new Set(acknowledged.map(({ id }) => id)));
  });
});

function violationsIn(report: string): string[] {
  const { pluginReports } = JSON.parse(report) as ValidationReport;
  return pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
}
