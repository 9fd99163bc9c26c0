import type { PassStep } from '../../core/rotation/pass.ts';
import type { ForwardTarget } from '../settings/forward.ts';
import type { ConnectionOptions } from '../settings/settings.ts';

/** What `fresco local` was asked to do. */
export interface LocalOptions extends ConnectionOptions {
  readonly sandbox?: boolean;
  readonly once?: boolean;
  readonly killAt?: PassStep;
  readonly port: number;
  readonly sandboxPort: number;
  readonly webhookPort: number;
  readonly sink?: string;
  readonly forward?: ForwardTarget;
}
