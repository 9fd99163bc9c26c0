import { measures } from './measures.ts';

for (const [name, value] of measures()) process.stdout.write(`${name.padEnd(46)}${value}\n`);
