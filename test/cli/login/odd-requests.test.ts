import { connect } from 'node:net';
import { CommanderError } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenForRedirect } from '../../../src/cli/login/redirect-listener.ts';
import { output } from '../../../src/cli/output.ts';
import { createProgram, run } from '../../../src/cli/program.ts';
import { withVariables } from '../surroundings.ts';
import { freePort } from '../workspace.ts';

/** The first line of the answer to bytes that no browser would send. */
function statusLine(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.once('data', (chunk) => {
      resolve(String(chunk).split('\r\n', 1)[0] ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe('the page that ends a login', () => {
  it.each(['//', '//x:y', '*', '/?', '/callback/'])(
    'lives on after a request for %s',
    async (path) => {
      const port = await freePort();
      const listener = await listenForRedirect(`http://127.0.0.1:${port}/callback`, false);
      onTestFinished(() => listener.close());
      const odd = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
      expect(await statusLine(port, odd)).toBe('HTTP/1.1 404 Not Found');
      const arrival = listener.arrival(() => true);
      void fetch(`${listener.redirectUri}?code=c`).then((answer) => answer.text());
      const { redirect, reply } = await arrival;
      expect(redirect).toBe('/callback?code=c');
      await reply('<!doctype html>');
    },
  );
});

it.each([
  [['status', '--no-such-option']],
  [['webhooks', 'list', '--no-such-option']],
  [['webhooks', 'create']],
  [['webhooks', 'no-such-command']],
])('%j is wrong usage, whichever command it belongs to', async (args) => {
  const program = createProgram().configureOutput({ writeErr: () => {} });
  for (const command of [...program.commands, ...program.commands.flatMap((it) => it.commands)]) {
    command.configureOutput({ writeErr: () => {} });
  }
  await expect(program.parseAsync(args, { from: 'user' })).rejects.toThrow(CommanderError);
});

it('what AWS’s SDK plans for Node 20 is kept off the terminal before any command runs', async () => {
  const name = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';
  withVariables({ [name]: undefined });
  const { message } = output;
  onTestFinished(() => void Object.assign(output, { message }));
  output.message = () => undefined;
  expect(await run(['node', 'fresco', 'webhooks', 'no-such-command'])).toBe(64);
  expect(process.env[name]).toBe('true');
});
