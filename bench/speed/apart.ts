import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { node24Path } from '../../test/doubles/lambda/node24.ts';
import { awsEnvironment } from './environment.ts';

/** Runs a file of this folder on Lambda's Node, its output going nowhere; resolves with what it sends. */
export async function apart<Told>(
  file: string,
  input: unknown = null,
  nodeOptions: readonly string[] = [],
): Promise<Told> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(input)], {
    execPath: node24Path() ?? process.execPath,
    execArgv: [...nodeOptions, '--import', 'tsx'],
    env: { ...process.env, ...awsEnvironment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const told = once(child, 'message').then(([message]) => message as Told);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} has ended with ${code} before it said anything`);
  });
  ended.catch(() => undefined);
  const message = await Promise.race([told, ended]);
  if (child.connected) child.disconnect();
  return message;
}
