import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process that answers requests, so that none of its work counts as the caller's. */
export interface AnsweringServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts one; `answer` is the body of a function of `body` (the request's text), `path` and `target` (of AWS's
 * JSON protocols) that returns an answer's text, with `require` at hand. Each answer comes `delayMs` later.
 */
export async function startAnswering(answer: string, delayMs = 0): Promise<AnsweringServer> {
  const program = `
    const answer = (body, path, target) => { ${answer} };
    const server = require('node:http').createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => { body += chunk; });
      request.on('end', () => {
        response.setHeader('content-type', 'application/json');
        const text = answer(body, request.url, request.headers['x-amz-target']);
        if (${delayMs} === 0) response.end(text);
        else setTimeout(() => response.end(text), ${delayMs});
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
