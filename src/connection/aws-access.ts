import { parameterStore } from '../aws/stack.ts';

/** Whether this machine can ask AWS anything at all. */
export async function awsAccess(): Promise<'ready' | 'no region' | 'no credentials'> {
  const { config } = parameterStore();
  const region = await config.region().catch(() => undefined);
  if (!region) return 'no region';
  return config.credentials().then(
    () => 'ready',
    () => 'no credentials',
  );
}
