// Goal: each example's stack is one that CDK makes, and gives its functions what they need and no more.
// Method: all of them in one process, since loading CDK is what takes the time.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built } from '../bundles/built.ts';
import type { Template } from '../infra/template.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fresco-test-'));
let busRule: Template;
let ownStack: Template;

beforeAll(async () => {
  await Promise.all([built('functions'), built('package')]);
  const load = (name: string) =>
    `process.env.CDK_OUTDIR = ${JSON.stringify(join(folder, name))};
    await import(${JSON.stringify(join(root, 'examples', name, 'app.ts'))});`;
  const runner = join(folder, 'synth.mjs');
  writeFileSync(runner, `${load('bus-rule')}\n${load('own-stack')}\n`);
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
  await promisify(execFile)(process.execPath, [tsx, runner], { cwd: root });
  const read = (name: string, stack: string): Template =>
    JSON.parse(readFileSync(join(folder, name, `${stack}.template.json`), 'utf8'));
  busRule = read('bus-rule', 'fresco-example');
  ownStack = read('own-stack', 'invoicing');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const of = ({ Resources }: Template, type: string) =>
  Object.values(Resources).filter(({ Type }) => Type === type);

describe('the stacks of the examples', () => {
  it('have a rule for clients and one for calls to a person on the bus of Fresco', () => {
    const target = (name: string) => [
      { Arn: { 'Fn::GetAtt': [expect.stringContaining(name), 'Arn'] } },
    ];
    const bus = { EventBusName: { Ref: expect.stringContaining('FrescoBus') } };
    expect(of(busRule, 'AWS::Events::Rule').map(({ Properties }) => Properties)).toMatchObject([
      {
        ...bus,
        EventPattern: { source: ['fresco'], detail: { resource: ['clients'] } },
        Targets: target('OnClientChanged'),
      },
      {
        ...bus,
        EventPattern: { 'detail-type': ['Reauthorization Required'] },
        Targets: target('TellChat'),
      },
    ]);
  });

  it('let a consumer read one secret and ask one alias, at seven in Italy', () => {
    const schedules = of(ownStack, 'AWS::Scheduler::Schedule');
    expect(schedules.map(({ Properties }) => Properties)).toContainEqual(
      expect.objectContaining({
        ScheduleExpression: 'cron(0 7 * * ? *)',
        ScheduleExpressionTimezone: 'Europe/Rome',
      }),
    );
    const policy = of(ownStack, 'AWS::IAM::Policy').filter(({ Properties }) =>
      JSON.stringify(Properties['Roles']).includes('CountClients'),
    );
    const text = JSON.stringify(policy);
    expect(text).toContain(':secret:invoicing/default/access-token-??????');
    expect(text).not.toMatch(/secret:invoicing\/default\/(grant|client)/);
    expect([...text.matchAll(/"lambda:InvokeFunction"/g)]).toHaveLength(1);
  });
});
