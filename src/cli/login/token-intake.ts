import type { Connection } from '../../connection/connection.ts';
import { Secret } from '../../core/secret.ts';
import { wrongUsage } from '../failure.ts';
import { askHidden, isInteractive, readPiped } from '../terminal.ts';

/** The tokens that a person may bring from elsewhere. */
export type Brought = 'refresh token' | 'manual token';

const letters = { 'refresh token': 'r', 'manual token': 'a' } as const;
const fields = { 'refresh token': 'refresh_token', 'manual token': 'access_token' } as const;

const kinds: Readonly<Record<string, string>> = {
  a: 'an access token (a/…)',
  c: 'an authorization code (c/…)',
  d: 'a device code (d/…)',
  r: 'a refresh token (r/…)',
};

/** Takes a token by prompt or from standard input; rejects with `Failure` for what cannot be one. */
export async function takeToken(
  { provider }: Pick<Connection, 'provider'>,
  brought: Brought,
): Promise<Secret> {
  const label = `${brought.charAt(0).toUpperCase()}${brought.slice(1)}`;
  const text = isInteractive() ? await askHidden(label, '') : await readPiped();
  const problem = problemOf(text, brought, provider.isFattureInCloud);
  if (problem !== undefined) throw wrongUsage`${problem}; nothing was stored`;
  return new Secret(text, brought === 'refresh token' ? provider.tokenOrigin : provider.apiOrigin);
}

function problemOf(text: string, brought: Brought, isFattureInCloud: boolean): string | undefined {
  if (text === '') return `no ${brought} came in: pipe it in, or run this on a terminal`;
  if (/[{}"]/.test(text)) {
    return `this is more than a token: give the value of ${fields[brought]} alone`;
  }
  if (!/^[\x21-\x7e]+$/.test(text)) return `this is no ${brought}: it has blanks or line breaks`;
  const letter = isFattureInCloud ? /^([a-z])\//.exec(text)?.[1] : undefined;
  const kind = letter === letters[brought] ? undefined : kinds[letter ?? ''];
  return kind && `this is ${kind}, and this takes the ${brought} (${letters[brought]}/…)`;
}
