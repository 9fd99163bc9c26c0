import type { RotationMode } from '../../src/sandbox/control/settings.ts';
import type { Build } from './contender.ts';
import type { Schedule } from './schedule.ts';
import { type Figures, World } from './world.ts';

const hourMs = 3_600_000;

/** One contender through one schedule, and what was seen of it. */
export async function lived(
  build: Build,
  schedule: Schedule,
  mode: RotationMode,
): Promise<{ readonly name: string; readonly figures: Figures }> {
  const world = new World(schedule, mode);
  await world.open();
  try {
    const contender = build(world);
    await contender.login();
    const { figures, turns } = world;
    for (const [hour, callers] of schedule.callers.entries()) {
      turns.nowMs = Math.max(turns.nowMs, world.startMs + hour * hourMs);
      await turns.run(contender.works(hour, callers));
      figures.hours += 1;
      if (await world.isGood(contender.accessToken())) continue;
      figures.hoursWithout += 1;
      // Somebody looks at nine, and not while the provider is down anyway.
      if (hour % 24 !== 9 || world.isDown) continue;
      const isLost = !(await world.isLiving(contender.refreshToken()));
      if (!isLost) continue;
      figures.grantsLost += 1;
      figures.logins += 1;
      await contender.login();
    }
    return { name: contender.name, figures };
  } finally {
    await world.close();
  }
}
