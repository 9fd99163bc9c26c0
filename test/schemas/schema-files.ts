import { readFileSync } from 'node:fs';
import type { Schema } from './json-schema.ts';

/** One of the schemas in the package. */
export function schemaOf(name: 'access-token' | 'events'): Schema {
  return JSON.parse(readFileSync(new URL(`../../schemas/${name}.json`, import.meta.url), 'utf8'));
}
