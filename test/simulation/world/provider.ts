// Goal: an authorization server in every way that is known to treat a refresh token once it was used.
// Method: families of issues; a presentation is judged by the mode, and says what it did to the family.
import type { Dialect } from '../../../src/sandbox/oauth/dialects.ts';

/** What becomes of a refresh token that was used. */
export type RotationMode =
  /** The same string comes back. */
  | 'same'
  /** A new one comes back, the old one works on. */
  | 'keep-old'
  /** The old one works for a while after its first use; each use makes a new successor the only one. */
  | 'grace'
  /** The old one is refused. */
  | 'single-use'
  /** The old one is refused and ends the family, its access tokens too. */
  | 'single-use-family'
  /** As before, but the newest token's immediate predecessor is forgiven and gets a new successor. */
  | 'family-forgiving';

/** All modes, for enumeration. */
export const rotationModes: readonly RotationMode[] = [
  'same',
  'keep-old',
  'grace',
  'single-use',
  'single-use-family',
  'family-forgiving',
];

/** How the provider of one history behaves. */
export interface ProviderSettings {
  readonly mode: RotationMode;
  readonly graceSeconds: number;
  /** A refresh ends the access tokens that came before it. */
  readonly killsOldAccess: boolean;
  /** Answers hold no refresh token where it is the same string. */
  readonly omitsRefreshToken: boolean;
  readonly accessTokenSeconds: number;
  /** How it words what it refuses. */
  readonly dialect: Dialect;
}

/** All tokens that descend from one consent. */
export interface Family {
  readonly id: number;
  isAlive: boolean;
  endedBy: 'user' | 'reuse' | undefined;
  readonly issues: Issue[];
}

/** One token pair that the server has committed. */
export interface Issue {
  /** Order of the server's commits, across families. */
  readonly sequence: number;
  readonly family: Family;
  /** The issue whose refresh token was presented for it; none for a login's. */
  readonly parent: Issue | undefined;
  readonly refreshToken: string;
  readonly accessToken: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  firstUsedAtMs: number | undefined;
  /** A sibling has taken its place. */
  isReplaced: boolean;
  isAccessKilled: boolean;
}

/** The server's own state, beyond the reach of any fault of ours. */
export class Provider {
  readonly settings: ProviderSettings;
  /** What becomes of a used token has made a difference. */
  isModeAsked = false;
  readonly #byAccess = new Map<string, Issue>();
  readonly #byRefresh = new Map<string, Issue>();
  /** The application's secret, as registered. */
  clientSecret = 'c/0001invented';
  readonly #manual = new Set<string>();
  #sequence = 0;
  #families = 0;
  #secrets = 1;

  constructor(settings: ProviderSettings) {
    this.settings = settings;
  }

  /** The application's secret is made anew at the provider. */
  changeSecret(): void {
    this.#secrets += 1;
    this.clientSecret = `c/000${this.#secrets}invented`;
  }

  /** A person consents: a new family with its first pair. */
  authorize(nowMs: number): Issue {
    this.#families += 1;
    const family = { id: this.#families, isAlive: true, endedBy: undefined, issues: [] };
    return this.#issue(family, undefined, nowMs);
  }

  /** A person makes an access token by hand: it never ends, and belongs to no consent. */
  makeManual(): string {
    const token = `a/manual-${this.#manual.size + 1}invented`;
    this.#manual.add(token);
    return token;
  }

  /** A refresh token is presented; `undefined` is `invalid_grant`. */
  present(refreshToken: string, nowMs: number): Issue | undefined {
    const issue = this.#byRefresh.get(refreshToken);
    if (issue === undefined || !issue.family.isAlive) return undefined;
    if (!this.#isGood(issue, nowMs)) {
      if (this.#endsOnReuse()) end(issue.family, 'reuse');
      return undefined;
    }
    for (const other of issue.family.issues) {
      if (other.parent === issue) other.isReplaced = true;
      if (this.settings.killsOldAccess) other.isAccessKilled = true;
    }
    issue.firstUsedAtMs ??= nowMs;
    return this.#issue(issue.family, issue, nowMs);
  }

  /** Whether this refresh token would be accepted now. */
  isAccepted(refreshToken: string, nowMs: number): boolean {
    const issue = this.#byRefresh.get(refreshToken);
    return issue?.family.isAlive === true && this.#isGood(issue, nowMs);
  }

  isAccessAccepted(accessToken: string, nowMs: number): boolean {
    if (this.#manual.has(accessToken)) return true;
    const issue = this.#byAccess.get(accessToken);
    if (issue === undefined || issue.isAccessKilled) return false;
    return issue.family.isAlive && nowMs < issue.expiresAtMs;
  }

  /** The person takes the consent back. */
  revoke(family: Family): void {
    end(family, 'user');
  }

  /** This access token is not accepted any more; its refresh token is. */
  lockOut(accessToken: string): void {
    const issue = this.#byAccess.get(accessToken);
    if (issue) issue.isAccessKilled = true;
  }

  issueOf(accessToken: string): Issue | undefined {
    return this.#byAccess.get(accessToken);
  }

  /** The first issue that came with this refresh token. */
  firstIssueOf(refreshToken: string): Issue | undefined {
    return this.#byRefresh.get(refreshToken);
  }

  /** What becomes of a refresh token that was used. */
  get mode(): RotationMode {
    this.isModeAsked = true;
    return this.settings.mode;
  }

  #endsOnReuse(): boolean {
    return this.mode === 'single-use-family' || this.mode === 'family-forgiving';
  }

  #isGood(issue: Issue, nowMs: number): boolean {
    // What was never used is good in every mode.
    if (issue.firstUsedAtMs === undefined && !issue.isReplaced) return true;
    switch (this.mode) {
      case 'same':
      case 'keep-old':
        return true;
      case 'grace':
        return !issue.isReplaced && this.#isInGrace(issue, nowMs);
      case 'single-use':
      case 'single-use-family':
        return issue.firstUsedAtMs === undefined;
      case 'family-forgiving':
        return !issue.isReplaced && successorsAreUnused(issue);
    }
  }

  #isInGrace({ firstUsedAtMs }: Issue, nowMs: number): boolean {
    return (
      firstUsedAtMs === undefined || nowMs <= firstUsedAtMs + this.settings.graceSeconds * 1000
    );
  }

  #issue(family: Family, parent: Issue | undefined, nowMs: number): Issue {
    this.#sequence += 1;
    const { mode, accessTokenSeconds } = this.settings;
    // A string that stays is asked about at once: `matrix-play.ts` keeps that mode apart.
    const stays = mode === 'same' && parent !== undefined;
    const issue: Issue = {
      sequence: this.#sequence,
      family,
      parent,
      refreshToken: stays ? parent.refreshToken : `r/${this.#sequence}invented`,
      accessToken: `a/${this.#sequence}invented`,
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + accessTokenSeconds * 1000,
      firstUsedAtMs: undefined,
      isReplaced: false,
      isAccessKilled: false,
    };
    family.issues.push(issue);
    this.#byAccess.set(issue.accessToken, issue);
    if (!stays) this.#byRefresh.set(issue.refreshToken, issue);
    return issue;
  }
}

function end(family: Family, cause: 'user' | 'reuse'): void {
  if (!family.isAlive) return;
  family.isAlive = false;
  family.endedBy = cause;
}

function successorsAreUnused(issue: Issue): boolean {
  return issue.family.issues.every(
    (other) => other.parent !== issue || other.firstUsedAtMs === undefined,
  );
}
