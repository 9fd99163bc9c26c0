// One execution environment of a function: a process with a Runtime API of its own, one invocation at a time.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { type Loopback, readBody, startLoopback } from '../http/loopback.ts';
import { metricLinesIn } from './embedded-metrics.ts';

/** An error as Lambda reports it, to a caller and in a failure destination. */
export interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** What an environment is started with. */
export interface EnvironmentSpec {
  /** The node binary. */
  readonly node: string;
  /** The folder of the bundle. */
  readonly taskRoot: string;
  /** All that the process has in its environment, the Runtime API's address apart. */
  readonly variables: Readonly<Record<string, string>>;
  readonly functionArn: string;
}

/** How an invocation ended. */
export type InvocationEnd =
  | { readonly requestId: string; readonly payload: unknown }
  | { readonly requestId: string; readonly error: LambdaError };

interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  readonly deadlineMs: number;
  readonly end: (end: InvocationEnd) => void;
}

const loader = fileURLToPath(new URL('lambda-loader.mjs', import.meta.url));
const prefix = '/2018-06-01/runtime';

/** A process that polls for invocations. Once `lost` it takes no more: the next one needs a cold start. */
export class LambdaEnvironment {
  readonly #spec: EnvironmentSpec;
  readonly #ready = deferred<void>();
  readonly #closed = deferred<void>();
  readonly #output = { stdout: '', stderr: '' };
  #loopback: Loopback | undefined;
  #process: ChildProcess | undefined;
  #poll: ServerResponse | undefined;
  #invocation: Invocation | undefined;
  #lost: LambdaError | undefined;
  #outputGrew: () => void = () => {};

  private constructor(spec: EnvironmentSpec) {
    this.#spec = spec;
  }

  /** Starts the process. */
  static async start(spec: EnvironmentSpec): Promise<LambdaEnvironment> {
    const environment = new LambdaEnvironment(spec);
    // A process that stands still between two calls finds its connection open again, as in Lambda.
    const options = { keepAliveTimeout: 0 };
    environment.#loopback = await startLoopback((...call) => environment.#serve(...call), options);
    environment.#spawn(environment.#loopback.endpoint);
    return environment;
  }

  /** Resolves when the process has loaded its bundle, or has failed to (then it is `lost`). */
  async loaded(): Promise<void> {
    await Promise.race([this.#ready.promise, this.#closed.promise]);
  }

  /** Why this environment takes no more invocations. */
  get lost(): LambdaError | undefined {
    return this.#lost;
  }

  /** Hands one event to the process. At the deadline it is killed, as by `kill`. */
  async invoke(event: unknown, timeoutMs: number): Promise<InvocationEnd> {
    const requestId = randomUUID();
    if (this.#lost !== undefined) return { requestId, error: this.#lost };
    const deadlineMs = Date.now() + timeoutMs;
    const ended = deferred<InvocationEnd>();
    this.#invocation = { requestId, event, deadlineMs, end: ended.resolve };
    this.#handOver();
    const timer = setTimeout(() => this.kill(timedOut(requestId, timeoutMs)), timeoutMs);
    const end = await ended.promise;
    clearTimeout(timer);
    this.#invocation = undefined;
    await Promise.race([this.#outputArrived(requestId), this.#closed.promise]);
    return end;
  }

  /** What the process printed since this was last asked; throws where CloudWatch would take no metric from a line. */
  takeOutput(): string {
    const output = this.#output.stdout + this.#output.stderr;
    this.#output.stdout = '';
    this.#output.stderr = '';
    const printed = output.replaceAll(/\0end [^\n]*\n/g, '');
    metricLinesIn(printed);
    return printed;
  }

  /** Stops all its work, timers and sockets as they are, until it is thawed. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** SIGKILL: no `finally` of the function runs. A running invocation ends with `error`. */
  kill(error: LambdaError): void {
    this.#lost ??= error;
    this.#process?.kill('SIGKILL');
  }

  /** Kills the process and waits until nothing is left of it. */
  async stop(): Promise<void> {
    this.kill({ errorType: 'Sandbox.Stopped', errorMessage: 'the test ended' });
    await this.#closed.promise;
    await this.#loopback?.stop();
  }

  #spawn(endpoint: string): void {
    const { node, taskRoot, variables } = this.#spec;
    const child = spawn(node, [loader], {
      cwd: taskRoot,
      env: { ...variables, AWS_LAMBDA_RUNTIME_API: endpoint.slice('http://'.length) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        this.#output[name] += text;
        this.#outputGrew();
      });
    }
    child.on('error', (cause) => this.#close(`could not be started: ${cause.message}`));
    child.on('close', (code, signal) =>
      this.#close(code === null ? `signal: ${signal}` : `exit status ${code}`),
    );
  }

  #close(how: string): void {
    const invocation = this.#invocation;
    const requestId = invocation?.requestId ?? 'none';
    this.#lost ??= {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${how}`,
    };
    invocation?.end({ requestId, error: this.#lost });
    this.#closed.resolve();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.slice(prefix.length) ?? '';
    if (path === '/invocation/next') {
      this.#poll = response;
      this.#ready.resolve();
      this.#handOver();
      return;
    }
    const body = JSON.parse((await readBody(request)).toString('utf8')) as unknown;
    response.writeHead(202).end();
    if (path === '/init/error') {
      this.#lost ??= body as LambdaError;
      return;
    }
    const [, , requestId = '', kind] = path.split('/');
    if (requestId !== this.#invocation?.requestId) return;
    const error = kind === 'error' ? { error: body as LambdaError } : { payload: body };
    this.#invocation.end({ requestId, ...error });
  }

  #handOver(): void {
    const { requestId, event, deadlineMs } = this.#invocation ?? {};
    if (requestId === undefined || this.#poll === undefined) return;
    this.#poll.writeHead(200, {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': requestId,
      'Lambda-Runtime-Deadline-Ms': String(deadlineMs),
      'Lambda-Runtime-Invoked-Function-Arn': this.#spec.functionArn,
    });
    this.#poll.end(JSON.stringify(event ?? null));
    this.#poll = undefined;
  }

  /** The loader marks the end of an invocation in both streams before it sends the answer. */
  #outputArrived(requestId: string): Promise<void> {
    const mark = `\0end ${requestId}\n`;
    return new Promise((resolve) => {
      this.#outputGrew = () => {
        const { stdout, stderr } = this.#output;
        if (stdout.includes(mark) && stderr.includes(mark)) resolve();
      };
      this.#outputGrew();
    });
  }
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function timedOut(requestId: string, timeoutMs: number): LambdaError {
  const seconds = (timeoutMs / 1000).toFixed(2);
  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
  };
}
