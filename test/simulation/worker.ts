// Goal: one share of the work, played in a process of its own.
// Method: told its share as an argument, it sends its tally to the process that started it.

import { historyOf } from './histories/random-history.ts';
import { bases } from './matrix/matrix.ts';
import { playCases } from './matrix/matrix-play.ts';
import { simulate } from './simulation.ts';
import { addVerdict, emptyTally, type Tally } from './tally.ts';
import type { Share } from './workers.ts';

const tally = await play(JSON.parse(process.argv[2] ?? '') as Share);
process.send?.(tally);

async function play({ work, index, of }: Share): Promise<Tally> {
  const tally = emptyTally();
  if (work.kind === 'seeds') {
    for (let seed = work.from + index; seed < work.from + work.count; seed += of) {
      addVerdict(tally, await simulate(historyOf(seed)), `--seed ${seed}`);
    }
    return tally;
  }
  const all = bases();
  const settings = [...new Set(all.map(({ setting }) => setting))];
  const mine = all.filter(({ setting }) => settings.indexOf(setting) % of === index);
  for await (const { name, verdict, standsFor } of playCases(mine, work.every)) {
    addVerdict(tally, verdict, `--case '${name}'`, standsFor.length);
  }
  return tally;
}
