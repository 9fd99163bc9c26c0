// Goal: the page of a real connection shows what is stored of it, never a value, and changes nothing.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { overviewer } from '../../../src/cli/inspect/console.ts';
import { openToLook } from '../../../src/cli/settings/options.ts';
import { overviewPage } from '../../../src/console/overview/page.ts';
import { startLoopback } from '../../doubles/http/loopback.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';
import { startDeployed } from '../deployed.ts';
import { loggedIn, logInto, tokenRequests } from '../logged-in.ts';
import { withVariables } from '../surroundings.ts';
import type { Workspace } from '../workspace.ts';

async function looking(workspace: Workspace) {
  withVariables(workspace.env);
  return overviewer(await openToLook({}));
}

const storedText = async ({ storePath }: Workspace) =>
  (
    await Promise.all(
      ['grant', 'access-token', 'journal'].map((kind) =>
        readFile(join(storePath, `connections/default/${kind}.json`), 'utf8'),
      ),
    )
  ).join('\n');

it('shows what is stored, asks for no token, and changes nothing', async () => {
  const workspace = await loggedIn();
  const before = await storedText(workspace);
  const look = await looking(workspace);
  const overview = await look();
  expect(overview).toMatchObject({
    connection: 'default',
    due: [],
    token: { generation: 1 },
    companies: ['108061 Studio Esempio'],
    alarms: { kind: 'none' },
    queues: { kind: 'none' },
    versions: { kind: 'seen', value: [{ secret: 'grant' }, { secret: 'access-token' }] },
    history: [{ outcome: 'logged-in', generation: 1 }],
  });
  expect(await storedText(workspace)).toBe(before);
  expect(await tokenRequests(workspace)).toBe(0);
});

it('holds no value that is stored', async () => {
  const workspace = await loggedIn();
  const page = String(await overviewPage(await (await looking(workspace))()));
  const values = [...(await storedText(workspace)).matchAll(/"((?:a|r)\/[^"]+)"/g)].map(
    ([, it]) => it,
  );
  expect(values.length).toBeGreaterThan(1);
  for (const value of values) expect(page).not.toContain(value);
});

it('names what is broken with its command', async () => {
  const workspace = await loggedIn();
  await workspace.run(['pause']);
  const { due } = await (await looking(workspace))();
  expect(due).toEqual([{ what: expect.stringContaining('paused'), command: 'fresco resume' }]);
});

it('names the connection in its commands where it is not the default', async () => {
  const workspace = await loggedIn();
  await logInto(workspace, 'second');
  withVariables(workspace.env);
  await workspace.run(['pause', '--connection', 'second']);
  const { due } = await overviewer(await openToLook({ connection: 'second' }))();
  expect(due).toMatchObject([{ command: 'fresco resume --connection second' }]);
});

it('says what to do where the connection cannot be read', async () => {
  const workspace = await loggedIn();
  const look = await looking(workspace);
  await writeFile(join(workspace.storePath, 'connections/default/journal.json'), '{');
  await expect(look()).rejects.toThrow(/journal.*fresco recover/);
});

it('examines once for pages that ask at the same time', async () => {
  const workspace = await loggedIn();
  withVariables(workspace.env);
  const connection = await openToLook({});
  let asked = 0;
  const look = overviewer({
    ...connection,
    provider: {
      ...connection.provider,
      companies: (token) => {
        asked += 1;
        return connection.provider.companies(token);
      },
    },
  });
  await Promise.all([look(), look()]);
  expect(asked).toBe(1);
});

it('in AWS shows what an operator may read, and says of the rest why it cannot', async () => {
  const whole = await startDeployed();
  const cloudWatch = await startLoopback(async (_, response) => {
    response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' }).end('{}');
  });
  onTestFinished(async () => {
    await Promise.all([whole.stop(), cloudWatch.stop()]);
  });
  await whole.stack.logIn();
  withVariables({
    ...whole.env,
    XDG_CONFIG_HOME: await temporaryFolder(),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint,
    FRESCO_PROVIDER_URL: whole.stack.providerUrl,
  });
  const overview = await overviewer(await openToLook({}))();
  expect(overview).toMatchObject({
    due: [],
    token: { generation: 1 },
    alarms: { kind: 'unreadable', why: expect.stringMatching(/^could not look at the alarms/) },
    queues: { kind: 'none' },
    versions: { kind: 'seen', value: [{ secret: 'grant' }, { secret: 'access-token' }] },
  });
  expect(await whole.tokenRequests()).toBe(0);
});
