import { makeOwned, readOwned } from '../../connection/owned-file.ts';
import type { Random } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { randomText } from '../../core/text/random-text.ts';
import { wrongUsage } from '../failure.ts';

const lengthMin = 16;

/** The secret that callers must show: the file's, made if need be, or one of this start alone. Rejects with `Failure`. */
export async function serveSecret(path: string | undefined, random: Random): Promise<Secret> {
  const made = new Secret(randomText(random));
  if (path === undefined) return made;
  try {
    await makeOwned(path, `${made.reveal()}\n`);
    return made;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return readSecret(path);
    throw wrongUsage`the secret's file ${path} cannot be made (${code}): choose another path`;
  }
}

async function readSecret(path: string): Promise<Secret> {
  const text = (await readOwned(path, '600')).trim();
  if (text.length >= lengthMin && /^[\x21-\x7e]+$/.test(text)) return new Secret(text);
  throw wrongUsage`${path} holds no secret of at least ${lengthMin} characters: remove it for a new one`;
}
