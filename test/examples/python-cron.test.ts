import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loggedIn } from '../cli/logged-in.ts';
import { startLoopback } from '../doubles/http/loopback.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';

const execFileAsync = promisify(execFile);

const folder = fileURLToPath(new URL('../../examples/python-cron/', import.meta.url));
const crontab = readFileSync(`${folder}crontab`, 'utf8');

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the cron job in Python', () => {
  it.runIf(hasPython())('counts clients with a token of ours, and installs nothing', async () => {
    const { run } = await loggedIn();
    const job = `${folder}count_clients.py`;
    const ran = await run(['exec', '--min-validity', '1h', '--', 'python3', job]);
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Studio Esempio: \d+ clients\n$/),
    });
  });

  it.runIf(hasPython()).each([302, 307, 308])(
    'takes the token nowhere after a %i',
    async (status) => {
      const heard: unknown[] = [];
      const other = await startLoopback(async (request, response) => {
        heard.push(request.headers);
        response.end('{"data":{"companies":[]}}');
      });
      const api = await startLoopback(async (_, response) => {
        response.writeHead(status, { Location: `${other.endpoint}/` }).end();
      });
      onTestFinished(async () => void (await Promise.all([api.stop(), other.stop()])));
      const env = {
        FATTUREINCLOUD_ACCESS_TOKEN: 'a/0001invented',
        FATTUREINCLOUD_API_URL: api.endpoint,
      };
      const ran = execFileAsync('python3', [`${folder}count_clients.py`], { env });
      await expect(ran).rejects.toThrow(`HTTP Error ${status}`);
      expect(heard).toEqual([]);
    },
  );

  it('has a crontab with commands that there are, a refresh each hour among them', async () => {
    const lines = crontab.split('\n').filter((line) => /^\d/.test(line));
    expect(lines.map((line) => line.split(/\s+/).slice(5).join(' '))).toEqual([
      '/usr/local/bin/fresco rotate --if-due',
      '/usr/local/bin/fresco exec --min-validity 1h -- python3 /opt/count_clients.py',
    ]);
    // Where fresco is, Node is most often too, and cron does not look there by itself.
    expect(crontab).toMatch(/^PATH=\/usr\/local\/bin:\/usr\/bin:\/bin$/m);
    expect(crontab).toMatch(/^FRESCO_STORE=file:\S+\nFRESCO_CONNECTION=\S+$/m);
    const { run } = await loggedIn();
    expect((await run(['rotate', '--if-due'])).code).toBe(0);
  });
});

describe('the example of a systemd timer', () => {
  const names = ['rotate.service', 'rotate.timer', 'person-needed.service'];
  const folder = fileURLToPath(new URL('../../examples/systemd/', import.meta.url));
  const unit = (name: string) => readFileSync(`${folder}fresco-${name}`, 'utf8');

  it('names store, connection and every program by its full path', () => {
    for (const name of names.filter((it) => it.endsWith('.service'))) {
      const text = unit(name);
      expect(text).toMatch(/--store file:\S+ --connection default/);
      expect(text.match(/^ExecStart=(.*)$/m)?.[1]).toMatch(/^\/\S+ /);
      expect(text).not.toMatch(/(?<!\/)\bfresco (rotate|doctor)/);
    }
    expect(unit('rotate.service')).toContain('OnFailure=fresco-person-needed.service');
    expect(unit('rotate.service')).toContain('SuccessExitStatus=1\n');
  });

  it.runIf(existsSync('/usr/bin/systemd-analyze'))('is what systemd understands', async () => {
    const path = await temporaryFolder();
    for (const name of names) {
      // The program and its user are not on this machine.
      const text = unit(name).replaceAll('/usr/local/bin/fresco', '/bin/true');
      writeFileSync(`${path}/fresco-${name}`, text.replace(/^User=.*\n/m, ''));
    }
    const files = names.map((name) => `${path}/fresco-${name}`);
    const { stderr } = await execFileAsync('/usr/bin/systemd-analyze', ['verify', ...files]);
    expect(stderr.split('\n').filter((line) => line.includes('fresco-'))).toEqual([]);
  });
});
