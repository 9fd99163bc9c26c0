import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as Lambda, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Edge } from '../src/config/config.ts';

/** What holds for all functions of a stack. */
export interface FunctionDefaults {
  /** X-Ray. */
  readonly tracing: boolean;
  readonly logRetention: RetentionDays;
}

/** One function, by the name of its file in `functions/`. */
export interface ServiceFunctionProps {
  readonly edge: Exclude<Edge, 'cli'>;
  readonly description: string;
  readonly defaults: FunctionDefaults;
  /** From `toEnvironment`, so that the function can read it back. */
  readonly environment: Record<string, string>;
  /** @default 10 seconds */
  readonly timeout?: Duration;
  /** In MiB. @default 512, for the share of a processor that comes with it */
  readonly memorySize?: number;
  /** @default - a role of its own, which may write its log and no more */
  readonly role?: IRole;
  /** @default - none: a new account has too few to reserve any */
  readonly reservedConcurrency?: number | undefined;
}

/** A Lambda function of a built bundle; the one place for what all of them have in common. */
export class ServiceFunction extends Construct {
  readonly lambda: Lambda;
  readonly role: IRole;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { defaults } = props;
    const logGroup = new LogGroup(this, 'Log', {
      retention: defaults.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role =
      props.role ??
      new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.lambda = new Lambda(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(bundleFolder(props.edge)),
      handler: 'index.handler',
      role: this.role,
      environment: props.environment,
      timeout: props.timeout ?? Duration.seconds(10),
      memorySize: props.memorySize ?? 512,
      logGroup,
      tracing: defaults.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
    });
    this.allow(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
  }

  /** Gives the function's role rights; in its own stack also where the role is another's. */
  allow(...statements: readonly PolicyStatement[]): void {
    for (const statement of statements) this.lambda.addToRolePolicy(statement);
  }
}

/** From a checkout the bundles are in `dist`; from the built package they are beside this file or above it. */
const places = ['../dist/functions/', './functions/', '../functions/'];

/** The folder that holds a function's bundle and nothing else; throws if it was not built. */
export function bundleFolder(edge: string): string {
  const folders = places.map((place) => fileURLToPath(new URL(`${place}${edge}`, import.meta.url)));
  const found = folders.find((folder) => existsSync(`${folder}/index.js`));
  if (found !== undefined) return found;
  throw new Error(`the function '${edge}' is not built: run npm run build, then try again`);
}
