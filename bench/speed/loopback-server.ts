import { spawn } from 'node:child_process';
import { once } from 'node:events';

const program = `
  const body = JSON.stringify({ SecretString: 'a/invented' });
  const server = require('node:http').createServer((_, answer) => answer.end(body));
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit());
`;

/** A process that answers every request with the same small secret, as a cache beside the function does. */
export async function startLoopback(): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}/secretsmanager/get`,
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
