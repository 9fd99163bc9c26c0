// Goal: a rotation takes as long as the calls that its protocol cannot do without.
// Method: the rotator as its function builds it, and the same calls with nothing between them, in turn, over the same
// doubles with the same delay before each answer.
import { type Measured, ratio, significant } from '../measured.ts';
import { apart } from './apart.ts';

/** What the process for this row is told: the delays, and how often each is tried. */
export type RotationRuns = readonly { readonly latencyMs: number; readonly rounds: number }[];

/** What the process for this row tells; times in nanoseconds. */
export interface Rotations {
  readonly calls: number;
  readonly seen: readonly {
    readonly latencyMs: number;
    readonly ours: number;
    readonly bare: number;
    /** The least and the most of the rounds' ratios within the middle half. */
    readonly spread: readonly [number, number];
  }[];
}

const runs: RotationRuns = [
  { latencyMs: 10, rounds: 9 },
  { latencyMs: 50, rounds: 5 },
  { latencyMs: 200, rounds: 3 },
];

/** Calls one after the other: counted by test/core/rotation/calls.test.ts too. */
const waits = 19;

/** Row 6. */
export async function rotation(): Promise<Measured> {
  const { calls, seen } = await apart<Rotations>('rotation-process.ts', runs);
  const most = Math.max(...seen.map(({ ours, bare }) => ours / bare));
  const ms = (nanoseconds: number) => `${significant(nanoseconds / 1e6)} ms`;
  return {
    name: 'rotation',
    title: 'One rotation',
    goal: 'at most 1.1 × the calls that the protocol cannot do without',
    isReached: most <= 1.1 && calls === 20,
    summary: `${calls} calls of 20, ${waits} in sequence; ${ratio(most)} their time`,
    head: ['each answer after', 'Fresco', 'the calls alone', 'ratio', 'middle half'],
    rows: seen.map(({ latencyMs, ours, bare, spread: [low, high] }) => [
      `${latencyMs} ms`,
      ms(ours),
      ms(bare),
      ratio(ours / bare),
      `${significant(low)} to ${significant(high)}`,
    ]),
    remark: `Of ${calls} calls two go out together, the others wait for one another: ${waits} in sequence. Four more reads could go out with a call before them; why they do not is said below.`,
    plot: {
      unit: 'ms, logarithmic',
      series: [
        {
          name: 'Fresco',
          points: seen.map(({ latencyMs, ours }) => [`${latencyMs} ms`, ours / 1e6]),
        },
        {
          name: 'the calls alone',
          points: seen.map(({ latencyMs, bare }) => [`${latencyMs} ms`, bare / 1e6]),
        },
      ],
    },
  };
}
