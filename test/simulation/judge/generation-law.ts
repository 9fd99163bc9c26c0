// Goal: a consumer that compares generations never holds a newer token for the one that it has.
// Method: whatever is published is kept with its generation, whichever grant or hand it comes from.
import type { AccessToken } from '../../../src/core/records/access-token.ts';
import type { World } from '../world/world.ts';
import type { Ledger } from './ledger.ts';
import { keyOf } from './pairs.ts';

/** The law of all that one connection has ever published. */
export class GenerationLaw {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #published = new Map<number, AccessToken>();
  #highest = 0;

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  /** This is what consumers read now; the same token again, for fewer companies, breaks nothing. */
  onPublished(token: AccessToken): void {
    const { generation, accessToken } = token;
    const before = this.#published.get(generation);
    const isOther = before !== undefined && !before.accessToken.equals(accessToken);
    if (isOther && !this.#isThroughWindow(before, token)) {
      this.#ledger.violated('G3', 'two access tokens were published with one generation');
    }
    if (generation < this.#highest) {
      this.#ledger.violated('G3', 'a generation was published after a higher one');
    }
    this.#published.set(generation, token);
    this.#highest = Math.max(this.#highest, generation);
  }

  /** A person has destroyed what was published, and with it the only copy. */
  startOver(): void {
    this.#published.clear();
    this.#highest = 0;
  }

  /** Both answer one refresh token: the window that let it be presented twice is counted by its name. */
  #isThroughWindow(before: AccessToken, after: AccessToken): boolean {
    const [first, second] = [this.#parentOf(before), this.#parentOf(after)];
    return first !== undefined && first === second && this.#ledger.holes.has(first);
  }

  #parentOf({ accessToken }: AccessToken): string | undefined {
    const issue = this.#world.provider.issueOf(accessToken.reveal());
    const parent = issue && this.#ledger.pairs.get(issue)?.presentation?.parent;
    return parent && keyOf(parent);
  }
}
