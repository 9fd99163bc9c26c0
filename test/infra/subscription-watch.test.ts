import { beforeAll, describe, expect, it } from 'vitest';
import type { FrescoProps } from '../../infra/fresco.ts';
import { type Assembly, frescoIn, synthesize } from './assembly.ts';
import { statementsIn } from './iam.ts';
import { resourcesOf } from './template.ts';

let assembly: Assembly;
const all = (type: string) =>
  resourcesOf(assembly.deployed, type).map(([, { Properties }]) => Properties);
const synthesized = (props: FrescoProps) => synthesize((app) => void frescoIn(app, props));

function watches() {
  return all('AWS::Scheduler::Schedule')
    .filter(({ Description }) => String(Description).includes('subscriptions'))
    .map(({ ScheduleExpression, State, Target }) => {
      const { Arn, Input, DeadLetterConfig } = Target as {
        readonly Arn: string;
        readonly Input: string;
        readonly DeadLetterConfig: { readonly Arn: string };
      };
      return {
        ScheduleExpression,
        State,
        Arn,
        deadLetters: DeadLetterConfig.Arn,
        input: JSON.parse(Input),
      };
    });
}

beforeAll(async () => {
  assembly = await synthesized({ connections: ['default', 'other'], renewSubscriptions: true });
});

describe('the watch over subscriptions', () => {
  it('asks for each connection once a day, at its own door of the handler', () => {
    const found = watches();
    expect(found.map(({ input }) => input)).toEqual([
      { watch: 'default', renew: true },
      { watch: 'other', renew: true },
    ]);
    for (const watch of found) {
      expect(watch).toMatchObject({ ScheduleExpression: 'rate(1 day)', State: 'ENABLED' });
      expect(watch.Arn).toMatch(/Handler.*:watch$/);
      expect(watch.deadLetters).toContain('Failures');
    }
  });

  it('is invoked by a role that may invoke that and no more of Lambda', () => {
    const [watch] = watches();
    const invoked = all('AWS::IAM::Policy')
      .flatMap(({ PolicyDocument }) => statementsIn(PolicyDocument))
      .filter(({ Action, Resource }) => {
        const mayInvoke = [Action].flat().includes('lambda:InvokeFunction');
        return mayInvoke && [Resource].flat().includes(watch?.Arn ?? '');
      });
    expect(invoked).toHaveLength(1);
  });

  it('makes nothing anew unless that is chosen, and is not there without webhooks', async () => {
    assembly = await synthesized({});
    expect(watches().map(({ input }) => input)).toEqual([{ watch: 'default', renew: false }]);
    assembly = await synthesized({ webhooks: false });
    expect(watches()).toEqual([]);
  });
});
