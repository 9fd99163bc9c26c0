/** The value that a JSON text stands for; `undefined`: it is none. The parser's message would quote it. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON object, or `undefined`. The beginning of an object is none, so a cut off one is never taken for whole. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = jsonIn(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Record<string, unknown>;
}
