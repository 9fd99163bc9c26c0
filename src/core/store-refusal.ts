import { StoreRefused } from './ports.ts';

/** What `action` brings, or the refusal of the store that kept it from that; any other error is thrown. */
export async function orRefusal<T>(action: () => Promise<T>): Promise<T | StoreRefused> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StoreRefused) return error;
    throw error;
  }
}

/** The same where a refusal says no more than that there is nothing. */
export async function unlessRefused<T>(action: () => Promise<T>): Promise<T | undefined> {
  const done = await orRefusal(action);
  return done instanceof StoreRefused ? undefined : done;
}

/** Does what can be done without: a store's refusal becomes a warning that begins with `what`. */
export async function orWarn(
  { warnings }: { readonly warnings: string[] },
  what: string,
  action: () => Promise<unknown>,
): Promise<void> {
  const refusal = await orRefusal(action);
  if (refusal instanceof StoreRefused) warnings.push(`${what}${refusal.message}`);
}
