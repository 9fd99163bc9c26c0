import { afterAll } from 'vitest';
import { clientConfig } from './client-config.ts';

/** A double for one test file and an SDK client that talks to it; both end with the file. */
export async function onTheWire<
  Double extends { readonly endpoint: string; stop(): Promise<void> },
  Client extends { destroy(): void },
>(
  starting: Promise<Double>,
  Client: new (config: ReturnType<typeof clientConfig>) => Client,
  { maxAttempts = 1, ...config }: { readonly maxAttempts?: number } & object = {},
): Promise<{ readonly double: Double; readonly client: Client }> {
  const double = await starting;
  const client = new Client({ ...config, ...clientConfig(double.endpoint, maxAttempts) });
  afterAll(async () => {
    client.destroy();
    await double.stop();
  });
  return { double, client };
}
