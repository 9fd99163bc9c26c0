import { onTestFinished } from 'vitest';

/** Sets variables of this process until the test has ended; `undefined` takes one away. */
export function withVariables(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    set(name, value);
    onTestFinished(() => set(name, before));
  }
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
