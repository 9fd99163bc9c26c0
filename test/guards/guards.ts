import { type Guard, guard } from './weakened.ts';

/**
 * Guards that a sentence of the specification keeps, and whose loss is none of the small changes that
 * `npm run mutants` tries, nor one that the simulator is seen to notice.
 */
export const guards: readonly Guard[] = [
  guard(
    'the limit lifted once',
    'on demand a token is sent > sooner if the published token died, but once only',
    { to: 'return publishedRejected && hasWorked(journal, current);' },
  ),
  guard(
    'takeover only from the dead',
    'the lease of an owner known to be dead is taken over at once',
    {
      at: 'takeover only after the term',
      to: "if (lease !== null && lease.expiresAtMs > term.nowMs) return 'held';",
    },
  ),
  guard(
    'again at once only as the policy says',
    'a token whose answer is lost > (%j) is not sent again, and nobody waits',
  ),
  guard(
    'dead though nobody could note it',
    'a consumer who complains > of a dead token gets another, though the verdict could not be kept',
    {
      to: "rejected !== undefined && rejected !== 'not-visible-yet' && session.journal.canary?.verdict === 'rejected';",
    },
  ),
  guard(
    'what is on record is sent under the lease alone',
    'a dispatch that is on record counts no more once the lease is gone or a newer token is kept',
    {
      to: "if (journal.dispatch?.sends.some((send) => send.versionId === versionId)) return journal;   if (!holdsLease(journal, owner)) return 'lease-lost';",
    },
  ),
  guard(
    'looks again after a refusal',
    'an answer > that refuses a token whose successor another has just kept is no refusal',
    {
      to: "return endingAt(input.current, { kind: 'refused', position: positionOf(input.current), ...(doubt && { doubt }) }) as never;",
    },
  ),
  guard(
    'Retry-After is journalled',
    'an answer > that asks for patience is heeded, for an hour at most',
    { to: 'await withdraw(pass, sent.versionId, null);' },
  ),
  guard(
    'who withdraws a send ends no wait of another',
    'an unspent send (told to wait until %j) leaves the wait that another was told of',
    { to: 'retryAtMs,' },
  ),
  guard(
    'a refused token is not sent again in a pass',
    'a new pair > gives way to a login that came in between',
    { to: 'if (!isDue) {' },
  ),
  guard('order grant first', '$name is newer', {
    to: 'return a.generation - b.generation || a.grant - b.grant || a.attempt - b.attempt;',
  }),
  guard('order by generation', 'a seal at the parent or below does not stand in the way', {
    at: 'order grant first',
    to: 'return a.grant - b.grant || a.attempt - b.attempt;',
  }),
  guard(
    'order by attempt',
    'after a 401 > two tokens of one generation are told apart by their attempt',
    { at: 'order grant first', to: 'return a.grant - b.grant || a.generation - b.generation;' },
  ),
  guard(
    'sealing without the lease',
    'a new pair > is sealed by a holder that has lost its lease meanwhile',
    {
      to: ': journal.lease?.owner === pass.ports.owner.id ? { ...journal, seals: [...journal.seals, made] } : journal,',
    },
  ),
  guard('the newest seal', 'recovery > takes the newest of several seals', { to: '.at(0);' }),
  guard(
    'a rollback is seen by what is published',
    'recovery > tells a rollback by what is published, though the journal knows nothing and nothing is due',
    { to: 'const known = pass.session.journal.known ?? undefined;' },
  ),
  guard(
    'a complaint is not heard of an older token that shows',
    'a consumer who complains > of a dead token is heard though the first read shows %s',
    { to: "if (published === undefined) return 'not-visible-yet';" },
  ),
  guard(
    'native: AWSPENDING goes after a pass that failed',
    "Secrets Manager's own rotation > lets go of AWSPENDING where the pass brought nothing, so that later rotations are not refused",
  ),
  guard(
    'login: above what is known',
    'a login > is newer than all that was ever known, whatever somebody has rolled back',
    { to: 'const replaced = newest(current?.grant, pass.published);' },
  ),
  guard(
    'login: above what is published',
    'a login > is newer than all that was ever known, whatever somebody has rolled back',
    {
      at: 'login: above what is known',
      to: 'const replaced = newest(current?.grant, pass.session.journal.known);',
    },
  ),
  guard(
    'login: clears latches',
    'a login > ends what bound the old grant: latch, refusal, wait, open attempt, its seals',
  ),
  guard(
    'login: voids the open attempt',
    'a login > ends what bound the old grant: latch, refusal, wait, open attempt, its seals',
  ),
  guard('token source: one asker', 'a token is obtained > by one asker for all who want the same', {
    to: 'round = startRound(ports, memory, () => {',
  }),
  guard(
    'token source: waits for the generation',
    'a token is obtained > once the refreshed one shows: a read may be behind',
    { to: 'if (token !== undefined) {' },
  ),
];
