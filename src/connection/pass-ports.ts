import { rotationTimes } from '../config/rotation-times.ts';
import type { Reporter } from '../core/outcome/report.ts';
import type { Owner } from '../core/ports.ts';
import { clientSource } from '../core/records/client.ts';
import type { RotationPorts, RotationSettings } from '../core/rotation/pass.ts';
import { systemClock, systemRandom } from '../local/clock.ts';
import type { Connection } from './connection.ts';
import type { Provider } from './provider.ts';

/** What a pass is made of beside the store and the provider. */
export interface PassParts {
  readonly owner: Owner;
  /** Absent: nobody hears of it. */
  readonly reporter?: Reporter;
  readonly settings: Pick<RotationSettings, 'connection' | 'environment'> &
    Partial<Pick<RotationSettings, 'sendsPerDay' | 'refreshWith'>>;
}

const silent: Reporter = { report: async () => undefined };

/** What a pass of this process touches, wherever the connection is stored. */
export function passPorts(
  stored: Pick<Connection, 'client' | 'grant' | 'accessToken' | 'journal'>,
  { profile, endpoint, canary, permissions }: Provider,
  { owner, reporter = silent, settings }: PassParts,
): RotationPorts {
  const { client, grant, accessToken, journal } = stored;
  return {
    clock: systemClock,
    random: systemRandom,
    owner,
    reporter,
    journal,
    grant,
    accessToken,
    client: clientSource(client),
    endpoint,
    canary,
    permissions,
    settings: {
      provider: profile.baseUrl,
      policy: profile.replayPolicy,
      rotateEveryMs: 86_400_000,
      ...rotationTimes,
      ...settings,
    },
  };
}
