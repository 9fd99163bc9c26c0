import type { PassStep } from '../core/rotation/pass.ts';

/** A step at which the rotator can be killed, in words for people. */
export interface KillStep {
  /** What has just been done, in one or two words. */
  readonly label: string;
  /** What the killed process leaves behind. */
  readonly leaves: string;
  /** What the next run makes of it, as a sentence. */
  readonly next: string;
}

const uncertain =
  'The next run finds a dispatch without an answer. Nobody can know whether the token is spent, so it is not sent again while there is something to lose: consumers are served, and it is tried once more two hours before the access token ends.';
const goesOn = 'Nothing is spent.';
const takesOver =
  'The next run takes the lease of the dead process over at once (in AWS the lease runs out) and refreshes as if nothing had been.';

/** Every step in the protocol's order; the keys are what `--kill-at` takes. */
export const killSteps: Readonly<Record<PassStep, KillStep>> = {
  lease: {
    label: 'lease taken',
    leaves: 'A lease in the journal whose holder is dead. Nothing was sent.',
    next: takesOver,
  },
  read: {
    label: 'grant read',
    leaves: 'The same lease. Reading leaves nothing behind.',
    next: takesOver,
  },
  dispatched: {
    label: 'dispatch journalled',
    leaves:
      'The journal says that a refresh token is on its way. It never left, which only we know.',
    next: uncertain,
  },
  sent: {
    label: 'request sent',
    leaves: 'The provider has made a new token, and nothing of its answer was read.',
    next: uncertain,
  },
  answered: {
    label: 'answer in hand',
    leaves:
      'The new token was in this process alone and died with it: the one window, a few milliseconds wide.',
    next: uncertain,
  },
  sealed: {
    label: 'sealed',
    leaves: 'The new token lies in the journal, encrypted; the grant holds the only key.',
    next: `The next run opens the seal, stores the token, makes it current and publishes it. ${goesOn}`,
  },
  put: {
    label: 'put',
    leaves: 'The new token is stored as a version labelled next, and in a seal. It is not current.',
    next: `The next run makes the version current and publishes its access token. ${goesOn}`,
  },
  promoted: {
    label: 'promoted',
    leaves: 'The new grant is current. Consumers still read the older access token, which is good.',
    next: `The next run sees that what is published is behind, and publishes. ${goesOn}`,
  },
  published: {
    label: 'published',
    leaves: 'Consumers have the new token. The journal still holds lease, dispatch and seal.',
    next: `The next run settles: the journal forgets the seal. ${goesOn}`,
  },
  settled: {
    label: 'settled',
    leaves: 'All is done. The new token has not been tried yet, and nothing was reported.',
    next: 'The next run finds nothing to do; only the event of this refresh is missing.',
  },
  canary: {
    label: 'canary answered',
    leaves: 'All is done and the token was tried. Nothing was reported.',
    next: 'The next run finds nothing to do; only the event of this refresh is missing.',
  },
};

/** Whether this is the name of a step. */
export function isPassStep(name: string): name is PassStep {
  return Object.hasOwn(killSteps, name);
}
