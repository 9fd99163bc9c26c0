import type { Owner } from '../../core/ports.ts';
import { isDeadStamp, stampProcess } from './process-stamp.ts';

/**
 * The owner of one pass on this machine: each call gives another id. Dead is only said of a process of this
 * host that is gone, of an earlier boot, or whose pid now belongs to another.
 */
export function localOwner(): Owner {
  return { id: stampProcess(), isDead: isDeadStamp };
}
