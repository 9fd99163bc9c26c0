import metadata from '../../package.json' with { type: 'json' };
import { recordFormat } from '../core/records/record.ts';

/** What a report of a fault begins with: which program, on which Node, over which stored format. */
export function versionText(): string {
  return `fresco ${metadata.version}, Node ${process.versions.node}, store format ${recordFormat}`;
}
