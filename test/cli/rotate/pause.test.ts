import { expect, it } from 'vitest';
import { loggedIn, tokenRequests } from '../logged-in.ts';
import { createSandboxWorkspace } from '../workspace.ts';

it('what is paused spends nothing, says so, and goes on once it is resumed', async () => {
  const workspace = await loggedIn();
  const dry = await workspace.run(['pause', '--dry-run']);
  expect(dry).toEqual({ code: 0, stdout: 'would pause default\n', stderr: '' });
  const paused = await workspace.run(['pause', '--json']);
  expect(JSON.parse(paused.stdout)).toEqual({
    connection: 'default',
    changed: true,
    pausedSince: expect.stringMatching(/Z$/),
  });
  const { pausedSince } = JSON.parse(paused.stdout);
  expect(await workspace.run(['pause'])).toMatchObject({
    code: 0,
    stdout: `default is paused already since ${pausedSince}: fresco resume ends it\n`,
  });
  const [rotated, status, token] = await Promise.all(
    [['rotate'], ['status'], ['token']].map((args) => workspace.run(args)),
  );
  expect(rotated).toMatchObject({ code: 2, stderr: expect.stringContaining('fresco resume') });
  expect(status?.code).toBe(2);
  expect(status?.stdout).toContain(`paused since    ${pausedSince}`);
  expect(token).toMatchObject({ code: 0, stdout: expect.stringMatching(/^a\//) });
  expect(await tokenRequests(workspace)).toBe(0);
  expect(await workspace.run(['resume'])).toMatchObject({
    code: 0,
    stdout: 'default is no longer paused: fresco rotate --if-due refreshes if it is due\n',
  });
  expect((await workspace.run(['rotate'])).code).toBe(0);
  const { stdout } = await workspace.run(['history']);
  expect(stdout).toMatch(/logged-in\n.*paused\n.*resumed\n.*refreshed\n$/);
});

it('nothing is paused where nobody has logged in', async () => {
  const workspace = await createSandboxWorkspace();
  const { code, stderr } = await workspace.run(['pause']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('fresco login') });
});
