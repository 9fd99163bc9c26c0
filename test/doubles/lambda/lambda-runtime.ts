import { basename, dirname, extname } from 'node:path';
import { AwsError } from '../http/aws-error.ts';
import { LambdaEnvironment, type LambdaError } from './lambda-environment.ts';

/** What an invocation gave. On an error `payload` is that error, as Lambda's Invoke answers it. */
export interface LambdaResult {
  readonly payload: unknown;
  readonly error?: LambdaError;
  readonly coldStart: boolean;
  /** Without the start of the process and the loading of the bundle. */
  readonly durationMs: number;
  /** What the function printed, output before errors; on a cold start with what loading printed. */
  readonly logs: string;
  readonly requestId: string;
}

/** A function to run as Lambda would. */
export interface LambdaFunctionOptions {
  readonly functionName: string;
  /** The built file, `.js`, `.mjs` or `.cjs`. */
  readonly bundle: string;
  /** The name that it exports; `handler` if absent. */
  readonly handler?: string;
  /** The node binary, see `node24Path`. */
  readonly node: string;
  /** The function's own variables; the process inherits nothing else from the test. */
  readonly environment?: Readonly<Record<string, string>>;
  /** 3,000 if absent, as in Lambda. */
  readonly timeoutMs?: number;
  /** Whether the process stands still between invocations; true if absent, as in Lambda. */
  readonly freezes?: boolean;
  /** Invocations at the same time, each in a process of its own; unlimited if absent. */
  readonly concurrencyMax?: number;
}

/** A function on loopback. */
export interface LambdaFunction {
  /**
   * Runs the handler in a warm process if one is idle. Rejects only with `TooManyRequestsException`;
   * what goes wrong inside is `error`.
   */
  invoke(event: unknown): Promise<LambdaResult>;
  /** SIGKILLs all its processes now, in the middle of what they do; says how many there were. */
  kill(): number;
  /** Ends all its processes and waits for it. */
  stop(): Promise<void>;
}

/** Makes a function of a built bundle; nothing is started before its first invocation. */
export function lambdaFunction(options: LambdaFunctionOptions): LambdaFunction {
  const { timeoutMs = 3000, freezes = true, concurrencyMax = Number.POSITIVE_INFINITY } = options;
  const idle: LambdaEnvironment[] = [];
  const all = new Set<LambdaEnvironment>();
  let running = 0;
  const kill = (): number => {
    const killed = [...all].filter((environment) => environment.lost === undefined);
    for (const environment of killed) environment.kill(killedError);
    return killed.length;
  };
  process.once('exit', kill);

  async function run(event: unknown): Promise<LambdaResult> {
    const warm = takeIdle(idle);
    const environment = warm ?? (await LambdaEnvironment.start(specOf(options)));
    all.add(environment);
    environment.thaw();
    await environment.loaded();
    const startedMs = performance.now();
    const end = await environment.invoke(event, timeoutMs);
    const durationMs = performance.now() - startedMs;
    const logs = environment.takeOutput();
    if (environment.lost === undefined) {
      if (freezes) environment.freeze();
      idle.push(environment);
    }
    const seen = { coldStart: warm === undefined, durationMs, logs, requestId: end.requestId };
    if ('error' in end) return { ...seen, payload: end.error, error: end.error };
    return { ...seen, payload: end.payload };
  }

  return {
    async invoke(event) {
      if (running >= concurrencyMax) throw new AwsError(...tooMany);
      running += 1;
      return run(event).finally(() => {
        running -= 1;
      });
    },
    kill,
    async stop() {
      process.removeListener('exit', kill);
      await Promise.all([...all].map((environment) => environment.stop()));
    },
  };
}

const tooMany = ['TooManyRequestsException', 'Rate Exceeded.', 429] as const;

const killedError: LambdaError = {
  errorType: 'Runtime.ExitError',
  errorMessage: 'Error: Runtime exited with error: signal: killed',
};

function takeIdle(idle: LambdaEnvironment[]): LambdaEnvironment | undefined {
  for (;;) {
    const environment = idle.pop();
    if (environment === undefined || environment.lost === undefined) return environment;
  }
}

function specOf(options: LambdaFunctionOptions) {
  const { functionName, bundle, handler = 'handler', node } = options;
  const file = basename(bundle, extname(bundle));
  return {
    node,
    taskRoot: dirname(bundle),
    functionArn: `arn:aws:lambda:eu-south-1:000000000000:function:${functionName}`,
    variables: {
      ...reserved(functionName),
      LAMBDA_TASK_ROOT: dirname(bundle),
      _HANDLER: `${file}.${handler}`,
      ...options.environment,
    },
  };
}

/** The variables that Lambda sets for every function; the credentials are invented. */
function reserved(functionName: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: 'ASIAINVENTED',
    AWS_SECRET_ACCESS_KEY: 'invented',
    AWS_SESSION_TOKEN: 'invented',
    AWS_REGION: 'eu-south-1',
    AWS_DEFAULT_REGION: 'eu-south-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'loopback',
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
  };
}
