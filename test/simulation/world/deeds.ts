// Goal: what each process has been told and has done, for those who judge it.
// Method: one record a process, filled at the moment of effect; the judges read it, the processes never do.
import type { Journal } from '../../../src/core/journal/journal.ts';
import { type Position, positionOf } from '../../../src/core/position.ts';
import type { RotationRequest } from '../../../src/core/rotation/pass.ts';
import type { Process } from './scheduler.ts';

/** The deeds of one process. */
export interface Deed {
  /** What its pass was asked for; absent where it runs none. */
  request: RotationRequest | undefined;
  /** The journal as it last read or wrote it. */
  seen: Journal | undefined;
  /** When it last took the lease, and the journal that it wrote then. */
  lease: { readonly atMs: number; readonly journal: Journal } | undefined;
  /** The dispatch that it journalled last. */
  dispatch:
    | { readonly parent: Position; readonly versionId: string; readonly atMs: number }
    | undefined;
  /**
   * When its pass must be over: its term ends, or its host stops it as far as it knew at the start. By a clock
   * that has stood still with it.
   */
  endsAtMs: number | undefined;
  /** How far its wall clock was ahead when it first looked at the store's. */
  skewMs: number | undefined;
  /** The version of the client's secret that it read. */
  clientVersionId: string | undefined;
  /** What it saw published first. */
  published: Position | undefined;
  /** A store has refused it something. */
  isRefused: boolean;
}

/** The deeds of all processes of one history. */
export class Deeds {
  readonly #deeds: Deed[] = [];

  of(process: Process): Deed {
    const known = this.#deeds[process.id];
    if (known !== undefined) return known;
    const deed: Deed = {
      request: undefined,
      seen: undefined,
      lease: undefined,
      dispatch: undefined,
      endsAtMs: undefined,
      skewMs: undefined,
      clientVersionId: undefined,
      published: undefined,
      isRefused: false,
    };
    this.#deeds[process.id] = deed;
    return deed;
  }

  /** A process has written its lease or a dispatch of its own. */
  onWrite(process: Process, nowMs: number, before: Journal, after: Journal): void {
    const deed = this.of(process);
    deed.seen = after;
    if (after.lease?.owner === ownerOf(process) && before.lease !== after.lease) {
      deed.lease = { atMs: nowMs, journal: after };
    }
    const send = after.dispatch?.sends.at(-1);
    if (after.dispatch === null || send === undefined) return;
    const isNew = !before.dispatch?.sends.some((one) => one.versionId === send.versionId);
    if (!isNew) return;
    const parent = positionOf(after.dispatch.parent);
    deed.dispatch = { parent, versionId: send.versionId, atMs: nowMs };
  }
}

/** The id under which a process takes the lease. */
export function ownerOf(process: Process): string {
  return `p${process.id}`;
}
