import type { LocalSystem } from '../../connection/local/system.ts';
import type { StoredView, VersionView } from '../../console/view.ts';
import type { Journal } from '../../core/journal/journal.ts';
import { StoreRefused } from '../../core/ports.ts';
import { type Position, positionOf } from '../../core/position.ts';
import { decodeAccessToken } from '../../core/records/access-token.ts';
import { decodeGrant } from '../../core/records/grant.ts';
import type { Secret } from '../../core/secret.ts';

const versionsMax = 3;

/** What is stored, without a value; rejects with `StoreRefused`. */
export async function storedView(
  system: Pick<LocalSystem, 'stored' | 'isDead'>,
  journal: Journal,
): Promise<StoredView> {
  const { grant, accessToken } = system.stored;
  const [grants, tokens] = await Promise.all([grant.versions(), accessToken.versions()]);
  const { lease, dispatch, seals } = journal;
  return {
    lease: lease && { isHolderDead: system.isDead(lease.owner) },
    dispatch: dispatch && { parent: dispatch.parent, sends: dispatch.sends.length },
    seals: seals.map(positionOf),
    grant: newest(grants, decodeGrant),
    accessToken: newest(tokens, decodeAccessToken),
  };
}

interface Version {
  readonly versionId: string;
  readonly value: Secret;
  readonly labels: readonly string[];
}

function newest(
  versions: readonly Version[],
  decode: (value: Secret) => Position,
): readonly VersionView[] {
  return versions
    .flatMap(({ versionId, value, labels }) => {
      const position = positionIn(value, decode);
      return position === undefined ? [] : [{ versionId, labels, ...position }];
    })
    .slice(-versionsMax);
}

/** Nothing for the mark of a logout, or for what a login has replaced because it was damaged. */
function positionIn(value: Secret, decode: (value: Secret) => Position): Position | undefined {
  try {
    return positionOf(decode(value));
  } catch (error) {
    if (error instanceof StoreRefused) return undefined;
    throw error;
  }
}
