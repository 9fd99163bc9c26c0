// Goal: what a release had, programs of users may rely on, so it is still there.
// Method: each surface-*.json was taken by `surfaceOf` from the commit of that release, by a test like this one.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loggedIn } from '../cli/logged-in.ts';
import { type Surface, surfaceOf } from './surface.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('exports, commands, options, JSON, events, records and variables of each release are all there', async () => {
  // A sync leaves out the second that is not over yet: what it reads has to be older.
  const clock = { nowMs: () => Date.now() - 5000 };
  const now = await surfaceOf(root, await loggedIn({ clock }));
  expect([...gone('0.1.0', now), ...gone('0.2.0', now)]).toEqual([]);
});

function gone(release: string, now: Surface): readonly string[] {
  const file = new URL(`surface-${release}.json`, import.meta.url);
  const released: Surface = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries(released).flatMap(([owner, names]) =>
    names
      .split(', ')
      .filter((name) => !now[owner]?.split(', ').includes(name))
      .map((name) => `${release}: ${owner}: ${name}`),
  );
}
