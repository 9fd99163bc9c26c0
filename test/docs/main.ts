import { writeFileSync } from 'node:fs';
import { cliReference, referencePath } from './cli-reference.ts';

writeFileSync(referencePath, cliReference());
