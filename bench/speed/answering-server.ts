import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process that answers requests, so that none of its work counts as the caller's. */
export interface AnsweringServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts one; `answer` is the body of a function of `body` (the request's text) and `path` that returns an
 * answer's text, with `require` at hand.
 */
export async function startAnswering(answer: string): Promise<AnsweringServer> {
  const program = `
    const answer = (body, path) => { ${answer} };
    const server = require('node:http').createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => { body += chunk; });
      request.on('end', () => {
        response.setHeader('content-type', 'application/json');
        response.end(answer(body, request.url));
      });
    });
    server.keepAliveTimeout = 60_000;
    server.listen(0, '127.0.0.1', () => process.send(server.address().port));
    process.on('disconnect', () => process.exit());`;
  const child = spawn(process.execPath, ['-e', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
