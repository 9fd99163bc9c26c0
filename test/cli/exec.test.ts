import { describe, expect, it } from 'vitest';
import { loggedIn } from './logged-in.ts';
import { createSandboxWorkspace } from './workspace.ts';

const node = (script: string) => ['exec', '--', process.execPath, '-e', script];

describe('fresco exec', () => {
  it('gives token and company to the child alone', async () => {
    const workspace = await loggedIn();
    const { stdout: token } = await workspace.run(['token']);
    const script =
      'console.log(process.env.FATTUREINCLOUD_ACCESS_TOKEN, process.env.FATTUREINCLOUD_COMPANY_ID)';
    expect(await workspace.run(node(script))).toEqual({
      code: 0,
      stdout: `${token.trim()} 108061\n`,
      stderr: '',
    });
  });

  it('passes arguments, standard input and the exit code through', async () => {
    const workspace = await loggedIn();
    const script = 'process.stdin.pipe(process.stdout); process.exitCode = Number(process.argv[1])';
    const { code, stdout } = await workspace.run([...node(script), '37', '--json'], {
      input: 'in',
    });
    expect({ code, stdout }).toEqual({ code: 37, stdout: 'in' });
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

  it('says so where there is no such command', async () => {
    const workspace = await loggedIn();
    expect(await workspace.run(['exec', '--', 'no-such-command-invented'])).toEqual({
      code: 127,
      stdout: '',
      stderr: "fresco: could not run 'no-such-command-invented': no such command\n",
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
    expect(await workspace.run(node(script))).toMatchObject({
      code: 0,
      stdout: 'undefined\n',
      stderr: expect.stringContaining('108061 Studio Esempio, 108062 Altro Esempio'),
    });
    const named = ['exec', '--company', '108062', ...node(script).slice(1)];
    expect(await workspace.run(named)).toEqual({ code: 0, stdout: '108062\n', stderr: '' });
  });
});
