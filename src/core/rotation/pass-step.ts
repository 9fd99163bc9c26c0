/**
 * A step of a pass that spends, named by what has just been done: each is a moment at which a process may
 * die. In their order, which is the protocol's.
 */
export type PassStep =
  | 'lease'
  | 'read'
  | 'dispatched'
  | 'sent'
  | 'answered'
  | 'sealed'
  | 'put'
  | 'promoted'
  | 'published'
  | 'settled'
  | 'canary';
