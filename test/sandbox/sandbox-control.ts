/** Asks the control of a sandbox for something by its path below `/_sandbox/`, and answers with what it says. */
export async function controlSandbox(
  url: string,
  path: string,
  body?: object,
): Promise<Record<string, string>> {
  const response = await fetch(`${url}/_sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sandbox-control': '1' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, string>;
}
