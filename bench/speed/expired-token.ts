// Goal: however many find the token expired at once, the provider hears of it once, and all are served.
// Method: 8 processes with 125 callers each, started together, over the sandbox's token endpoint; Fresco's as they
// are deployed (library, rotator's bundle, doubles on the wire), a peer's as its guide says, with a shared file.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listen } from '../../src/sandbox/listen.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { built } from '../../test/bundles/built.ts';
import { startRotatorStack } from '../../test/bundles/rotator-stack.ts';
import { startLambdaInvoke } from '../../test/doubles/lambda/lambda-invoke.ts';
import type { Measured } from '../measured.ts';
import { awsEnvironment } from './environment.ts';

const processes = 8;
const callers = 1000;
const contestants = [
  'fresco',
  'official-sdk',
  'simple-oauth2',
  'openid-client',
  'google-auth-library',
] as const;
type Contestant = (typeof contestants)[number];

interface Seen {
  readonly posts: number;
  readonly served: number;
}

/** Row 1. */
export async function expiredToken(): Promise<Measured> {
  await built('package');
  const seen = new Map<Contestant, { reusable: Seen; singleUse: Seen }>();
  for (const contestant of contestants) {
    const race = contestant === 'fresco' ? raceOfOurs : raceOfPeer;
    const reusable = await race('same', contestant);
    seen.set(contestant, { reusable, singleUse: await race('single-use', contestant) });
  }
  const ours = seen.get('fresco');
  const theirs = [...seen].filter(([name]) => name !== 'fresco').map(([, it]) => it);
  const range = (of: (it: (typeof theirs)[number]) => number) =>
    `${Math.min(...theirs.map(of))} to ${Math.max(...theirs.map(of))}`;
  const { reusable, singleUse } = ours ?? { reusable: none, singleUse: none };
  return {
    name: 'expired-token',
    title: 'An expired token, 1,000 callers in 8 processes',
    goal: '1 POST to the token endpoint, and 1,000 served',
    isReached: singleUse.posts === 1 && singleUse.served === callers && reusable.posts === 1,
    summary: `${singleUse.posts} POST, ${singleUse.served} served; they: ${range((it) => it.reusable.posts)} POSTs, ${range((it) => it.singleUse.served)} served`,
    head: ['callers with', 'POSTs, token reusable', 'served', 'POSTs, token single-use', 'served'],
    rows: [...seen].map(([name, it]) => [
      name === 'fresco' ? '**Fresco**' : name,
      ...[it.reusable, it.singleUse].flatMap(({ posts, served }) => [`${posts}`, `${served}`]),
    ]),
    remark:
      'Each process has one client for its callers. The official SDK and openid-client have a call to refresh and nothing that remembers; simple-oauth2 has `expired()` and `refresh()` on a token; google-auth-library refreshes by itself, once for each client. A peer writes each new refresh token back to the file that all have read.',
    plot: {
      unit: 'logarithmic',
      series: [
        {
          name: 'POSTs',
          points: [...seen].map(([name, it]) => [name, it.reusable.posts]),
        },
        {
          name: 'served, single-use',
          points: [...seen].map(([name, it]) => [name, it.singleUse.served]),
        },
      ],
    },
  };
}

const none: Seen = { posts: 0, served: 0 };

async function raceOfOurs(rotationMode: string): Promise<Seen> {
  const stack = await startRotatorStack();
  const lambda = await startLambdaInvoke();
  try {
    await ask(stack.providerUrl, 'state', { rotationMode });
    await stack.logIn(25 * 3_600_000);
    lambda.route('rotator:consumers', (event) => stack.through('consumers', event));
    return await race(
      stack.providerUrl,
      { peer: 'fresco' },
      {
        AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secrets.endpoint,
        AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
      },
    );
  } finally {
    await Promise.all([stack.stop(), lambda.stop()]);
  }
}

async function raceOfPeer(rotationMode: string, peer: Contestant): Promise<Seen> {
  const provider = await listen(createSandbox(), { port: 0 });
  const folder = mkdtempSync(join(tmpdir(), 'fresco-callers-'));
  try {
    await ask(provider.url, 'state', { rotationMode });
    const file = join(folder, 'grant.json');
    const { refresh_token: refreshToken } = await ask(provider.url, 'grants', { direct: true });
    writeFileSync(file, JSON.stringify({ refreshToken }));
    return await race(provider.url, { peer, file, url: provider.url }, {});
  } finally {
    await provider.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function race(providerUrl: string, input: object, variables: NodeJS.ProcessEnv) {
  const env = { ...process.env, ...awsEnvironment, ...variables };
  const before = await tokenRequests(providerUrl);
  const children = await Promise.all(Array.from({ length: processes }, () => ready(input, env)));
  const ends = await Promise.all(children.map(servedBy));
  const served = ends.reduce((sum, it) => sum + it, 0);
  return { posts: (await tokenRequests(providerUrl)) - before, served };
}

/** A process that has loaded what it needs, so that all of them begin together. */
async function ready(input: object, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const library = new URL('../../dist/index.js', import.meta.url).href;
  const file = fileURLToPath(new URL('callers-process.mjs', import.meta.url));
  const child = fork(file, [JSON.stringify({ ...input, library })], { env, execArgv: [] });
  await once(child, 'message');
  return child;
}

async function servedBy(child: ChildProcess): Promise<number> {
  child.send('go');
  const [{ served }] = (await once(child, 'message')) as [{ served: number }];
  return served;
}

async function ask(
  providerUrl: string,
  path: string,
  body: object,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${providerUrl}/_sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sandbox-control': '1' },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, unknown>;
}

async function tokenRequests(providerUrl: string): Promise<number> {
  const answer = await fetch(`${providerUrl}/_sandbox/state`);
  const { counters } = (await answer.json()) as { counters: Record<string, number> };
  return counters['tokenRequests'] ?? 0;
}
