// Goal: guards that only a rare coincidence needs, each with the history in which that happens.
// Method: a history of the matrix and the faults that lead there, by the step of the pass.

import { type Guard, guard } from '../../guards/weakened.ts';
import type { PlannedFault } from '../histories/faults.ts';
import type { ActorPlan, History } from '../histories/history.ts';
import { bases } from '../matrix/matrix.ts';

/** A guard, and the history that needs it. */
export interface DirectedGuard extends Guard {
  readonly history: History;
}

const twice = 'G2 a token was presented again although its successor is kept';

/** The journal refuses the seal, the version is put, and the process dies: only the dispatch names it. */
const keptByTheVersionAlone: readonly PlannedFault[] = [
  { actor: 0, call: 9, kind: 'is down shortly' },
  { actor: 0, call: 10, kind: 'dies after' },
];

function onto(
  mode: string,
  faults: readonly PlannedFault[],
  others: readonly ActorPlan[] = [],
  age: 'due' | 'last' = 'due',
): History {
  const base = bases().find(({ name }) => name === `schedule on lambda connected ${age} ${mode}`);
  if (base === undefined) throw new Error(`the matrix has no history of '${mode}'`);
  return { ...base.history, actors: [...base.history.actors, ...others], faults };
}

/** Those that chance hardly ever needs. */
export const directedGuards: readonly DirectedGuard[] = [
  {
    ...guard('named versions are looked for', twice, {
      to: 'for (const versionId of [] as string[]) {',
    }),
    history: onto('single-use single-use', keptByTheVersionAlone),
  },
  {
    ...guard('named versions are probed by the move and not by a read', twice, {
      to: "const seen = await pass.ports.grant.version(versionId); const moved = seen === undefined ? 'absent' : await pass.ports.grant.promote(versionId, current.versionId);",
    }),
    history: onto(
      'single-use reusable',
      [...keptByTheVersionAlone, { actor: 1, call: 'grant.version', kind: 'reads see nothing' }],
      [{ kind: 'schedule', atMs: 300_000, skewMs: 0 }],
    ),
  },
  {
    ...guard('only a call that got out is noted', 'G5 a person was not called', {
      at: 'the call is noted',
      to: 'if (alerts) await noteAlert(pass, sinceMs);',
    }),
    history: onto(
      'single-use unknown',
      [
        { actor: 0, call: 'endpoint.refresh', kind: 'consent is revoked' },
        { actor: 0, call: 'reporter.report', kind: 'is refused' },
      ],
      [],
      'last',
    ),
  },
];
