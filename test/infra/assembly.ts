import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Fresco, type FrescoProps } from '../../infra/fresco.ts';
import { built } from '../bundles/built.ts';
import { account, type Deployed, resolved, type Template } from './template.ts';

/** A synthesized app: each stack's template by the stack's name, with every reference resolved. */
export interface Assembly {
  readonly deployed: Deployed;
  readonly isProtected: (stackName: string) => boolean;
}

/**
 * Builds the bundles if they are old, and synthesizes what `define` makes, as cdk.json says. Templates and
 * assets are left in `kept`, if that is given.
 */
export async function synthesize(define: (app: App) => void, kept?: string): Promise<Assembly> {
  await built('functions');
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));
  const outdir = kept ?? mkdtempSync(join(tmpdir(), 'fresco-infra-'));
  const app = new App({
    outdir,
    context: { ...context, 'aws:cdk:disable-stack-trace': true },
    analyticsReporting: false,
    treeMetadata: false,
  });
  try {
    define(app);
    const stacks = app.synth().stacksRecursively;
    const templates = new Map(stacks.map((it) => [it.stackName, it.template as Template]));
    return {
      deployed: resolved(templates),
      isProtected: (name) => stacks.some((it) => it.stackName === name && it.terminationProtection),
    };
  } finally {
    if (kept === undefined) rmSync(outdir, { recursive: true, force: true });
  }
}

/** Who may log in, unless a test says otherwise. */
export const operatorArn = `arn:aws:iam::${account}:role/operator`;

/** A Fresco in a stack of its own, which is named after the prefix. */
export function frescoIn(
  app: App,
  props: FrescoProps = {},
  prefix = 'fresco',
): { readonly stack: Stack; readonly fresco: Fresco } {
  const stack = new Stack(app, prefix);
  const operators = [Role.fromRoleArn(stack, 'Operator', operatorArn)];
  return { stack, fresco: new Fresco(stack, 'Fresco', { prefix, operators, ...props }) };
}
