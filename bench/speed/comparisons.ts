import type { Measured } from '../measured.ts';
import { bundles } from './bundles.ts';
import { cachedToken } from './cached-token.ts';
import { expiredToken } from './expired-token.ts';
import { rotation } from './rotation.ts';
import { syncLoad } from './sync-load.ts';
import { webhookCpu } from './webhook-cpu.ts';

/** Every comparison by name, in the order in which they run. */
export const comparisons: Readonly<Record<string, () => Promise<Measured>>> = {
  'expired-token': expiredToken,
  'cached-token': cachedToken,
  bundles,
  'webhook-cpu': webhookCpu,
  rotation,
  'sync-load': syncLoad,
};
