import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runHere } from '../in-process.ts';
import { loggedIn } from '../logged-in.ts';
import { hasTerminal, keys, seat } from '../pseudo-terminal.ts';
import { createSandboxWorkspace, script } from '../workspace.ts';

const node = (text: string) => ['exec', '--', process.execPath, '-e', text];

describe('fresco exec', () => {
  it('gives token, company and the provider’s address to the child alone, and no client secret', async () => {
    const workspace = await loggedIn();
    const { stdout: token } = await workspace.run(['token']);
    const names = ['ACCESS_TOKEN', 'COMPANY_ID', 'API_URL'].map((name) => `FATTUREINCLOUD_${name}`);
    const script = `console.log(...${JSON.stringify(names)}.map((name) => process.env[name]), Object.values(process.env).includes("invented-secret"))`;
    const env = { FATTUREINCLOUD_CLIENT_SECRET: 'invented-secret' };
    expect(await workspace.run(node(script), { env })).toEqual({
      code: 0,
      stdout: `${token.trim()} 108061 ${workspace.sandbox.url} false\n`,
      stderr: '',
    });
  });

  it.each(['abc', '0', '1e3', '108061x', '-1', ''])(
    'refuses --company %j before it asks for a token',
    async (company) => {
      const args = ['exec', `--company=${company}`, '--', 'true'];
      expect(await runHere({}, args)).toMatchObject({
        code: 64,
        stderr: expect.stringContaining("it must be a company's number"),
      });
    },
  );

  it('passes arguments, standard input and the exit code through', async () => {
    const workspace = await loggedIn();
    const script = 'process.stdin.pipe(process.stdout); process.exitCode = Number(process.argv[1])';
    const { code, stdout } = await workspace.run([...node(script), '37', '--json'], {
      input: 'in',
    });
    expect({ code, stdout }).toEqual({ code: 37, stdout: 'in' });
  });

  const bytes = 100_000_000;
  it.each([
    [
      'a pipe, line by line',
      'printf "1\\n2\\n3\\n" | RUN sh -c "while read it; do echo got $it; done"',
      'got 1\ngot 2\ngot 3\n',
    ],
    ['a pipe that is slow', '(echo 1; sleep 0.3; echo 2) | RUN cat', '1\n2\n'],
    ['100 MB through a pipe', `head -c ${bytes} /dev/zero | RUN wc -c`, `${bytes}\n`],
    ['100 MB into a pipe', `RUN head -c ${bytes} /dev/zero | (sleep 0.3; wc -c)`, `${bytes}\n`],
    [
      '100 MB of standard error',
      `RUN sh -c "head -c ${bytes} /dev/zero >&2" 2>&1 >/dev/null | (sleep 0.3; wc -c)`,
      `${bytes}\n`,
    ],
    ['a file', 'seq 3 > "$HOME/in"; RUN cat < "$HOME/in"', '1\n2\n3\n'],
    ['what is closed', 'RUN sh -c "cat; echo end" <&-', 'end\n'],
    [
      'pipes that still block',
      'true | RUN sh -c "for at in 0 1 2; do grep flags /proc/self/fdinfo/\\$at; done" 2>&1 | grep -c 04...$ || true',
      '0\n',
    ],
  ])('leaves its streams to the child: %s', async (_, line, stdout) => {
    const workspace = await loggedIn();
    const command = `"${process.execPath}" "${script}" exec --`;
    const typed = line.replace('RUN', command).replace('$it', '\\$it');
    const ran = await promisify(execFile)('sh', ['-c', typed], { env: workspace.env });
    expect(ran.stdout.replaceAll(' ', (it) => (stdout.includes(' ') ? it : ''))).toBe(stdout);
  });

  it.skipIf(!hasTerminal)('leaves its streams to the child: a terminal', async () => {
    const workspace = await loggedIn();
    const asks = 'test -t 0 && test -t 1 && test -t 2 && echo ready; read it; echo got $it';
    const seated = seat(workspace, ['exec', '--', 'sh', '-c', asks]);
    await seated.shows(/ready/);
    seated.types('typed\r');
    await seated.shows(/got typed/);
    expect(await seated.ended).toMatchObject({ code: 0 });
  });

  it('passes signals on, and answers as a shell where the child dies of one', async () => {
    const workspace = await loggedIn();
    const handles =
      "process.on('SIGTERM', () => process.exit(7)); console.error('ready'); setInterval(() => {}, 1000)";
    const handling = workspace.start(node(handles));
    await handling.says(/ready/);
    handling.process.kill('SIGTERM');
    expect(await handling.ended).toMatchObject({ code: 7 });

    const dying = workspace.start(node("console.error('ready'); setInterval(() => {}, 1000)"));
    await dying.says(/ready/);
    dying.process.kill('SIGINT');
    expect(await dying.ended).toMatchObject({ code: 130 });
  });

  it.skipIf(!hasTerminal)(
    'hands on a key of the terminal once, also with a pipe for input',
    async () => {
      const workspace = await loggedIn();
      const counts = `
      let heard = 0;
      process.on("SIGINT", () => { heard += 1; });
      process.once("SIGINT", () => setTimeout(() => { console.log("heard " + heard); process.exit(); }, 400));
      setInterval(() => undefined, 1000);
      console.log("ready");`;
      const piped = `echo | "${process.execPath}" "${script}" exec -- "${process.execPath}" -e "$COUNTS"`;
      const seated = seat(workspace, ['exec', '--', 'sh', '-c', piped], { COUNTS: counts });
      await seated.shows(/ready/);
      seated.types(keys.interrupt);
      expect(await seated.shows(/heard (\d)/)).toBe('1');
    },
  );

  it('says so where there is no such command', async () => {
    const workspace = await loggedIn();
    expect(await runHere(workspace, ['exec', '--', 'no-such-command-invented'])).toEqual({
      code: 127,
      stdout: '',
      stderr: "fresco: could not run 'no-such-command-invented': command not found\n",
    });
  });

  it('runs nothing without a token', async () => {
    const workspace = await createSandboxWorkspace();
    const { code, stdout } = await workspace.run(node("console.log('ran')"));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('names no company where there are several, unless it is told which', async () => {
    const companies = [
      { id: 108061, name: 'Studio Esempio', type: 'company' },
      { id: 108062, name: 'Altro Esempio', type: 'company' },
    ] as const;
    const workspace = await loggedIn({ companies });
    const script = 'console.log(process.env.FATTUREINCLOUD_COMPANY_ID)';
    const left = { FATTUREINCLOUD_COMPANY_ID: '108063' };
    for (const env of [{}, left]) {
      expect(await workspace.run(node(script), { env })).toMatchObject({
        code: 0,
        stdout: 'undefined\n',
        stderr: expect.stringContaining('108061 Studio Esempio, 108062 Altro Esempio'),
      });
    }
    const named = ['exec', '--company', '108062', ...node(script).slice(1)];
    expect(await workspace.run(named)).toEqual({ code: 0, stdout: '108062\n', stderr: '' });
  });
});
