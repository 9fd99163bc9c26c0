// Goal: guards that only a rare coincidence needs, each with the history in which that happens.
// Method: a history of the matrix and the faults that lead there, by the step of the pass.
import type { PlannedFault } from '../histories/faults.ts';
import type { ActorPlan, History } from '../histories/history.ts';
import { bases } from '../matrix/matrix.ts';
import type { Weakening } from './weakened.ts';

/** A guard, the history that needs it, and what breaks there without it. */
export interface DirectedGuard extends Weakening {
  readonly name: string;
  readonly breaks: string;
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
    name: 'named versions are looked for',
    file: 'rotation/recover.ts',
    from: 'for (const versionId of namedAbove(pass, sealed ?? current.grant)) {',
    to: 'for (const versionId of [] as string[]) {',
    breaks: twice,
    history: onto('single-use single-use', keptByTheVersionAlone),
  },
  {
    name: 'named versions are probed by the move and not by a read',
    file: 'rotation/recover.ts',
    from: 'const moved = await pass.ports.grant.promote(versionId, current.versionId);',
    to: "const seen = await pass.ports.grant.version(versionId); const moved = seen === undefined ? 'absent' : await pass.ports.grant.promote(versionId, current.versionId);",
    breaks: twice,
    history: onto(
      'single-use reusable',
      [...keptByTheVersionAlone, { actor: 1, call: 'grant.version', kind: 'reads see nothing' }],
      [{ kind: 'schedule', atMs: 300_000, skewMs: 0 }],
    ),
  },
  {
    name: 'only a call that got out is noted',
    file: 'rotation/report-pass.ts',
    from: 'if (alerts && isOut) ',
    to: 'if (alerts) ',
    breaks: 'G5 a person was not called',
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
