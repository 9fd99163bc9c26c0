// Goal: `npm run rooms`: the house as a reader walks it: folders with files and levels, circles, and the ways.
import { circlesIn, importsAmong, roomsIn, stumblesOn, ways } from './rooms.ts';
import { sourcesIn } from './source-files.ts';

const product = ['src', 'functions', 'infra'].flatMap(sourcesIn);
const imports = importsAmong(product);
const all = importsAmong([...product, ...sourcesIn('test')]);
const say = (line: string) => process.stdout.write(`${line}\n`);

for (const { path, files, levels } of roomsIn(all)) {
  say(`${path.padEnd(32)} ${files} files, ${levels} levels`);
}
const circles = circlesIn(imports);
say(`\n${circles.length === 0 ? 'no circle' : `${circles.length} circles`} of imports`);
for (const circle of circles) say(`  ${circle.join('\n  ')}\n`);
for (const way of ways) {
  say(`\n${way.name}: ${way.files.length} files, at most ${way.filesMax}`);
  for (const file of way.files) say(`  ${file}`);
  for (const stumble of stumblesOn(way, imports)) say(`  ! ${stumble}`);
}
