import type { Measured } from '../measured.ts';
import { bundles } from './bundles.ts';
import { cachedToken } from './cached-token.ts';

/** Every comparison by name, in the order in which they run. */
export const comparisons: Readonly<Record<string, () => Promise<Measured>>> = {
  'cached-token': cachedToken,
  bundles,
};
