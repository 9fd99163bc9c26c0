import type { Connection } from '../../connection/connection.ts';
import { unlessRefused } from '../../core/store-refusal.ts';
import { Failure } from '../failure.ts';
import { isInteractive, multiselect } from '../terminal.ts';

/** Reading clients is what webhooks and the nightly sync begin with; anything more is asked for by name. */
export const defaultScopes = 'entity.clients:r';

/** The scopes of a text, or `Failure`. */
export async function scopesIn(
  text: string,
  provider: Connection['provider'],
): Promise<readonly string[]> {
  const { readScopes } = await import('../../connection/login/authorization.ts');
  const scopes = readScopes(text, provider);
  if (typeof scopes === 'string') throw new Failure('usage', scopes);
  return scopes;
}

/** What the webhook subscriptions of a connection take to be read; none where there are none. */
export async function scopesInUse({ subscriptions }: Connection): Promise<readonly string[]> {
  const { scopesFor } = await import('../../connection/provider.ts');
  const expected = await unlessRefused(() => subscriptions.list());
  return scopesFor((expected ?? []).flatMap(({ types }) => types));
}

/** The scopes to ask for: as they were named, else as a person ticks them, with the least that is needed ticked. */
export async function chooseScopes(
  connection: Connection,
  given: string | undefined,
  mayAsk: boolean,
): Promise<readonly string[]> {
  const { provider } = connection;
  if (given !== undefined || !provider.isFattureInCloud) return scopesIn(given ?? '', provider);
  const inUse = await scopesInUse(connection);
  const suggested = inUse.length > 0 ? inUse : [defaultScopes];
  return mayAsk && isInteractive() ? ticked(suggested) : suggested;
}

async function ticked(suggested: readonly string[]): Promise<readonly string[]> {
  const { allScopes } = await import('../../connection/login/authorization.ts');
  const others = allScopes.filter((scope) => !suggested.includes(scope));
  const options = [...suggested, ...others].map((value) => ({
    value,
    label: value,
    hint: suggested.includes(value) ? `${meaning(value)}, in use` : meaning(value),
  }));
  return multiselect('What may jobs do? Tick no more than they need', options, suggested);
}

function meaning(scope: string): string {
  return scope.endsWith(':a') ? 'reads and writes' : 'reads';
}
