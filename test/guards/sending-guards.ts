import type { Guard } from './specification.ts';

/** The lease, the dispatch, and what is sent under them. */
export const sendingGuards: readonly Guard[] = [
  {
    name: 'takeover only after the term',
    file: 'journal/lease.ts',
    from: 'lease.expiresAtMs > term.nowMs && ',
    to: 'false && ',
    breaks: "another's lease $name is $want",
  },
  {
    name: 'takeover only from the dead',
    file: 'journal/lease.ts',
    from: ' && !owner.isDead(lease.owner)',
    to: '',
    breaks: 'the lease of an owner known to be dead is taken over at once',
  },
  {
    name: "the lease's owner at dispatch",
    file: 'journal/dispatch.ts',
    from: "if (!holdsLease(journal, owner)) return 'lease-lost';",
    to: '',
    breaks: 'nothing is sent > where the lease was taken over before the dispatch',
  },
  {
    name: "the lease's fence",
    file: 'journal/lease.ts',
    from: ' && journal.lease.fence === journal.fence',
    to: '',
    breaks: 'a lease is held until another fence is given',
  },
  {
    name: 'the fence counts up',
    file: 'journal/lease.ts',
    from: 'journal.fence + 1',
    to: 'journal.fence',
    breaks: 'a free lease is taken with the next fence, to the end of the term',
  },
  {
    name: 'the clock before sending',
    file: 'rotation/send.ts',
    from: 'const tooLate = isTooLate(pass)',
    to: 'const tooLate = false as boolean',
    breaks:
      'nothing is sent > where the time ran out while the dispatch was journalled, and nothing stays open',
  },
  {
    name: 'again at once only as the policy says',
    file: 'rotation/catch-up.ts',
    from: '    isSafeAgain(policy, { firstSentAtMs: first.sentAtMs, requestMs: settings.requestMs }, nowMs) &&\n',
    to: '',
    breaks: 'a token whose answer is lost > (%j) is not sent again, and nobody waits',
  },
  {
    name: 'again at once within the sends of a day',
    file: 'rotation/catch-up.ts',
    from: ' &&\n    fullDay(input) === undefined',
    to: '',
    breaks: 'a token whose answer is lost > is not sent again beyond the sends of a day',
  },
  {
    name: 'the clock before sending again',
    file: 'rotation/send.ts',
    from: '  if (clock.monotonicMs() + waitMs > pass.sendByMs) return false;\n',
    to: '',
    breaks:
      'a token whose answer is lost > is not sent again where what it brings might not be kept in time',
  },
  {
    name: 'the policy once more before sending',
    file: 'rotation/send.ts',
    from: ': stillUncertain(pass, input, earlier);',
    to: ': undefined;',
    breaks:
      'a token whose answer is lost > is not sent again where a slow store has used up the grace',
  },
  {
    name: 'nothing newer known at dispatch',
    file: 'journal/dispatch.ts',
    from: "if (journal.known !== null && isNewer(journal.known, parent)) return 'overtaken';",
    to: '',
    breaks: 'nothing is sent %s',
  },
  {
    name: 'no seal above the parent at dispatch',
    file: 'journal/dispatch.ts',
    from: "if (journal.seals.some((seal) => isNewer(seal, parent))) return 'overtaken';",
    to: '',
    breaks:
      'nothing is sent > where a late holder has sealed its token before the dispatch: that is made current',
  },
  {
    name: 'the dispatch before the send',
    file: 'rotation/send.ts',
    from: 'const refusal = await dispatch(pass, input, versionId);',
    to: "const refusal: string = 'amended';",
    breaks:
      'an answer > that is missing makes the attempt uncertain until near the end of the access token',
  },
  {
    name: 'earlier sends stay on record',
    file: 'journal/dispatch.ts',
    from: 'const earlier = sendsFrom(journal, parent);',
    to: 'const earlier: OpenSend[] = [];',
    breaks: 'a second send from the same parent keeps the first on record',
  },
  {
    name: 'attempts count up',
    file: 'journal/dispatch.ts',
    from: 'Math.max(journal.lastAttempt, parent.attempt) + 1',
    to: 'parent.attempt + 1',
    breaks: 'a dispatch names its parent and the version to come, and counts the attempt on',
  },
  {
    name: 'dead though nobody could note it',
    file: 'rotation/gate.ts',
    from: 'compare(rejected, current) === 0',
    to: "session.journal.canary?.verdict === 'rejected'",
    breaks:
      'a consumer who complains > of a dead token gets another, though the verdict could not be kept',
  },
  {
    name: 'what is on record is sent under the lease alone',
    file: 'journal/dispatch.ts',
    from: "  if (!holdsLease(journal, owner)) return 'lease-lost';\n",
    to: "  if (journal.dispatch?.sends.some((send) => send.versionId === versionId)) return journal;\n  if (!holdsLease(journal, owner)) return 'lease-lost';\n",
    breaks:
      'a dispatch that is on record counts no more once the lease is gone or a newer token is kept',
  },
  {
    name: 'what was not sent leaves no record',
    file: 'rotation/send.ts',
    from: "if (refusal !== 'amended') await withdraw(pass, versionId, null);",
    to: '',
    breaks:
      'nothing is sent > where the lease was taken over while nobody answered to the dispatch: it is withdrawn',
  },
  {
    name: 'what a person is needed for is told before what else is in the way',
    file: 'rotation/catch-up.ts',
    from: "if (badAnswer?.kind !== 'application-refused' || !badAnswer.needsPerson) return barrier;",
    to: 'if (badAnswer !== null) return barrier;',
    breaks:
      'an answer > that is missing is not what a check tells of while a person is needed for the application',
  },
  {
    name: 'looks again after a refusal',
    file: 'rotation/not-granted.ts',
    from: "  pass.refused = { position: positionOf(input.current), doubt };\n  return 'look again';",
    to: "  return endingAt(input.current, { kind: 'refused', position: positionOf(input.current), ...(doubt && { doubt }) }) as never;",
    breaks: 'an answer > that refuses a token whose successor another has just kept is no refusal',
  },
  {
    name: 'an uncertain send is found uncertain',
    file: 'journal/dispatch.ts',
    from: 'return dispatch !== null && compare(dispatch.parent, parent) === 0 ? dispatch.sends : [];',
    to: 'return [];',
    breaks: 'only open sends from the current token make it uncertain',
  },
  {
    name: 'Retry-After is journalled',
    file: 'rotation/not-granted.ts',
    from: 'await withdraw(pass, sent.versionId, untilMs);',
    to: 'await withdraw(pass, sent.versionId, null);',
    breaks: 'an answer > that asks for patience is heeded, for an hour at most',
  },
  {
    name: 'who withdraws a send ends no wait of another',
    file: 'journal/dispatch.ts',
    from: 'retryAtMs: laterOf(journal.retryAtMs, retryAtMs),',
    to: 'retryAtMs,',
    breaks: 'an unspent send (told to wait until %j) leaves the wait that another was told of',
  },
  {
    name: 'who dispatches ends no wait of another',
    file: 'journal/dispatch.ts',
    from: "  if (waitUntilMs(journal, nowMs) !== undefined) return 'overtaken';\n",
    to: '',
    breaks: 'nothing is sent %s',
  },
  {
    name: 'an answer to a grant that was replaced is none to the new one',
    file: 'rotation/send.ts',
    from: 'if (!isEnd || !(await isReplaced(pass, input.current))) return sent;',
    to: 'if (true) return sent;',
    breaks:
      'an answer > (%j) to the token of a grant that a login has replaced says nothing of the new one',
  },
  {
    name: 'a complaint of what does not show is heard again under the lease',
    file: 'rotation/catch-up.ts',
    from: "pass.rejected === 'not-visible-yet' ? await checkRejected(pass) : pass.rejected",
    to: 'pass.rejected',
    breaks: 'a consumer who complains > of a dead token is heard though the first read shows %s',
  },
  {
    name: 'catches up before it spends',
    file: 'rotation/catch-up.ts',
    from: '  await publish(pass, current);',
    to: '',
    breaks: 'recovery > publishes what is current and was not published, over anything damaged',
  },
  {
    name: 'a refused token is not sent again in a pass',
    file: 'rotation/catch-up.ts',
    from: 'if (isTried || !isDue) {',
    to: 'if (!isDue) {',
    breaks: 'a new pair > gives way to a login that came in between',
  },
  {
    name: 'an old refresh token stays where none came',
    file: 'rotation/send.ts',
    from: 'refreshToken: tokens.refreshToken ?? parent.refreshToken,',
    to: 'refreshToken: parent.refreshToken,',
    breaks:
      "Secrets Manager's own rotation > ends with its version current, a copy of what one ordinary pass has made",
  },
  {
    name: 'the journal is written on condition',
    file: 'journal/journal-session.ts',
    from: 'await this.#store.write(next, this.#revision)',
    to: 'await this.#store.write(next, (await this.#store.read()).revision)',
    breaks:
      'an answer > that refuses the token of a holder that has lost its lease latches nothing',
  },
];
