import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import { secretsManagerSecret } from '../../src/aws/secrets-manager.ts';
import type { RefreshAnswer } from '../../src/core/consumers/rotator.ts';
import { encodeAccessToken } from '../../src/core/records/access-token.ts';
import { Secret } from '../../src/core/secret.ts';
import { built } from '../bundles/built.ts';
import { loggedIn, logInto } from '../cli/logged-in.ts';
import { hasTerminal, seat } from '../cli/pseudo-terminal.ts';
import { loggedInStore } from '../connection/logged-in-store.ts';
import { clientConfig } from '../doubles/http/client-config.ts';
import { inProcess, startLambdaInvoke } from '../doubles/lambda/lambda-invoke.ts';
import { startSecretsManager } from '../doubles/secrets-manager/secrets-manager.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/cron.md'), 'utf8');
const run = promisify(execFile);

/** The blocks of a language, in their order. */
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, its]) => its === language)
    .map(([, , text = '']) => text);
const block = (language: string) => blocks(language)[0] ?? '';

function hasBoto3(): boolean {
  try {
    execFileSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the page on cron jobs', () => {
  it('has a job in JavaScript that runs as it is', async () => {
    await built('package');
    const { path, url } = await loggedInStore();
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules/fic-fresco'));
    writeFileSync(join(folder, 'job.mjs'), block('js'));
    const env = { ...process.env, FRESCO_STORE: `file:${path}`, FRESCO_PROVIDER_URL: url };
    const { stdout } = await run(process.execPath, ['job.mjs'], { cwd: folder, env });
    expect(stdout).toMatch(/^Mario Rossi: a token of \d\d characters\n$/);
  });

  it('has commands that run as they are', async () => {
    const workspace = await loggedIn();
    const folder = await temporaryFolder();
    const command = `#!/bin/sh\nexec ${process.execPath} ${join(root, 'dist/cli.js')} "$@"\n`;
    writeFileSync(join(folder, 'fresco'), command);
    chmodSync(join(folder, 'fresco'), 0o755);
    const job = 'echo "$' + '{#FATTUREINCLOUD_ACCESS_TOKEN} $FATTUREINCLOUD_COMPANY_ID"\n';
    writeFileSync(join(folder, 'nightly-job.sh'), job);
    const env = { ...workspace.env, PATH: `${folder}:${workspace.env['PATH']}` };
    const [exec = '', sync = ''] = blocks('sh');
    const here = (line: string) => line.replace('--store aws ', '');
    const ran = await run('sh', ['-c', here(exec)], { cwd: folder, env });
    expect(ran.stdout).toMatch(/^\d\d 108061\n$/);
    const synced = await run('sh', ['-c', here(sync)], { cwd: folder, env });
    expect(synced.stdout).toMatch(/"detail-type":"Sync Completed"/);
  });

  it.skipIf(!hasTerminal)(
    'has a crontab that works on what it names, whoever has logged in to what since',
    async () => {
      const workspace = await loggedIn();
      await logInto(workspace, 'second');
      const sandboxLogin = seat(workspace, ['login', '--sandbox', '--yes'], { FRESCO_STORE: '' });
      expect(await sandboxLogin.ended).toMatchObject({ code: 0 });

      const folder = await temporaryFolder();
      const command = `#!/bin/sh\nexec ${process.execPath} ${join(root, 'dist/cli.js')} "$@"\n`;
      writeFileSync(join(folder, 'fresco'), command, { mode: 0o755 });
      writeFileSync(join(folder, 'nightly-job.sh'), 'echo "$FATTUREINCLOUD_ACCESS_TOKEN"\n');
      const [crontab = ''] = blocks('').filter((text) => text.includes('* * *'));
      const lines = crontab.split('\n').filter((line) => line.includes('* * *'));
      const { FRESCO_STORE: _, ...environment } = workspace.env;
      const outputs = [];
      for (const line of lines) {
        const [, written = ''] = /^(?:\S+ +){5}(.*)$/.exec(line) ?? [];
        const typed = written
          .replace('/usr/local/bin', folder)
          .replace('/opt', folder)
          .replace('/var/lib/fresco', workspace.storePath)
          .replace('--if-due', '');
        outputs.push(await run('sh', ['-c', typed], { cwd: folder, env: environment }));
      }
      expect(outputs).toHaveLength(2);
      const [rotated, handedOut] = outputs;
      expect(rotated?.stdout).toContain(`(default, in file store ${workspace.storePath})`);
      const { stdout } = await workspace.run(['token', '--json', '--connection', 'default']);
      const { accessToken, generation } = JSON.parse(stdout);
      expect({ handedOut: handedOut?.stdout, generation }).toEqual({
        handedOut: `${accessToken}\n`,
        generation: 2,
      });
      const second = await workspace.run(['token', '--json', '--connection', 'second']);
      expect(JSON.parse(second.stdout)).toMatchObject({ generation: 1 });
    },
  );

  it.runIf(hasBoto3())('has a job in Python that runs as it is, and asks the rotator', async () => {
    const { env, wishes } = await publishedInAws();
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'job.py'), block('python'));
    // An old boto3 hears of an endpoint by argument alone.
    const shim = `import boto3, os
real = boto3.client
boto3.client = lambda name: real(name, endpoint_url=os.environ['ENDPOINT_' + name])
exec(open('job.py').read())`;
    const { stdout } = await run('python3', ['-c', shim], { cwd: folder, env });
    expect(stdout).toBe(`${'a/0002invented'.length}\n`);
    expect(wishes).toEqual([{ connection: 'default', minValidityMs: 3 * 3_600_000 }]);
  });

  it('has JSON that can be read', () => {
    expect(blocks('json')).toHaveLength(2);
    for (const text of blocks('json')) expect(() => JSON.parse(text)).not.toThrow();
  });

  it('links to files that exist', () => {
    const links = [...page.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = '']) => path);
    for (const path of links) expect(readFileSync(join(root, 'docs', path), 'utf8')).not.toBe('');
  });
});

/** A token that ends in an hour, and a rotator that publishes one that lasts for a day. */
async function publishedInAws() {
  const [secrets, lambda] = await Promise.all([startSecretsManager(), startLambdaInvoke()]);
  onTestFinished(async () => {
    await Promise.all([secrets.stop(), lambda.stop()]);
  });
  const client = new SecretsManagerClient(clientConfig(secrets.endpoint));
  const secret = secretsManagerSecret(client, 'fresco/default/access-token');
  const published = (generation: number, hours: number) =>
    encodeAccessToken({
      connection: 'default',
      grant: 1,
      generation,
      attempt: 1,
      accessToken: new Secret(`a/000${generation}invented`),
      issuedAtMs: Date.now(),
      expiresAtMs: Date.now() + hours * 3_600_000,
      companies: [],
      refreshWith: 'arn:aws:lambda:eu-south-1:000000000000:function:rotator:consumers',
    });
  const versionId = (generation: number) => String(generation).padStart(32, '0');
  await client.send(new CreateSecretCommand({ Name: 'fresco/default/access-token' }));
  await secret.put(versionId(1), published(1, 1));
  const wishes: unknown[] = [];
  lambda.route(
    'rotator:consumers',
    inProcess(async (wish: unknown): Promise<RefreshAnswer> => {
      wishes.push(wish);
      await secret.put(versionId(2), published(2, 24));
      await secret.promote(versionId(2), versionId(1));
      const position = { grant: 1, generation: 2, attempt: 1 };
      return { kind: 'published', position, expiresAtMs: Date.now() + 24 * 3_600_000 };
    }),
  );
  const env = {
    ...process.env,
    ENDPOINT_secretsmanager: secrets.endpoint,
    ENDPOINT_lambda: lambda.endpoint,
    AWS_ACCESS_KEY_ID: 'AKIAINVENTED',
    AWS_SECRET_ACCESS_KEY: 'invented',
    AWS_DEFAULT_REGION: 'eu-south-1',
  };
  return { env, wishes };
}
