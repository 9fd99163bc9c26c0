import type { Canary } from '../../core/ports.ts';
import { bearerGet } from '../http/bearer.ts';
import type { ConnectionOptions } from '../http/connection.ts';
import { sendOnce } from '../http/exchange.ts';
import type { ProviderProfile } from '../profile.ts';

/** The bounds of a request to the provider. */
export interface CanaryOptions extends ConnectionOptions {
  readonly requestMs: number;
}

/** The canary of a provider: one GET for each check; `unknown` always where the profile has no URL for it. */
export function canary(profile: ProviderProfile, options: CanaryOptions): Canary {
  const { canaryUrl } = profile;
  return {
    check: async (accessToken) => {
      if (canaryUrl === undefined) return 'unknown';
      const request = bearerGet(canaryUrl, accessToken);
      const outcome = await sendOnce(request, { ...options, bodyBytesMax: 64 * 1024 });
      if (outcome.kind !== 'answered') return 'unknown';
      if (outcome.answer.status === 200) return 'accepted';
      return outcome.answer.status === 401 ? 'rejected' : 'unknown';
    },
  };
}
