// Goal: what 0.1.0 had, programs of users may rely on, so it is still there.
// Method: surface-0.1.0.json was taken by `surfaceOf` from the commit of that release, by a test like this one.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loggedIn } from '../cli/logged-in.ts';
import { type Surface, surfaceOf } from './surface.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const released: Surface = JSON.parse(
  readFileSync(new URL('surface-0.1.0.json', import.meta.url), 'utf8'),
);

it('exports, commands, options, JSON, events, records and variables of 0.1.0 are all there', async () => {
  // A sync leaves out the second that is not over yet: what it reads has to be older.
  const clock = { nowMs: () => Date.now() - 5000 };
  const now = await surfaceOf(root, await loggedIn({ clock }));
  const gone = Object.entries(released).flatMap(([owner, names]) =>
    names
      .split(', ')
      .filter((name) => !now[owner]?.split(', ').includes(name))
      .map((name) => `${owner}: ${name}`),
  );
  expect(gone).toEqual([]);
});
