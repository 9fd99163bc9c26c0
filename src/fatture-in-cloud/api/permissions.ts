import type { Permissions } from '../../core/ports.ts';
import type { ProviderProfile } from '../profile.ts';
import type { CanaryOptions } from './canary.ts';
import { examine, listFor } from './examine.ts';

/** Permissions as the API shows them: one short list for each scope, and 403 with NO_PERMISSION is the answer. */
export function permissions(
  { baseUrl }: Pick<ProviderProfile, 'baseUrl'>,
  options: CanaryOptions,
): Permissions {
  return {
    lacking: async (accessToken, companyId, scopes) => {
      const lacked: string[] = [];
      for (const scope of scopes) {
        const path = listFor(scope, companyId);
        if (path === undefined) continue;
        const examined = await examine(`${baseUrl}${path}`, accessToken, options);
        if (examined.kind === 'answered' && examined.answer.kind === 'no-permission') {
          lacked.push(scope);
        }
      }
      return lacked;
    },
  };
}
