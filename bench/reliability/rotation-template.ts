import type { Build, Pair } from './contender.ts';
import type { Actor } from './turns.ts';
import type { World } from './world.ts';

const rotateEveryHours = 12;

interface Secret {
  readonly versions: Map<string, Pair>;
  current: string;
  pending: string | undefined;
}

/**
 * Native rotation after AWS's template: createSecret makes the new value once and stores it under AWSPENDING,
 * setSecret has nothing to do, testSecret calls the API with it, finishSecret moves AWSCURRENT. Secrets Manager
 * repeats all four steps of a rotation that failed, under the same ClientRequestToken.
 */
export const rotationTemplate: Build = (world) => {
  const secret: Secret = { versions: new Map(), current: '', pending: undefined };
  let token: string | undefined;
  let rotations = 0;
  const rotate = async (actor: Actor, hour: number) => {
    if (hour % rotateEveryHours === 0 && token === undefined) {
      rotations += 1;
      token = `rotation-${rotations}`;
    }
    if (token === undefined) return;
    // One that failed is repeated in the next hour.
    if (await steps(world, actor, secret, token).catch(() => false)) token = undefined;
  };
  return {
    name: 'AWS rotation template',
    login: async () => {
      rotations += 1;
      const id = `login-${rotations}`;
      secret.versions.set(id, { ...(await world.consent()), expiresAtMs: 0 });
      Object.assign(secret, { current: id, pending: undefined });
      token = undefined;
    },
    works: (hour, callers) => {
      const rotation = world.actor('rotation');
      const reads = Array.from({ length: callers }, () => world.actor('caller')).map(
        (actor) => [actor, () => world.store(actor, false, () => undefined)] as const,
      );
      return new Map([...reads, [rotation, () => rotate(rotation, hour)] as const]);
    },
    accessToken: () => secret.versions.get(secret.current)?.accessToken,
    refreshToken: () => secret.versions.get(secret.current)?.refreshToken,
  };
};

async function steps(world: World, actor: Actor, secret: Secret, token: string): Promise<boolean> {
  const from = await world.store(actor, false, () => secret.current);
  const pending = await world.store(actor, false, () => secret.versions.get(token));
  const made = pending ?? (await created(world, actor, secret, token));
  const tested = await fetch(`${world.urlFor(actor)}/user/info`, {
    headers: { authorization: `Bearer ${made.accessToken}`, connection: 'close' },
  });
  if (!tested.ok) return false;
  await world.store(actor, true, () => {
    if (secret.current !== from) throw new Error('AWSCURRENT has moved');
    Object.assign(secret, { current: token, pending: undefined });
  });
  return true;
}

async function created(world: World, actor: Actor, secret: Secret, token: string): Promise<Pair> {
  const current = await world.store(actor, false, () => secret.versions.get(secret.current));
  const answer = await fetch(`${world.urlFor(actor)}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({
      grant_type: 'refresh_token',
      client_id: 'sandbox-client',
      client_secret: 'sandbox-secret',
      refresh_token: current?.refreshToken,
    }),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const fields = (await answer.json()) as Readonly<Record<string, unknown>>;
  const pair = {
    accessToken: String(fields['access_token']),
    refreshToken: String(fields['refresh_token'] ?? current?.refreshToken),
    expiresAtMs: world.turns.nowMs + Number(fields['expires_in']) * 1000,
  };
  await world.store(actor, true, () => {
    secret.versions.set(token, pair);
    secret.pending = token;
  });
  return pair;
}
