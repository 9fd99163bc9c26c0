/** A button of the page. */
export interface Control {
  readonly name: ControlName;
  readonly label: string;
  readonly hint: string;
}

/** Buttons that belong together. */
export interface ControlGroup {
  readonly title: string;
  readonly look: 'work' | 'fault' | 'person';
  readonly controls: readonly Control[];
}

/** Every button by name. */
export type ControlName =
  | 'rotate'
  | 'pass-hour'
  | 'pass-half-day'
  | 'change-client'
  | 'expire'
  | 'lose-answer'
  | 'break'
  | 'mend'
  | 'revoke'
  | 'consent'
  | 'next-run';

const rotate: Control = {
  name: 'rotate',
  label: 'Rotate now',
  hint: 'Uses the refresh token',
};

/** What can be done to a connection whose provider is real. */
export const ownControls: readonly ControlGroup[] = [
  { title: 'Do it now', look: 'work', controls: [rotate] },
];

/** What can be done where the provider is the sandbox. */
export const sandboxControls: readonly ControlGroup[] = [
  {
    title: 'Let it work',
    look: 'work',
    controls: [
      rotate,
      { name: 'pass-hour', label: 'Let 1 hour pass', hint: 'The schedule looks every hour' },
      {
        name: 'pass-half-day',
        label: 'Let 12 hours pass',
        hint: 'A refresh is due by then',
      },
      { name: 'change-client', label: 'Change a client', hint: 'A signed webhook comes in' },
    ],
  },
  {
    title: 'Break it',
    look: 'fault',
    controls: [
      { name: 'expire', label: 'Forget the token', hint: 'Calls get 401 from now on' },
      {
        name: 'lose-answer',
        label: 'Lose an answer',
        hint: 'The token is used, and no answer comes',
      },
      { name: 'break', label: 'Break the provider', hint: 'No tokens: it answers 502' },
      { name: 'mend', label: 'Mend the provider', hint: 'Lifts every fault' },
    ],
  },
  {
    title: 'Call a person',
    look: 'person',
    controls: [
      { name: 'revoke', label: 'Revoke access', hint: 'No token works any more' },
      { name: 'consent', label: 'Consent again', hint: 'A person’s step, approved for you here' },
    ],
  },
];
