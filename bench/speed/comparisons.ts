import type { Measured } from '../measured.ts';
import { bundles } from './bundles.ts';
import { cachedToken } from './cached-token.ts';
import { cost } from './cost.ts';
import { expiredToken } from './expired-token.ts';
import { rotation } from './rotation.ts';
import { syncLoad } from './sync-load.ts';
import { webhookCpu } from './webhook-cpu.ts';
import { webhookRate } from './webhook-rate.ts';

/** Every comparison by name, in the order in which they run. */
export const comparisons: Readonly<Record<string, () => Promise<Measured>>> = {
  'expired-token': expiredToken,
  'cached-token': cachedToken,
  bundles,
  'webhook-cpu': webhookCpu,
  'webhook-rate': webhookRate,
  rotation,
  'sync-load': syncLoad,
  cost,
};
