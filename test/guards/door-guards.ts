import type { Guard } from './specification.ts';

/** Login, Secrets Manager's own rotation, and the token source. */
export const doorGuards: readonly Guard[] = [
  {
    name: 'native: a copy that is there is not made again',
    file: 'rotation/native.ts',
    from: 'if (copied !== undefined) return;',
    to: '',
    breaks:
      "Secrets Manager's own rotation > spends one token though a step is delivered again much later",
  },
  {
    name: 'native: AWSPENDING goes after a pass that failed',
    file: 'rotation/native.ts',
    from: '  await ports.grant.dropPending(versionId);\n  throw',
    to: '  throw',
    breaks:
      "Secrets Manager's own rotation > lets go of AWSPENDING where the pass brought nothing, so that later rotations are not refused",
  },
  {
    name: 'native: AWSPENDING goes at the finish',
    file: 'rotation/native.ts',
    from: '    if (same) await ports.grant.promote(versionId, version.versionId);\n  }\n  await ports.grant.dropPending(versionId);',
    to: '    if (same) await ports.grant.promote(versionId, version.versionId);\n  }',
    breaks:
      "Secrets Manager's own rotation > ends with its version current, a copy of what one ordinary pass has made",
  },
  {
    name: 'native: only the copied version gives way',
    file: 'rotation/native.ts',
    from: 'const same = compare(decodeGrant(version.value), pending.grant) === 0;',
    to: 'const same = true;',
    breaks: "Secrets Manager's own rotation > gives way to what became current after the copy",
  },
  {
    name: 'login: own lineage recognised',
    file: 'operations/login.ts',
    from: "if (current?.sealKey?.equals(sealKey)) return { keep: 'as it is' };",
    to: '',
    breaks: 'a login > whose move was carried out unanswered is not put over its own successor',
  },
  {
    name: 'login: renumbered',
    file: 'operations/login.ts',
    from: 'if (place === undefined || isNewer(mine, place)) return',
    to: 'return',
    breaks: 'a login > that was overtaken by the old grant or another login is renumbered above it',
  },
  {
    name: 'login: gives way to a later one',
    file: 'operations/login.ts',
    from: 'if (mayHaveMoved && place.grant > mine.grant) {',
    to: 'if (false) {',
    breaks: 'a login > whose move was carried out unanswered gives way to a later login',
  },
  {
    name: 'login: in as soon as it was current',
    file: 'replace-current.ts',
    from: "return moved === 'promoted';",
    to: 'return false;',
    breaks: 'a login > beside another ends as soon as it was current: the later one stays',
  },
  {
    name: 'login: above what is known',
    file: 'operations/login.ts',
    from: 'newest(current?.position, pass.session.journal.known, pass.published)',
    to: 'newest(current?.position, pass.published)',
    breaks: 'a login > is newer than all that was ever known, whatever somebody has rolled back',
  },
  {
    name: 'login: above what is published',
    file: 'operations/login.ts',
    from: 'newest(current?.position, pass.session.journal.known, pass.published)',
    to: 'newest(current?.position, pass.session.journal.known)',
    breaks: 'a login > is newer than all that was ever known, whatever somebody has rolled back',
  },
  {
    name: 'login: clears latches',
    file: 'operations/login.ts',
    from: '    latch: null,\n',
    to: '',
    breaks:
      'a login > ends what bound the old grant: latch, refusal, wait, open attempt, its seals',
  },
  {
    name: 'login: voids the open attempt',
    file: 'operations/login.ts',
    from: '    dispatch: null,\n',
    to: '',
    breaks:
      'a login > ends what bound the old grant: latch, refusal, wait, open attempt, its seals',
  },
  {
    name: 'login: not over a newer known',
    file: 'operations/login.ts',
    from: 'if (journal.known !== null && !isNewer(position, journal.known)) return journal;',
    to: '',
    breaks: 'a login > whose move was carried out unanswered is not put over its own successor',
  },
  {
    name: 'token source: one asker',
    file: 'consumers/token-source.ts',
    from: 'round ??= startRound(',
    to: 'round = startRound(',
    breaks: 'a token is obtained > by one asker for all who want the same',
  },
  {
    name: 'token source: newer generation',
    file: 'consumers/token-memory.ts',
    from: 'const newEnough = need.rejected === undefined || isNewer(token, need.rejected);',
    to: 'const newEnough = true;',
    breaks: 'after a 401 > the rotator is asked with the position of the token that was rejected',
  },
  {
    name: 'token source: waits for the generation',
    file: 'consumers/token-source.ts',
    from: 'if (token !== undefined && !isNewer(position, token)) {',
    to: 'if (token !== undefined) {',
    breaks: 'a token is obtained > once the refreshed one shows: a read may be behind',
  },
];
