/** Why `name` may not be taken where nobody has named a connection; `undefined`: it is the only one there is. */
export function unnamedProblem(name: string, all: readonly string[]): string | undefined {
  if (all.every((it) => it === name)) return undefined;
  const list = all.join(', ');
  return all.length > 1
    ? `this store has more than one connection (${list}) and none is named`
    : `this store has no connection ${name}, it has ${list}`;
}
